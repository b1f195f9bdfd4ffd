/**
 * Archives with errors of all kinds, made up by a seeded generator: none of them makes the reading fail in any other way
 * than it should, and what is taken keeps its promises. `MUTATIONS=1000000` makes more of them, `SEED` others.
 */
import { assert, describe, it } from "@effect/vitest"
import { ArchiveLimits, EntryPath, ZipDirectory, type ZipEntry, ZipLocalHeader } from "@scenario-assets/core"
import * as Result from "effect/Result"
import * as yauzl from "yauzl"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"

const count = Number(process.env["MUTATIONS"] ?? 20_000)
const seed = Number(process.env["SEED"] ?? 1)

/** Numbers from 0 to `limit` (exclusive), always the same for a seed: mulberry32. */
const randomOf = (seed: number) => {
  let state = seed
  return (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
type Random = ReturnType<typeof randomOf>

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

/** Where fields stand in the records, counted from their first byte, and how many bytes they have. */
type Field = readonly [at: number, size: 2 | 4]
const narrow = (...places: ReadonlyArray<number>) => places.map((at): Field => [at, 2])
const wide = (...places: ReadonlyArray<number>) => places.map((at): Field => [at, 4])
const centralFields = [...narrow(4, 6, 8, 10, 12, 14, 28, 30, 32, 34, 36), ...wide(0, 16, 20, 24, 38, 42)]
const localFields = [...narrow(4, 6, 8, 26, 28), ...wide(0, 14, 18, 22)]
const endFields = [...narrow(4, 6, 8, 10, 20), ...wide(0, 12, 16)]
/** Those of ZIP64 lie before the end record. */
const end64Fields = wide(-76, -72, -60, -56, -52, -44, -36, -28, -20, -16, -12, -8, -4)

const extremes = [
  0, 1, 2, 4, 7, 8, 9, 12, 20, 22, 30, 46, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff
]

const hostile = ["../", "/", "C:", "\\", "..", "con", "a//", ".", "\0", "a:", " ", "\u202e", "B", "d"]

const mutate = (made: ZipMaker.Made, random: Random): Uint8Array => {
  const pick = <A>(choices: ReadonlyArray<A>): A | undefined => choices[random(choices.length)]
  const at = () => random(made.bytes.length + 1)
  const within = (start: number, end: number) => start + random(Math.max(1, end - start))
  const bytes = made.bytes.slice()
  const flipped = at()
  switch (random(9)) {
    case 0:
      for (let n = random(4); n >= 0; n--) bytes[at()] = random(256)
      return bytes
    case 1:
      return bytes.map((byte, index) => (index === flipped ? byte ^ (1 << random(8)) : byte))
    case 2:
      // Directory and end record are where most of the meaning is.
      bytes[within(made.directory, bytes.length)] = random(256)
      return bytes
    case 3:
      return bytes.slice(0, at())
    case 4: {
      const [start, end] = [at(), at()].toSorted((a, b) => a - b)
      return ZipMaker.concat(bytes.subarray(0, start), bytes.subarray(end))
    }
    case 5: {
      const where = at()
      const inserted = Uint8Array.from({ length: 1 + random(50) }, () => random(256))
      return ZipMaker.concat(bytes.subarray(0, where), inserted, bytes.subarray(where))
    }
    case 6: {
      const where = at()
      const [start = 0, end = 0] = [at(), at()].toSorted((a, b) => a - b)
      return ZipMaker.concat(bytes.subarray(0, where), bytes.subarray(start, end), bytes.subarray(where))
    }
    case 7: {
      // A hostile beginning of a name, in both headers.
      const index = random(made.locals.length)
      const name = ZipMaker.text(pick(hostile) ?? "")
      for (const start of [(made.locals[index] ?? 0) + 30, (made.centrals[index] ?? 0) + 46]) {
        if (start + name.length <= bytes.length) bytes.set(name, start)
      }
      return bytes
    }
    default: {
      const places: ReadonlyArray<readonly [start: number, fields: ReadonlyArray<Field>]> = [
        [pick(made.centrals) ?? 0, centralFields],
        [pick(made.locals) ?? 0, localFields],
        [made.end, endFields],
        [made.end, end64Fields]
      ]
      const [start = 0, fields = []] = pick(places) ?? []
      const [field = 0, size = 2] = pick(fields) ?? []
      const view = new DataView(bytes.buffer)
      const where = start + field
      if (where < 0 || where + size > bytes.length) return bytes
      const old = size === 2 ? view.getUint16(where, true) : view.getUint32(where, true)
      const value = pick([...extremes, old + 1, old - 1, old * 2, made.bytes.length, made.directory]) ?? 0
      if (size === 2) view.setUint16(where, value, true)
      else view.setUint32(where, value, true)
      return bytes
    }
  }
}

interface Taken {
  readonly bytes: Uint8Array
  readonly entries: ReadonlyArray<ZipEntry.ZipEntry>
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
  Result.getOrThrow(
    ArchiveLimits.check(entries, {
      ...ArchiveLimits.defaults,
      totalSize: Infinity,
      entrySize: Infinity,
      ratio: Infinity
    })
  )
  const assigned = EntryPath.assign(entries)
  if (Result.isFailure(assigned)) return assertReason(assigned.failure)
  const files = assigned.success.paths.filter(({ entry }) => !entry.isDirectory).map(({ path }) => path)
  assert.strictEqual(new Set(files.map(EntryPath.fold)).size, files.length)
  for (const { path } of assigned.success.paths) {
    assert.notMatch(path, /[<>:"|?*\\\p{Cc}]|(^|\/)(\.\.)?(\/|$)|[ .](\/|$)(?<!^\.)/u)
  }
  for (const entry of entries) {
    const header = bytes.subarray(entry.offset, entry.end)
    const start = ZipLocalHeader.check(entry, header)
    if (Result.isFailure(start)) return assertReason(start.failure)
    assert.isAtLeast(start.success, entry.offset + 30)
    const end = start.success + entry.compressedSize
    assert.isAtMost(end, entry.end)
    const descriptor = ZipLocalHeader.checkDescriptor(entry, bytes.subarray(end, entry.end))
    if (entry.hasDescriptor && Result.isFailure(descriptor)) return assertReason(descriptor.failure)
  }
  return { bytes, entries }
}

const assertReason = (reason: Error): undefined => {
  assert.match(reason.message, /^(is damaged|is not a ZIP archive|uses|has an entry)/)
  assert.notMatch(reason.message, /\p{Cc}/u)
}

const assertEntries = (entries: ReadonlyArray<ZipEntry.ZipEntry>, location: ZipDirectory.Location) => {
  assert.strictEqual(entries.length, location.entries)
  assert.strictEqual(new Set(entries.map(({ name }) => name)).size, entries.length)
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
  it(`are refused, or keep their promises (${count} from the seed ${seed})`, { timeout: 60_000 + count }, async () => {
    const random = randomOf(seed)
    let taken = 0
    for (let n = 0; n < count; n++) {
      const made = seeds[random(seeds.length)]
      assert(made !== undefined)
      const found = open(mutate(made, random), random)
      if (found === undefined) continue
      taken++
      // Only what differs is worth a second opinion.
      if (Buffer.compare(found.bytes, made.bytes) !== 0) await assertYauzlAgrees(found)
    }
    // Comments, times and contents may be anything; most errors are found.
    assert.isAbove(taken, 0)
    assert.isBelow(taken, count / 2)
  })
})

const assertYauzlAgrees = async ({ bytes, entries }: Taken) => {
  const zip = await yauzl.fromBufferPromise(Buffer.from(bytes), { strictFileNames: true })
  let index = 0
  for await (const theirs of zip.eachEntry()) {
    const ours = entries[index++]
    assert.deepStrictEqual(
      [theirs.compressedSize, theirs.uncompressedSize, theirs.crc32, theirs.relativeOffsetOfLocalHeader],
      [ours?.compressedSize, ours?.size, ours?.crc32, ours?.offset]
    )
  }
  assert.strictEqual(index, entries.length)
}
