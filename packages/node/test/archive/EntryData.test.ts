import { inflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import type { ArchiveError, ZipEntry } from "@scenario-assets/node"
import * as Result from "effect/Result"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as EntryData from "../../src/archive/internal/EntryData.ts"
import { read } from "./ZipReading.ts"

const content = "a cat on a mat ".repeat(40)
const entries: ReadonlyArray<ZipMaker.Entry> = [
  { name: "stored.txt", content },
  { name: "deflated.txt", content, method: 8 },
  { name: "empty.txt" },
  { name: "directory/" },
  { name: "signed", content, method: 8, descriptor: "signed", gap: ZipMaker.text("belongs to nobody") },
  { name: "bare", content, descriptor: "bare" },
  { name: "empty with a descriptor", descriptor: "signed" },
  { name: "wide", content, zip64: true, descriptor: "signed64" },
  { name: "wide and bare", content, zip64: true, descriptor: "bare64", extra: ZipMaker.timestamp(1_700_000_000) },
  { name: "last", content, method: 8 }
]
const archive = ZipMaker.make(entries)
const listed = Result.getOrThrow(read(archive.bytes))

/** Pushes an archive in pieces of these sizes, wiping each afterwards as a transport does that uses its memory again. */
const cut = (
  bytes: Uint8Array,
  wanted: ReadonlyArray<ZipEntry.ZipEntry>,
  sizeOf: (at: number) => number,
  ranges: ReadonlyArray<readonly [number, number]> = [[0, archive.directory]]
) => {
  const data = EntryData.make(wanted)
  const found = new Map<string, Array<number>>()
  const whole: Array<string> = []
  const errors: Array<ArchiveError.Damaged> = []
  for (const [start, end] of ranges) {
    for (let at = start; at < end;) {
      const chunk = bytes.slice(at, Math.min(end, at + sizeOf(at)))
      for (const piece of data.push(at, chunk)) {
        const { name } = piece.entry
        if (piece.error !== undefined) {
          errors.push(piece.error)
          assert.isTrue(piece.isLast)
          continue
        }
        assert.strictEqual(piece.isFirst, !found.has(name), `${name} begins once`)
        assert.notInclude(whole, name, `${name} is over`)
        found.set(name, [...(found.get(name) ?? []), ...piece.data])
        if (piece.isLast) whole.push(name)
      }
      chunk.fill(0xee)
      at += chunk.length
    }
  }
  return { found, whole, errors, missing: data.missing() }
}

const assertCut = (wanted: ReadonlyArray<ZipEntry.ZipEntry>, result: ReturnType<typeof cut>) => {
  const { errors, found, missing, whole } = result
  assert.isUndefined(missing)
  assert.deepStrictEqual(errors, [])
  assert.deepStrictEqual(
    whole,
    wanted.map(({ name }) => name)
  )
  for (const entry of wanted) {
    const data = Uint8Array.from(found.get(entry.name) ?? [])
    assert.strictEqual(data.length, entry.compressedSize)
    const text = Buffer.from(entry.method === "deflate" ? inflateRawSync(data) : data).toString()
    assert.strictEqual(text, entry.size === 0 ? "" : content, entry.name)
  }
}

describe("EntryData", () => {
  it.each([1, 2, 3, 7, 29, 30, 31, 64, 100, 1000, 1_000_000])("cuts entries out of pieces of %s bytes", (size) => {
    assertCut(
      listed,
      cut(archive.bytes, listed, () => size)
    )
  })

  it("cuts entries wherever two pieces meet", () => {
    for (let split = 1; split < archive.directory; split++) {
      assertCut(
        listed,
        cut(archive.bytes, listed, (at) => (at === 0 ? split : archive.directory))
      )
    }
  })

  it("passes over what is not wanted, in one range or in several", () => {
    const wanted = listed.filter((_, index) => index % 3 === 1)
    assertCut(
      wanted,
      cut(archive.bytes, wanted, () => 50)
    )
    const ranges = wanted.map(({ end, offset }) => [offset, end] as const)
    for (const size of [1, 33, 5000])
      assertCut(
        wanted,
        cut(archive.bytes, wanted, () => size, ranges)
      )
  })

  it("sorts by the place in the archive, not in the directory", () => {
    assertCut(
      listed,
      cut(archive.bytes, listed.toReversed(), () => 100)
    )
  })

  it("says what is missing", () => {
    const result = cut(archive.bytes, listed, () => 64, [[0, archive.locals[5] ?? 0]])
    assert.strictEqual(result.missing?.name, "bare")
  })

  it.each<readonly [what: string, entry: ZipMaker.Entry, says: RegExp]>([
    ["another name", { name: "a", content, local: { name: ZipMaker.text("b") } }, /another name/],
    ["another method", { name: "a", content, local: { method: 8 } }, /another method/],
    ["another checksum", { name: "a", content, local: { crc32: 1 } }, /another checksum/],
    ["no local header", { name: "a", content, local: { signature: 1 } }, /no local header/],
    ["a header that is too long", { name: "a", content, local: { extraLength: 60_000 } }, /reaches into|overlaps/]
  ])("refuses %s alone, whatever the pieces", (_, entry, says) => {
    const { bytes, directory } = ZipMaker.make([{ name: "y" }, entry, { name: "z", content: "z".repeat(100) }])
    const wanted = Result.getOrThrow(read(bytes))
    for (const size of [1, 31, 100_000]) {
      const { errors, missing, whole } = cut(bytes, wanted, () => size, [[0, directory]])
      assert.match(errors.map(({ description }) => description).join(), says)
      assert.deepStrictEqual([whole, missing], [["y", "z"], undefined])
    }
  })

  it("refuses what bytes are left out of", () => {
    const { errors, whole } = cut(archive.bytes, listed, () => 1000, [
      [0, 100],
      [150, archive.directory]
    ])
    assert.match(errors[0]?.description ?? "", /did not come/)
    assert.strictEqual(whole.length + errors.length, listed.length)
  })
})
