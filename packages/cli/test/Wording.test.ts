import { assert, describe, it } from "@effect/vitest"
import { ArchiveError, FileError } from "@scenario-assets/node"
import * as Wording from "../src/Wording.ts"

describe("the words of the command line", () => {
  it("has sizes as people read them", () => {
    const operation = "find room for 5368709120 bytes (1048576 are free) for"
    const error = new FileError.FileError({ operation, path: "all.zip", code: "ENOSPC" })
    assert.match(Wording.of(error), /^Cannot find room for 5\.4 GB \(1\.0 MB are free\) for all\.zip: the disk is full/)
  })

  it("leaves the options of the library out", () => {
    const reason = new ArchiveError.LimitExceeded({ limit: "totalSize", allowed: 9, found: 10 })
    const error = new ArchiveError.ArchiveError({ archive: "a.zip", reason })
    assert.match(Wording.of(error), /has 10 bytes in its files, and the limit is 9\.$/)
  })
})
