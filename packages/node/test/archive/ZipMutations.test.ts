/**
 * Archives with errors of all kinds, made up by a seeded generator: none of them makes the reading fail in any other way
 * than it should, and what is taken keeps its promises. `MUTATIONS=1000000` makes more of them, `SEED` others.
 */
import { assert, describe, it } from "@effect/vitest"
import { ArchiveLimits, type ZipEntry } from "@scenario-assets/node"
import * as Result from "effect/Result"
import * as yauzl from "yauzl"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import { mutate, type Random, randomOf } from "../../../../test-support/ZipMutator.ts"
import * as EntryPath from "../../src/archive/internal/EntryPath.ts"
import * as LimitCheck from "../../src/archive/internal/LimitCheck.ts"
import * as ZipDirectory from "../../src/archive/internal/ZipDirectory.ts"
import * as ZipLocalHeader from "../../src/archive/internal/ZipLocalHeader.ts"

const count = Number(process.env["MUTATIONS"] ?? 4000)
const seed = Number(process.env["SEED"] ?? 1)

const content = "a cat on a mat ".repeat(20)
const raw = ZipMaker.text("plain.txt")
const seeds: ReadonlyArray<ZipMaker.Made> = [
  ZipMaker.make([]),
  ZipMaker.make([{ name: "a.txt", content }, { name: "d/" }, { name: "d/é 猫.txt", content, method: 8 }]),
  ZipMaker.make(
    [
      { name: "A", content, descriptor: "signed" },
      { name: "B", content, method: 8, descriptor: "bare" }
    ],
    { comment: ZipMaker.text("comment") }
  ),
  ZipMaker.make(
    [
      { name: "a", content, zip64: true },
      { name: "b/c", content, zip64: true, descriptor: "signed64" }
    ],
    { zip64: true }
  ),
  ZipMaker.make([
    { name: raw, content, extra: ZipMaker.unicodePath(raw, "schön.txt") },
    { name: Uint8Array.of(0x80, 0x2f, 0x81), content, extra: ZipMaker.timestamp(1_700_000_000) }
  ]),
  ZipMaker.make([{ name: "inner.zip", content: ZipMaker.make([{ name: "x" }]).bytes }, { name: "x" }])
]

interface Taken {
  readonly bytes: Uint8Array
  readonly entries: ReadonlyArray<ZipEntry.ZipEntry>
  readonly prefix: number
}

/** Reads as an extraction does, asking for more where told; and checks what is taken. */
const open = (bytes: Uint8Array, random: Random): Taken | undefined => {
  const tail = bytes.subarray(random(bytes.length + 1))
  let located = ZipDirectory.locate(tail, bytes.length)
  if (Result.isSuccess(located) && located.success._tag === "NeedMore") {
    located = ZipDirectory.locate(bytes.subarray(located.success.from), bytes.length)
    assert.isFalse(Result.isSuccess(located) && located.success._tag === "NeedMore", "asked twice")
  }
  if (Result.isFailure(located)) return assertReason(located.failure)
  const location = located.success
  assert(location._tag === "Location")
  assert.isAtMost(location.offset + location.size + 22, bytes.length)
  const parsed = ZipDirectory.parse(bytes.subarray(location.offset, location.offset + location.size), location)
  if (Result.isFailure(parsed)) return assertReason(parsed.failure)
  const entries = parsed.success
  assertEntries(entries, location)
  if (entries.some(({ refused }) => refused !== undefined)) return undefined
  Result.getOrThrow(
    LimitCheck.entries(entries, {
      ...ArchiveLimits.defaults,
      totalSize: Infinity,
      entrySize: Infinity,
      ratio: Infinity
    })
  )
  for (const entry of entries) {
    for (const segment of EntryPath.of(entry).segments) assert.notMatch(segment, /[<>:"|?*\\/\p{Cc}]|^(\.\.?)?$|[ .]$/u)
  }
  for (const entry of entries) {
    const header = bytes.subarray(entry.offset, entry.end)
    const start = ZipLocalHeader.check(entry, header)
    if (Result.isFailure(start)) return assertReason(start.failure)
    assert.isAtLeast(start.success, entry.offset + 30)
    const end = start.success + entry.compressedSize
    assert.isAtMost(end, entry.end)
  }
  return { bytes, entries, prefix: location.prefix }
}

const assertReason = (reason: Error): undefined => {
  assert.match(reason.message, /^(is damaged|is not a ZIP archive|uses|has an entry)/)
  assert.notMatch(reason.message, /\p{Cc}/u)
}

const assertEntries = (entries: ReadonlyArray<ZipEntry.ZipEntry>, location: ZipDirectory.DirectoryLocation) => {
  assert.strictEqual(entries.length, location.entries)
  const total = entries.reduce((sum, { compressedSize }) => sum + compressedSize, 0)
  assert.isAtMost(total, location.offset)
  let next = 0
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    assert.isAtLeast(entry.offset, next)
    assert.isAtMost(entry.offset + 30 + entry.rawName.length + entry.compressedSize, entry.end)
    next = entry.end
  }
  assert.isAtMost(next, location.offset)
}

describe("Damaged archives", () => {
  it(`are refused, or keep their promises (${count} from the seed ${seed})`, { timeout: 180_000 + count }, async () => {
    const random = randomOf(seed)
    let taken = 0
    let agreed = 0
    for (let n = 0; n < count; n++) {
      const made = seeds[random(seeds.length)]
      assert(made !== undefined)
      const found = open(mutate(made, random), random)
      if (found === undefined) continue
      taken++
      // Only what differs is worth a second opinion.
      if (Buffer.compare(found.bytes, made.bytes) !== 0 && (await assertYauzlAgrees(found))) agreed++
    }
    // Comments, times and contents may be anything; most errors are found.
    assert.isAbove(agreed, count / 20)
    assert.isBelow(taken, count / 2)
  })
})

/** What yauzl takes of an archive; `undefined` where it takes none, for it wants more of names and extra fields. */
const yauzlEntries = async (bytes: Uint8Array) => {
  try {
    const zip = await yauzl.fromBufferPromise(Buffer.from(bytes))
    const entries: Array<yauzl.Entry> = []
    for await (const entry of zip.eachEntry()) entries.push(entry)
    return entries
  } catch {
    return undefined
  }
}

const assertYauzlAgrees = async ({ bytes, entries, prefix }: Taken): Promise<boolean> => {
  const theirs = await yauzlEntries(bytes)
  if (theirs === undefined) return false
  assert.deepStrictEqual(
    theirs.map((entry) => [
      entry.compressedSize,
      entry.uncompressedSize,
      entry.crc32,
      entry.relativeOffsetOfLocalHeader
    ]),
    entries.map(({ compressedSize, crc32, offset, size }) => [compressedSize, size, crc32, offset - prefix])
  )
  return true
}
