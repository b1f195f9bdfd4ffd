import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as ZipLocalHeader from "../../src/archive/internal/ZipLocalHeader.ts"
import { damagedBy, read } from "./ZipReading.ts"

const { block, concat, text, u32, u64 } = ZipMaker
const hello: ZipMaker.Entry = { name: "a.txt", content: "hello" }

/** The first entry of an archive of two, with its local header, and what is behind its data. */
const open = (entry: ZipMaker.Entry) => {
  const { bytes } = ZipMaker.make([entry, { name: "next" }])
  const [found] = Result.getOrThrow(read(bytes))
  assert(found !== undefined)
  const header = bytes.subarray(found.offset, found.offset + ZipLocalHeader.sizeOf(bytes.subarray(found.offset)))
  return { bytes, entry: found, header, checked: ZipLocalHeader.check(found, header) }
}
const refused = (entry: ZipMaker.Entry) => damagedBy(open(entry).checked)

describe("ZipLocalHeader.check", () => {
  it("says where the data is", () => {
    const content = text("hello ".repeat(99))
    const entries: ReadonlyArray<ZipMaker.Entry> = [
      hello,
      { name: "é.txt", content },
      { name: "a", content, descriptor: "signed" },
      { name: "a", content, zip64: true },
      { name: "a", content, zip64: true, descriptor: "signed64" },
      { name: "a", content, extra: ZipMaker.timestamp(1) },
      { name: "a", content, local: { extra: block(0xcafe, new Uint8Array(1000)) } },
      { name: Uint8Array.of(0x80), content }
    ]
    for (const each of entries) {
      const { bytes, checked, entry, header } = open(each)
      const start = Result.getOrThrow(checked)
      assert.strictEqual(start, entry.offset + header.length)
      assert.deepStrictEqual(Buffer.from(bytes.subarray(start, start + entry.size)), Buffer.from(each.content ?? ""))
      assert.deepStrictEqual(ZipLocalHeader.check(entry, bytes.subarray(entry.offset)), checked)
    }
  })

  it("takes no header that is cut short", () => {
    const { entry, header } = open({ ...hello, extra: ZipMaker.timestamp(1) })
    for (let length = 0; length < header.length; length++) {
      assert.strictEqual(
        damagedBy(ZipLocalHeader.check(entry, header.subarray(0, length))),
        "has a local header cut short"
      )
    }
  })

  it.each([
    ["has no local header", { local: { signature: 0 } }],
    ["has another name in its local header", { local: { name: text("b.txt") } }],
    ["has another name in its local header", { local: { name: text("a.txt2") } }],
    ["has another name in its local header", { local: { name: text("a.tx"), extra: block(0xcafe) } }],
    ["has another method in its local header", { local: { method: 8 } }],
    ["has another checksum in its local header", { local: { crc32: 1 } }],
    ["overlaps what follows it", { content: block(0xcafe), local: { extraLength: 4 } }],
    ["has a local header cut short", { local: { extraLength: 0xffff } }]
  ] satisfies ReadonlyArray<[string, Partial<ZipMaker.Entry>]>)("refuses an entry that %s", (why, wrong) => {
    assert.strictEqual(refused({ ...hello, ...wrong }), why)
  })

  it("takes what many writers get wrong, and no content hangs on", () => {
    const { crc32 } = open(hello).entry
    const harmless: ReadonlyArray<Partial<ZipMaker.Entry>> = [
      { local: { flags: 0x0800 } },
      { local: { flags: 6 } },
      { local: { version: 63, time: 0, date: 0 } },
      { local: { flags: 1 } },
      { local: { flags: 8, crc32: 0, size: 0, compressedSize: 0 } },
      { local: { crc32: 0, size: 0, compressedSize: 0 } },
      { local: { size: 4 } },
      { local: { compressedSize: 4 } },
      { local: { size: 0xffff_ffff, compressedSize: 0xffff_ffff } },
      { descriptor: "signed", local: { crc32: 1, size: 0xffff_ffff, compressedSize: 0xffff_ffff } },
      { descriptor: "signed", described: { crc32: 1, size: 1 } },
      { flags: 8 },
      { zip64: true, local: { extra: block(1, u64(4), u64(5)) } },
      { zip64: true, local: { extra: new Uint8Array(0) } },
      { local: { extra: concat(u32(0xffff_0001)) } },
      { local: { extra: concat(block(1), block(1)) } },
      { descriptor: "signed", local: { size: 5, compressedSize: 5, crc32 } },
      { local: { size: 0xffff_ffff, extra: block(1, u64(5), u64(0)) } }
    ]
    for (const each of harmless) assert.isTrue(Result.isSuccess(open({ ...hello, ...each }).checked))
  })
})
