import { assert, describe, it } from "@effect/vitest"
import { ArchiveLimits, type ZipEntry } from "@scenario-assets/node"
import * as Result from "effect/Result"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as LimitCheck from "../../src/archive/internal/LimitCheck.ts"
import { failureOf, read } from "./ZipReading.ts"

const { defaults } = ArchiveLimits
const GiB = 2 ** 30
const [one] = Result.getOrThrow(read(ZipMaker.make([{ name: "a.bin", content: "x" }]).bytes))
assert(one !== undefined)
const sized = (size: number, compressedSize = size): ZipEntry.ZipEntry => ({ ...one, size, compressedSize })
const exceeded = (entries: ReadonlyArray<ZipEntry.ZipEntry>, limits: Partial<ArchiveLimits.ArchiveLimits> = {}) => {
  const { allowed, entry, found, limit } = failureOf(LimitCheck.entries(entries, { ...defaults, ...limits }))
  return [limit, allowed, found, entry]
}

describe("ArchiveLimits", () => {
  it("takes what is within the limits", () => {
    const limits = { entries: 2, totalSize: 10, entrySize: 6, ratio: 1, directorySize: 0 }
    for (const entries of [[], [sized(6), sized(4)], [sized(0), sized(6, 1)]]) {
      assert.isTrue(Result.isSuccess(LimitCheck.entries(entries, limits)))
    }
    assert.isTrue(Result.isSuccess(LimitCheck.entries([sized(100 * GiB, GiB)], defaults)))
    // One blank bitmap, as dense as deflate can make it.
    assert.isTrue(Result.isSuccess(LimitCheck.entries([sized(0.9 * GiB, GiB / 1032)], defaults)))
  })

  it("says which limit is passed, and by how much", () => {
    assert.deepStrictEqual(exceeded([sized(1), sized(1)], { entries: 1 }), ["entries", 1, 2, undefined])
    assert.deepStrictEqual(exceeded([sized(6), sized(5)], { totalSize: 10 }), ["totalSize", 10, 11, undefined])
    assert.deepStrictEqual(exceeded([sized(7)], { entrySize: 6 }), ["entrySize", 6, 7, "a.bin"])
    assert.deepStrictEqual(exceeded([sized(101 * GiB, GiB)]), ["ratio", 100, 101, undefined])
    assert.deepStrictEqual(exceeded([sized(2 * GiB, 0)]), ["ratio", 100, Infinity, undefined])
    const total = Array.from({ length: 5 }, () => sized(2 ** 38))
    assert.deepStrictEqual(exceeded(total), ["totalSize", 2 ** 40, 5 * 2 ** 38, undefined])
  })

  it("looks at the directory before it is read", () => {
    const location = { _tag: "Location", offset: 0, size: 100, entries: 2, isModulo: false, prefix: 0 } as const
    const check = (limits: Partial<ArchiveLimits.ArchiveLimits>) =>
      LimitCheck.directory(location, { ...defaults, ...limits })
    assert.isTrue(Result.isSuccess(check({})))
    assert.isTrue(Result.isSuccess(check({ entries: 2, directorySize: 100 })))
    assert.strictEqual(failureOf(check({ entries: 1 })).limit, "entries")
    assert.strictEqual(failureOf(check({ directorySize: 99 })).limit, "directorySize")
  })
})
