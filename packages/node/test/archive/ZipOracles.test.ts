/**
 * Archives that others write, read by us and by others; archives that we write, read by others. What all of them take,
 * they must see alike.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Content from "@scenario-assets/core/engine/testing/Content"
import * as Zip from "@scenario-assets/core/engine/testing/Zip"
import {
  BlobReader,
  configure,
  TextReader,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
  ZipWriter
} from "@zip.js/zip.js"
import * as Result from "effect/Result"
import * as yauzl from "yauzl"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as ZipLocalHeader from "../../src/archive/internal/ZipLocalHeader.ts"
import { read } from "./ZipReading.ts"

configure({ useWebWorkers: false })

const has = (command: string, ...args: ReadonlyArray<string>) => spawnSync(command, args).status === 0
const hasUnzip = has("unzip", "-v")
const hasBsdtar = has("bsdtar", "--version")
const hasZip = has("zip", "-v")
const hasPython = has("python3", "-c", "import zipfile")

/** What a command prints, in UTF-8; it must succeed. */
const run = (command: string, args: ReadonlyArray<string>, cwd = "."): string => {
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" }
  })
  assert.strictEqual(status, 0, `${command} ${args.join(" ")}: ${stderr}`)
  return stdout
}

/** What all readers say of an entry. */
interface Seen {
  readonly name: string
  readonly method: number
  readonly crc32: number | undefined
  readonly compressedSize: number
  readonly size: number
}

/** What we see; the local headers must agree. */
const ours = (bytes: Uint8Array): ReadonlyArray<Seen> =>
  Result.getOrThrow(read(bytes)).map((entry) => {
    const { compressedSize, crc32, name, size } = entry
    assert.isUndefined(entry.refused)
    Result.getOrThrow(ZipLocalHeader.check(entry, bytes.subarray(entry.offset)))
    return { name, method: entry.method === "stored" ? 0 : 8, crc32, compressedSize, size }
  })

const yauzls = async (bytes: Uint8Array): Promise<ReadonlyArray<Seen>> => {
  const zip = await yauzl.fromBufferPromise(Buffer.from(bytes), { strictFileNames: true })
  const seen: Array<Seen> = []
  for await (const {
    compressedSize,
    compressionMethod: method,
    crc32,
    fileName: name,
    uncompressedSize: size
  } of zip.eachEntry()) {
    seen.push({ name, method, crc32, compressedSize, size })
  }
  return seen
}

const zipJs = async (bytes: Uint8Array): Promise<ReadonlyArray<Seen>> => {
  const zip = new ZipReader(new Uint8ArrayReader(bytes), { strictness: "strict" })
  const entries = await zip.getEntries()
  return entries.map(
    ({ compressedSize, compressionMethod: method, filename: name, signature: crc32, uncompressedSize: size }) => ({
      name,
      method,
      crc32,
      compressedSize,
      size
    })
  )
}

const content = ZipMaker.text("a cat on a mat, ".repeat(500))
const good: ReadonlyArray<readonly [what: string, bytes: () => Uint8Array]> = [
  ["nothing", () => ZipMaker.make([]).bytes],
  [
    "a stored and a deflated file",
    () =>
      ZipMaker.make([
        { name: "a.txt", content },
        { name: "b.txt", content, method: 8 }
      ]).bytes
  ],
  ["directories", () => ZipMaker.make([{ name: "d/" }, { name: "d/e/" }, { name: "d/e/a.txt", content }]).bytes],
  ["names in UTF-8", () => ZipMaker.make([{ name: "é/猫 😀.txt", content }, { name: "e\u0301" }]).bytes],
  [
    "a comment",
    () => ZipMaker.make([{ name: "a", central: { comment: ZipMaker.text("note") } }], { comment: content }).bytes
  ],
  [
    "descriptors",
    () =>
      ZipMaker.make([
        { name: "a", content, method: 8, descriptor: "signed" },
        { name: "b", content, method: 8, descriptor: "bare" }
      ]).bytes
  ],
  [
    "ZIP64",
    () =>
      ZipMaker.make(
        [
          { name: "a", content, zip64: true },
          { name: "b", content }
        ],
        { zip64: true }
      ).bytes
  ],
  ["times", () => ZipMaker.make([{ name: "a", content, extra: ZipMaker.timestamp(1_700_000_000) }]).bytes],
  [
    "a Unicode path",
    () => {
      const name = ZipMaker.text("plain.txt")
      return ZipMaker.make([{ name, content, extra: ZipMaker.unicodePath(name, "schön.txt") }]).bytes
    }
  ],
  ["what the emulator makes", () => emulated({})],
  ["what the emulator makes in ZIP64", () => emulated({ zip64: true })]
]
const emulated = (options: { readonly zip64?: boolean }) =>
  Content.toBytes(
    Zip.make(
      [
        { name: "inference/a.png", content: Content.fromBytes(Content.noise(1)) },
        { name: "inference/é.txt", content: Content.fromBytes(content) }
      ],
      options
    )
  )

