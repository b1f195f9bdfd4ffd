// Archives as Go writes them: `go run writers.go FILES OUT` prints a line of JSON for each archive in OUT.
package main

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

func main() {
	source, target := os.Args[1], os.Args[2]
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		for _, raw := range []bool{false, true} {
			if raw && method != zip.Store {
				continue
			}
			name := fmt.Sprintf("go-%d-%t.zip", method, raw)
			out, err := os.Create(filepath.Join(target, name))
			check(err)
			writer := zip.NewWriter(out)
			check(filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				check(err)
				relative, err := filepath.Rel(source, path)
				check(err)
				header := &zip.FileHeader{Name: filepath.ToSlash(relative), Method: method}
				create := writer.CreateHeader
				if raw {
					header.CRC32 = crc32.ChecksumIEEE(content)
					header.CompressedSize64 = uint64(len(content))
					header.UncompressedSize64 = uint64(len(content))
					create = writer.CreateRaw
				}
				file, err := create(header)
				check(err)
				_, err = file.Write(content)
				return err
			}))
			check(writer.Close())
			check(out.Close())
			fmt.Printf("{\"writer\":\"Go %s\",\"how\":\"method %d, raw %t\",\"file\":%q}\n", runtime.Version(), method, raw, name)
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
