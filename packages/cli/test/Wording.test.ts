import { assert, describe, it } from "@effect/vitest"
import { ArchiveError, FileError } from "@scenario-assets/node"
import * as Wording from "../src/report/Wording.ts"

describe("the words of the command line", () => {
  it("has sizes as people read them", () => {
    const reason = new FileError.Reason.cases.NoSpace({ needed: 5368709120, free: 1048576 })
    const error = new FileError.FileError({ operation: "download to", path: "all.zip", reason })
    assert.strictEqual(
      Wording.of(error),
      "Cannot download to all.zip: it needs 5.4 GB, and 1.0 MB are free (ENOSPC); free some space and run again to resume."
    )
  })

  it("leaves the options of the library out", () => {
    const reason = new ArchiveError.Reason.cases.LimitExceeded({ limit: "totalSize", allowed: 9, found: 10 })
    const error = new ArchiveError.ArchiveError({ archive: "a.zip", reason })
    assert.match(Wording.of(error), /has 10 bytes in its files, and the limit is 9\.$/)
  })
})
