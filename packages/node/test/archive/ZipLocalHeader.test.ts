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
    ["has other flags in its local header", { local: { flags: 1 } }],
    ["has other flags in its local header", { local: { flags: 8 } }],
    ["has other flags in its local header", { name: "é", local: { flags: 0 } }],
    ["has another method in its local header", { local: { method: 8 } }],
    ["has other sizes in its local header", { local: { size: 4 } }],
    ["has other sizes in its local header", { local: { compressedSize: 4 } }],
    ["has other sizes in its local header", { local: { size: 0 } }],
    ["has other sizes in its local header", { local: { size: 0xffff_ffff } }],
    ["has other sizes in its local header", { descriptor: "signed", local: { size: 4 } }],
    ["has other sizes in its local header", { zip64: true, local: { extra: block(1, u64(4), u64(5)) } }],
    ["has other sizes in its local header", { zip64: true, local: { extra: block(1, u64(5)) } }],
    ["has another checksum in its local header", { local: { crc32: 1 } }],
    ["has another checksum in its local header", { local: { crc32: 0 } }],
    ["has another checksum in its local header", { descriptor: "signed", local: { crc32: 1 } }],
    ["has an extra field that ends too late in its local header", { local: { extra: concat(u32(0xffff_0001)) } }],
    ["has an extra field twice in its local header", { local: { extra: concat(block(1), block(1)) } }],
    ["overlaps what follows it", { content: block(0xcafe), local: { extraLength: 4 } }],
    ["has a local header cut short", { local: { extraLength: 0xffff } }]
  ] satisfies ReadonlyArray<[string, Partial<ZipMaker.Entry>]>)("refuses an entry that %s", (why, wrong) => {
    assert.strictEqual(refused({ ...hello, ...wrong }), why)
  })

  it("takes what makes no difference", () => {
    const { crc32 } = open(hello).entry
    const harmless: ReadonlyArray<Partial<ZipMaker.Entry>> = [
      { local: { flags: 0x0800 } },
      { local: { flags: 6 } },
      { local: { version: 63, time: 0, date: 0 } },
      { descriptor: "signed", local: { size: 5, compressedSize: 5, crc32 } },
      { local: { size: 0xffff_ffff, extra: block(1, u64(5), u64(0)) } }
    ]
    for (const each of harmless) assert.isTrue(Result.isSuccess(open({ ...hello, ...each }).checked))
  })
})

describe("ZipLocalHeader.checkDescriptor", () => {
  const check = (entry: ZipMaker.Entry) => {
    const opened = open(entry)
    const end = Result.getOrThrow(opened.checked) + opened.entry.compressedSize
    return ZipLocalHeader.checkDescriptor(
      opened.entry,
      opened.bytes.subarray(end, Math.min(end + ZipLocalHeader.maximalDescriptorSize, opened.entry.end))
    )
  }

  it("takes it with signature and without, in 32 bits and in 64", () => {
    for (const descriptor of ["signed", "bare", "signed64", "bare64"] as const) {
      for (const content of ["hello", "x".repeat(10_000)]) {
        for (const method of [0, 8]) {
          const entry: ZipMaker.Entry = { name: "a", content, method, descriptor }
          assert.isTrue(Result.isSuccess(check(entry)))
          for (const field of ["crc32", "size", "compressedSize"] as const) {
            assert.include(damagedBy(check({ ...entry, described: { [field]: 77 } })), "behind its data")
          }
        }
      }
      assert.isTrue(Result.isSuccess(check({ name: "empty", descriptor })))
    }
  })

  it("takes no descriptor that is cut short", () => {
    const { bytes, checked, entry } = open({ ...hello, descriptor: "signed" })
    const end = Result.getOrThrow(checked) + 5
    for (let length = 0; length < 16; length++) {
      const description = damagedBy(ZipLocalHeader.checkDescriptor(entry, bytes.subarray(end, end + length)))
      assert.include(description, "behind its data")
    }
  })

  it("takes a checksum that looks like the signature", () => {
    const content = Uint8Array.of(0xac, 0x0a, 0x7a, 0xd5)
    const entry: ZipMaker.Entry = { name: "a", content, descriptor: "bare" }
    assert.strictEqual(open(entry).entry.crc32, 0x08074b50)
    assert.isTrue(Result.isSuccess(check(entry)))
    assert.isTrue(Result.isSuccess(check({ ...entry, descriptor: "signed64" })))
  })
})
