/** How much memory an extraction takes: the same for a small archive and for a large one. */
import { rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Effect } from "effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Downloading from "./support/Downloading.ts"
import * as ExtractorProcess from "./support/ExtractorProcess.ts"

const mebibyte = 1024 * 1024

/** The most memory that a process of its own has had, from an archive that is made as it is sent. */
const measure = (size: number, entries: number) =>
  Effect.gen(function* () {
    const { source } = yield* Downloading.archive
    const directory = TestDirectory.make("memory")
    const { code, said } = yield* ExtractorProcess.run(SignedUrl.reveal(yield* source.refresh).href, directory)
    assert.strictEqual(code, 0)
    // So that the search for secrets is not all that a test run does; there is only noise in it.
    rmSync(directory, { recursive: true })
    return said.get("memory") ?? Number.NaN
  }).pipe(Effect.provide(Downloading.layer({ archive: { size, entries } })))

describe("the memory of an extraction", () => {
  it.live.each([
    ["many files", 600],
    ["few large files", 3]
  ] as const)("does not grow with the archive: %s", ([, entries]) =>
    Effect.gen(function* () {
      const small = yield* measure(30 * mebibyte, Math.ceil(entries / 10))
      const large = yield* measure(300 * mebibyte, entries)
      assert.isBelow(large, 260 * mebibyte)
      assert.isBelow(large, small + 80 * mebibyte)
    })
  )
})