describe("Archives written by us", () => {
  it.each(good)("are to yauzl what they are to us: %s", async (_, make) => {
    assert.deepStrictEqual(await yauzls(make()), ours(make()))
  })

  it("are to yauzl what they are to us: names in CP437", async () => {
    const name = Uint8Array.from({ length: 127 }, (_, index) => 128 + index)
    const { bytes } = ZipMaker.make([{ name, content }])
    assert.deepStrictEqual(await yauzls(bytes), ours(bytes))
  })

  it.each(good)("are to zip.js what they are to us: %s", async (_, make) => {
    assert.deepStrictEqual(await zipJs(make()), ours(make()))
  })

  const written = (make: () => Uint8Array) => {
    const file = path.join(TestDirectory.make(), "test.zip")
    writeFileSync(file, make())
    return { file, names: ours(make()).map(({ name }) => name) }
  }
  const lines = (text: string) => text.split("\n").filter((line) => line !== "")

  describe.runIf(hasUnzip)("(with Info-ZIP)", () => {
    it.each(good.slice(1))("are whole to unzip: %s", (_, make) => {
      const { file, names } = written(make)
      run("unzip", ["-tqq", file])
      assert.deepStrictEqual(lines(run("unzip", ["-Z1", file])), names)
    })
  })

  describe.runIf(hasBsdtar)("(with bsdtar)", () => {
    it.each(good)("are listed by bsdtar: %s", (_, make) => {
      const { file, names } = written(make)
      // It composes letters.
      const composed = names.map((name) => name.normalize("NFC"))
      assert.deepStrictEqual(lines(run("bsdtar", ["-tf", file])).toSorted(), composed.toSorted())
    })
  })
})

describe("Archives written by others", () => {
  /** A directory with files, and the names an archive of it has. */
  const files = () => {
    const directory = TestDirectory.make()
    mkdirSync(path.join(directory, "d", "é"), { recursive: true })
    writeFileSync(path.join(directory, "d", "é", "猫.txt"), content)
    writeFileSync(path.join(directory, "d", "noise.bin"), Content.noise(1))
    writeFileSync(path.join(directory, "d", "empty"), "")
    return directory
  }
  const names = ["d/", "d/empty", "d/noise.bin", "d/é/", "d/é/猫.txt"]
  const assertRead = async (bytes: Uint8Array) => {
    const seen = ours(bytes)
    assert.deepStrictEqual(seen.map(({ name }) => name).toSorted(), names)
    assert.deepStrictEqual(seen, await zipJs(bytes))
  }

  it.each([{}, { dataDescriptor: false }, { zip64: true }, { level: 0 }, { extendedTimestamp: false }])(
    "are read: zip.js %o",
    async (options) => {
      const zip = new ZipWriter(new Uint8ArrayWriter(), options)
      await zip.add("d/", undefined, { directory: true })
      await zip.add("d/empty", new TextReader(""))
      await zip.add("d/noise.bin", new BlobReader(new Blob([Content.toBytes(Content.fromBytes(Content.noise(1)))])))
      await zip.add("d/é/", undefined, { directory: true })
      await zip.add("d/é/猫.txt", new Uint8ArrayReader(content))
      await assertRead(await zip.close())
    }
  )

  it.runIf(hasBsdtar)("are read: bsdtar", async () => {
    const directory = files()
    for (const [index, options] of [[], ["--options", "zip:compression=store"]].entries()) {
      const file = path.join(directory, `${index}.zip`)
      run("bsdtar", ["--format", "zip", ...options, "-cf", file, "d"], directory)
      await assertRead(readFileSync(file))
    }
  })

  it.runIf(hasZip)("are read: Info-ZIP", async () => {
    const directory = files()
    run("zip", ["-qr", "plain.zip", "d"], directory)
    run("sh", ["-c", "zip -qr - d | cat > piped.zip"], directory)
    run("zip", ["-qr", "-fz", "wide.zip", "d"], directory)
    for (const file of ["plain.zip", "piped.zip", "wide.zip"])
      await assertRead(readFileSync(path.join(directory, file)))
  })

  it.runIf(hasPython)("are read: Python", async () => {
    const directory = files()
    const script = `
import io, sys, zipfile
names = ["d/", "d/empty", "d/noise.bin", "d/é/", "d/é/猫.txt"]
class Pipe(io.RawIOBase):
  def __init__(self, file): self.file = file
  def writable(self): return True
  def write(self, data): return self.file.write(data)
for target, method in (("stored", 0), ("deflated", 8)):
  with zipfile.ZipFile(target + ".zip", "w", method) as zip:
    for name in names: zip.write(name)
  with open(target + "-piped.zip", "wb") as file, zipfile.ZipFile(Pipe(file), "w", method) as zip:
    for name in names: zip.write(name)
with zipfile.ZipFile("wide.zip", "w") as zip:
  for name in names:
    if name.endswith("/"): zip.write(name)
    else:
      with zip.open(name, "w", force_zip64=True) as entry: entry.write(open(name, "rb").read())
`
    run("python3", ["-X", "utf8", "-c", script], directory)
    for (const file of ["stored", "stored-piped", "deflated", "deflated-piped", "wide"]) {
      await assertRead(readFileSync(path.join(directory, `${file}.zip`)))
    }
  })
})
