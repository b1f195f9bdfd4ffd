/** How much memory an extraction takes: the same for a small archive and for a large one. */
import { rmSync } from "node:fs"
import { constants, crc32, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl, type Transfer } from "@scenario-assets/core"
import { Effect } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Downloading from "../support/Downloading.ts"
import * as Extracting from "../support/Extracting.ts"
import * as ExtractorProcess from "../support/ExtractorProcess.ts"
import * as RangeHost from "../support/RangeHost.ts"

const mebibyte = 1024 * 1024
/** A third more than on a machine that has nothing else to do. */
const mostMemory = 340 * mebibyte

/** The most memory that a process of its own has had. */
const memoryOf = (source: Transfer.Source) =>
  Effect.gen(function* () {
    const directory = TestDirectory.make("memory")
    const { code, said } = yield* ExtractorProcess.run(SignedUrl.reveal(yield* source.refresh).href, directory)
    assert.strictEqual(code, 0)
    // So that the search for secrets is not all that a test run does; there is only noise in it.
    rmSync(directory, { recursive: true })
    return said.get("memory") ?? Number.NaN
  })

/** With an archive that is made as it is sent. */
const measure = (size: number, entries: number) =>
  Effect.gen(function* () {
    const { source } = yield* Downloading.archive
    return yield* memoryOf({ refresh: Effect.orDie(source.refresh) })
  }).pipe(Effect.provide(Downloading.layer({ archive: { size, entries } })))

describe("the memory of an extraction", () => {
  it.live.each([
    ["many files", 800],
    ["few large files", 4]
  ] as const)("does not grow with the archive: %s", ([, entries]) =>
    Effect.gen(function* () {
      // Both use as many connections as pay. How many buffers are in use at once is up to the machine, and what else it does.
      const small = yield* measure(100 * mebibyte, Math.ceil(entries / 3))
      const large = yield* measure(400 * mebibyte, entries)
      assert.isBelow(large, mostMemory)
      assert.isBelow(large, small + 150 * mebibyte)
    })
  )

  it.live("does not grow where little data becomes much content", () =>
    Effect.gen(function* () {
      const block = new Uint8Array(mebibyte)
      const begun = Extracting.noise(20 * mebibyte)
      const blocks = 300
      let sum = crc32(begun)
      for (let n = 0; n < blocks; n++) sum = crc32(block, sum)
      const truth = { crc32: sum, size: begun.length + blocks * block.length }
      // Blocks that do not end the data can be put together.
      const [first, repeated] = [begun, block].map((bytes) =>
        deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })
      )
      assert(first !== undefined && repeated !== undefined)
      const data = ZipMaker.concat(first, ...Array.from({ length: blocks }, () => repeated), Uint8Array.of(3, 0))
      const { bytes } = ZipMaker.make([{ name: "a.bmp", data, method: 8, central: truth, local: truth }])
      const host = yield* RangeHost.make(bytes)
      assert.isBelow(yield* memoryOf(host.source), mostMemory)
    }).pipe(Effect.scoped)
  )
})
