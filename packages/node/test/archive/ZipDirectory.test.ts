import { crc32, deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Content from "@scenario-assets/core/engine/testing/Content"
import * as Zip from "@scenario-assets/core/engine/testing/Zip"
import type { ZipEntry } from "@scenario-assets/node"
import * as Result from "effect/Result"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as ZipDirectory from "../../src/archive/internal/ZipDirectory.ts"
import { damagedBy, failureOf, read } from "./ZipReading.ts"

const { concat, text, u16, u32, u64 } = ZipMaker
const hello: ZipMaker.Entry = { name: "a.txt", content: "hello" }
const namesOf = (made: ZipMaker.Made) => Result.getOrThrow(read(made.bytes)).map(({ name }) => name)
const first = (entry: ZipMaker.Entry): ZipEntry.ZipEntry => {
  const [found] = Result.getOrThrow(read(ZipMaker.make([entry]).bytes))
  assert(found !== undefined)
  return found
}
/** Why the only entry of an archive is refused, alone or with the whole archive, and the name that is blamed. */
const refused = (entry: ZipMaker.Entry): string => {
  const result = read(ZipMaker.make([entry]).bytes)
  const reason = Result.isFailure(result) ? result.failure : result.success[0]?.refused
  assert(reason !== undefined, "was taken")
  switch (reason._tag) {
    case "Unsupported":
      return `${reason.feature} (${reason.entry ?? ""})`
    case "Damaged":
    case "UnsafeName":
      return `${reason.description} (${reason.entry ?? ""})`
    default:
      return reason._tag
  }
}

describe("ZipDirectory.locate", () => {
  const locate = (made: ZipMaker.Made) => ZipDirectory.locate(made.bytes, made.bytes.length)
  const refuses = (options: ZipMaker.Options) => damagedBy(locate(ZipMaker.make([hello, { name: "b" }], options)))

  it("finds the directory", () => {
    const made = ZipMaker.make([hello, { name: "b" }], { comment: text("two files") })
    assert.deepStrictEqual(Result.getOrThrow(locate(made)), {
      _tag: "Location",
      offset: made.directory,
      size: made.directoryEnd - made.directory,
      entries: 2,
      isModulo: true,
      prefix: 0
    })
  })

  it("finds that of an empty archive", () => {
    for (const options of [{}, { zip64: true }, { comment: text("nothing") }]) {
      const location = Result.getOrThrow(locate(ZipMaker.make([], options)))
      const isModulo = !("zip64" in options)
      assert.deepStrictEqual(location, { _tag: "Location", offset: 0, size: 0, entries: 0, isModulo, prefix: 0 })
    }
  })

  it("asks for as many bytes as may be needed, once", () => {
    const made = ZipMaker.make([{ name: "a", content: Content.noise(1) }], {
      zip64: true,
      comment: new Uint8Array(0xffff).fill(0x20)
    })
    const size = made.bytes.length
    const from = size - ZipDirectory.tailSize
    for (const tail of [0, 21, 22, 1000, ZipDirectory.tailSize - 1]) {
      const found = Result.getOrThrow(ZipDirectory.locate(made.bytes.subarray(size - tail), size))
      assert.deepStrictEqual(found, { _tag: "NeedMore", from })
    }
    for (const start of [from, from - 1, 0]) {
      assert.deepStrictEqual(ZipDirectory.locate(made.bytes.subarray(start), size), locate(made))
    }
    assert.deepStrictEqual(Result.getOrThrow(ZipDirectory.locate(new Uint8Array(0), 30)), { _tag: "NeedMore", from: 0 })
  })

  it.each([
    ["no bytes", "", "is empty"],
    ["a few", "PK", 'has 2 bytes, no end record, and begins with "PK"'],
    ["a page", `<!doctype html><title>Sign in</title>${" ".repeat(99)}`, 'begins with "<!doctype html><titl"'],
    ["control characters", "\u001b[2J".padEnd(40), String.raw`"\u{1b}[2J`],
    ["much else", "x".repeat(140_000), "has no end record"]
  ])("says of %s that they are no archive", (_, content, found) => {
    const bytes = text(content)
    const tail = bytes.subarray(-ZipDirectory.tailSize)
    const reason = failureOf(ZipDirectory.locate(tail, bytes.length))
    assert(reason._tag === "NotAnArchive")
    assert.include(reason.found, found)
  })

  it("takes no archive that is cut short", () => {
    const { bytes } = ZipMaker.make([hello, { name: "b" }], { comment: text("the end") })
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      assert.isTrue(Result.isFailure(ZipDirectory.locate(cut, length)), String(length))
    }
  })

  it("takes no bytes that belong to nothing", () => {
    assert.include(refuses({ suffix: text("x") }), "does not end")
    assert.include(refuses({ suffix: concat(new Uint8Array(512), text("x")) }), "does not end")
    assert.include(refuses({ commentLength: 1 }), "does not end")
    for (const zip64 of [false, true]) {
      const made = ZipMaker.make([hello, { name: "b" }], { gap: new Uint8Array(6), zip64 })
      assert.match(damagedBy(read(made.bytes)), /has no entry|has no ZIP64 end record/)
    }
    assert.include(refuses({ end: { offset: 0x7000_0000 } }), "an end record at")
  })

  it("takes zeros behind the archive, however many", () => {
    for (const zeros of [1, 17, 22, 512, 65_535, 70_000, 3_000_000]) {
      for (const options of [{}, { zip64: true }, { comment: text("two files\0\0") }]) {
        const made = ZipMaker.make([hello, { name: "b" }], { ...options, suffix: new Uint8Array(zeros) })
        assert.deepStrictEqual(namesOf(made), ["a.txt", "b"], `${zeros}`)
      }
    }
    assert.deepStrictEqual(namesOf(ZipMaker.make([], { suffix: new Uint8Array(100) })), [])
    const nothing = new Uint8Array(2 ** 25)
    assert.strictEqual(failureOf(ZipDirectory.locate(nothing, 2 ** 30))._tag, "NotAnArchive")
  })

  it("takes a program in front of the archive, of which its offsets know nothing", () => {
    for (const options of [{}, { zip64: true }, { comment: text("self-extracting") }]) {
      const made = ZipMaker.make([hello, { name: "b" }], { ...options, prefix: text("#!/bin/sh\nexit\n") })
      const entries = Result.getOrThrow(read(made.bytes))
      assert.deepStrictEqual(
        entries.map(({ offset }) => offset),
        made.locals
      )
    }
  })

  it("takes a ZIP64 end record with data behind its fields, whatever that is", () => {
    const special = concat(u16(0x0065), u32(40), new Uint8Array(40).fill(7))
    const files = [hello, { name: "b" }]
    for (const extension of [special, concat(special, special), text("?"), new Uint8Array(65_535)]) {
      for (const options of [{}, { prefix: text("#!/bin/sh\nexit\n") }, { comment: new Uint8Array(65_535).fill(1) }]) {
        const made = ZipMaker.make(files, { ...options, zip64: true, end64: { extension } })
        assert.deepStrictEqual(namesOf(made), ["a.txt", "b"])
        const tail = made.bytes.subarray(-ZipDirectory.tailSize)
        assert.strictEqual(Result.getOrThrow(ZipDirectory.locate(tail, made.bytes.length))._tag, "Location")
      }
      // Version 2 of the record, where nothing is encrypted or compressed (7.3.4).
      const size = 2 * 46 + 6
      const plain = concat(
        u16(0),
        u64(size),
        u64(size),
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        u16(0),
        extension.subarray(0, 65_507)
      )
      assert.deepStrictEqual(namesOf(ZipMaker.make(files, { zip64: true, end64: { version: 62, extension: plain } })), [
        "a.txt",
        "b"
      ])
    }
    assert.deepStrictEqual(namesOf(ZipMaker.make(files, { zip64: true, end64: { version: 63 } })), ["a.txt", "b"])
  })

  it("takes no ZIP64 end record that says the directory is encrypted", () => {
    const fields = (method: number, size: number, original: number, algorithm: number) =>
      concat(u16(method), u64(size), u64(original), u16(algorithm), u16(256), u16(1), u16(0), u16(0))
    for (const extension of [
      fields(0, 98, 98, 0x6610),
      fields(8, 98, 98, 0),
      fields(0, 98, 99, 0),
      fields(0, 99, 98, 0)
    ]) {
      const made = ZipMaker.make([hello, { name: "b" }], { zip64: true, end64: { version: 62, extension } })
      assert.deepInclude(failureOf(locate(made)), { _tag: "Unsupported", feature: "encryption of its directory" })
    }
  })

  it("takes no ZIP64 end record in the data of another", () => {
    const inner = ZipMaker.make([hello], { zip64: true })
    const record = inner.bytes.subarray(inner.directoryEnd, inner.directoryEnd + 56)
    assert.strictEqual(refuses({ zip64: true, end64: { extension: record } }), "has two ZIP64 end records")
    const missing = "has no ZIP64 end record where one is needed"
    const extension = text("more")
    for (const recordSize of [44, 47, 49, 2 ** 53]) {
      assert.strictEqual(refuses({ zip64: true, end64: { extension, recordSize } }), missing)
    }
    assert.strictEqual(refuses({ zip64: true, end64: { extension: new Uint8Array(70_000) } }), missing)
  })

  it("takes no two end records", () => {
    const other = ZipMaker.make([], { comment: text("xx") })
    const twice = "has two end records, one in the comment of the other"
    assert.strictEqual(refuses({ comment: ZipMaker.make([]).bytes }), twice)
    assert.strictEqual(refuses({ comment: concat(text("before"), ZipMaker.make([]).bytes) }), twice)
    assert.strictEqual(refuses({ comment: concat(other.bytes, new Uint8Array(9)) }), twice)
    // One that ends elsewhere would be taken by readers that do not look where it ends.
    assert.strictEqual(refuses({ comment: concat(other.bytes, text("more")) }), twice)
    // Too short for a record, or one by which nobody could read anything: comments like others.
    for (const rest of ["", " is the signature of the end record", " of the end"]) {
      const made = ZipMaker.make([hello], { comment: concat(u32(0x06054b50), text(rest)) })
      assert.deepStrictEqual(namesOf(made), ["a.txt"], rest)
    }
  })

  it("reads an archive within an archive as content", () => {
    const inner = ZipMaker.make([hello])
    assert.deepStrictEqual(namesOf(ZipMaker.make([{ name: "inner.zip", content: inner.bytes }])), ["inner.zip"])
  })

  it("compares the end record with that of ZIP64", () => {
    const end = { disk: 0xffff, directoryDisk: 0xffff, entriesOnDisk: 2, entries: 2 }
    assert.isTrue(Result.isSuccess(locate(ZipMaker.make([hello, { name: "b" }], { zip64: true, end }))))
    for (const wrong of [{ entries: 1 }, { entriesOnDisk: 3 }, { size: 100 }, { offset: 0 }, { disk: 1 }]) {
      assert.strictEqual(refuses({ zip64: true, end: wrong }), "has two end records that disagree")
    }
    const missing = "has no ZIP64 end record where one is needed"
    assert.strictEqual(refuses({ zip64: true, locator: { offset: 0 } }), missing)
    assert.strictEqual(refuses({ zip64: true, locator: { offset: 2 ** 53 } }), missing)
    assert.strictEqual(refuses({ zip64: true, locator: { disk: 1 } }), missing)
    assert.strictEqual(refuses({ zip64: true, end64: { signature: 0 } }), missing)
    assert.strictEqual(refuses({ zip64: true, end64: { recordSize: 45 } }), missing)
    assert.include(refuses({ end: { entries: 0xffff, entriesOnDisk: 0xffff } }), "declares 65535 entries")
    assert.include(refuses({ end: { offset: 0xffff_ffff } }), "an end record at")
    // A locator in an archive that has no room for a record before it.
    assert.strictEqual(
      damagedBy(ZipDirectory.locate(concat(u32(0x07064b50), u32(0), u64(0), u32(1), ZipMaker.make([]).bytes), 42)),
      missing
    )
  })

  it("refuses several disks", () => {
    const wrong: ReadonlyArray<ZipMaker.Options> = [
      { end: { disk: 1, directoryDisk: 1 } },
      { end: { directoryDisk: 1 } },
      { end: { entriesOnDisk: 0 } },
      { zip64: true, end64: { disk: 1 }, end: { disk: 0xffff } },
      { zip64: true, end64: { entriesOnDisk: 0 } },
      { zip64: true, locator: { disks: 2 } }
    ]
    for (const options of wrong) {
      const reason = failureOf(locate(ZipMaker.make([hello], options)))
      assert(reason._tag === "Unsupported", reason._tag)
      assert.strictEqual(reason.feature, "several disks")
    }
  })

  it("refuses counts that the directory cannot hold", () => {
    assert.include(refuses({ end: { entries: 3, entriesOnDisk: 3 } }), "declares 3 entries")
    assert.include(refuses({ zip64: true, end64: { entries: 0, entriesOnDisk: 0 } }), "declares 0 entries")
    const none = ZipMaker.make([hello, { name: "b" }], { end: { entries: 0, entriesOnDisk: 0 } })
    assert.include(damagedBy(read(none.bytes)), "declares 0 entries and has 2")
    assert.include(refuses({ zip64: true, end64: { entries: 2 ** 60, entriesOnDisk: 2 ** 60 } }), "declares 115")
  })
})

describe("ZipDirectory.parse", () => {
  it("reads entries", () => {
    const content = text("hello ".repeat(100))
    const made = ZipMaker.make([
      { name: "dir/" },
      { name: "dir/a.txt", content, method: 8 },
      { name: "é😀.png", content: "stored", descriptor: "signed" }
    ])
    const entries = Result.getOrThrow(read(made.bytes))
    const [, local = 0, third = 0] = made.locals
    const modified = Date.UTC(2026, 0, 2, 12, 34, 56)
    const stored = {
      isDirectory: false,
      method: "stored",
      refused: undefined,
      flags: 0,
      hasDescriptor: false,
      modified
    } as const
    const empty = { compressedSize: 0, size: 0, crc32: 0 }
    assert.deepStrictEqual(
      entries.map(({ rawName: _, ...entry }) => entry),
      [
        { ...stored, ...empty, index: 0, name: "dir/", isDirectory: true, offset: 0, end: local },
        {
          ...stored,
          index: 1,
          name: "dir/a.txt",
          method: "deflate",
          compressedSize: deflateRawSync(content).length,
          size: 600,
          crc32: crc32(content),
          offset: local,
          end: third
        },
        {
          ...stored,
          index: 2,
          name: "é😀.png",
          flags: 0x808,
          hasDescriptor: true,
          compressedSize: 6,
          size: 6,
          crc32: crc32("stored"),
          offset: third,
          end: made.directory
        }
      ]
    )
  })

  it("reads what the emulator makes, also beyond 4 GiB", () => {
    const large = Content.repeat(Content.noise(1), 2 ** 33)
    const zip = Zip.make([
      { name: "large", content: large },
      { name: "small", content: Content.fromBytes(text("small")) }
    ])
    const tail = zip.size - 1000
    const bytes = Content.toBytes(zip, tail)
    // More bytes than one holds in memory: the end is enough.
    const location = Result.getOrThrow(
      ZipDirectory.locate(concat(new Uint8Array(ZipDirectory.tailSize - 1000), bytes), zip.size)
    )
    assert(location._tag === "Location")
    const directory = bytes.subarray(location.offset - tail, location.offset - tail + location.size)
    const entries = Result.getOrThrow(ZipDirectory.parse(directory, location))
    assert.deepStrictEqual(
      entries.map(({ name, offset, size }) => ({ name, offset, size })),
      [
        { name: "large", offset: 0, size: 2 ** 33 },
        { name: "small", offset: 2 ** 33 + 30 + 5 + 20, size: 5 }
      ]
    )
  })

  it("reads ZIP64 fields, which hold just what 32 bits do not", () => {
    assert.strictEqual(first({ ...hello, zip64: true }).size, 5)
    const limit = 0xffff_ffff
    const central = (fields: Partial<ZipMaker.Fields>, ...values: ReadonlyArray<Uint8Array>): ZipMaker.Entry => ({
      ...hello,
      central: { ...fields, extra: ZipMaker.block(1, ...values) }
    })
    const good = [
      central({ size: limit }, u64(5)),
      central({ compressedSize: limit }, u64(5)),
      central({ offset: limit }, u64(0)),
      central({ size: limit, offset: limit }, u64(5), u64(0)),
      central({ disk: 0xffff }, u32(0)),
      central({ compressedSize: limit, disk: 0xffff }, u64(5), u32(0)),
      // Where nothing is asked of it, it says nothing.
      central({}, u64(77)),
      // What is not missing is repeated.
      central({ size: limit }, u64(5), u64(5)),
      central({ size: limit }, u64(5), u64(5), u64(0), u32(0)),
      { ...hello, central: { size: limit, extra: concat(ZipMaker.block(1, u64(5)), ZipMaker.block(1, u64(5))) } }
    ]
    for (const entry of good) {
      const { compressedSize, offset, size } = first(entry)
      assert.deepStrictEqual({ compressedSize, offset, size }, { compressedSize: 5, offset: 0, size: 5 })
    }
    const misfit = "has a ZIP64 field that does not fit its sizes (a.txt)"
    assert.include(refused({ ...hello, central: { size: limit } }), "has two sizes")
    const twice = concat(ZipMaker.block(1, u64(5)), ZipMaker.block(1, u64(6)))
    assert.include(refused({ ...hello, central: { size: limit, extra: twice } }), "two ZIP64 fields that disagree")
    assert.strictEqual(refused(central({ size: limit }, u32(5))), misfit)
    assert.include(refused(central({ size: limit, method: 8 }, u64(2 ** 53))), "has a size that no file has")
    assert.include(
      refused(central({ size: limit, compressedSize: limit }, u64(5), u64(2 ** 63))),
      "overlaps what follows it"
    )
    assert.strictEqual(refused(central({ offset: limit }, u64(2 ** 63))), "overlaps what follows it (a.txt)")
  })

  it("wants all entries, and nothing but entries", () => {
    const made = ZipMaker.make([hello, { name: "b" }])
    const location = Result.getOrThrow(ZipDirectory.locate(made.bytes, made.bytes.length))
    assert(location._tag === "Location")
    const bytes = made.bytes.subarray(made.directory, made.directoryEnd)
    assert.include(damagedBy(ZipDirectory.parse(bytes.subarray(1), location)), "gave 97 bytes")
    assert.include(damagedBy(ZipDirectory.parse(bytes, { ...location, entries: 3 })), "declares 3 entries")
    assert.include(damagedBy(ZipDirectory.parse(bytes, { ...location, entries: 1 })), "declares 1 entries")
    assert.include(refused({ ...hello, central: { signature: 0x02014b51 } }), "has no entry")
    for (const field of ["nameLength", "extraLength", "commentLength"] as const) {
      assert.include(refused({ ...hello, central: { [field]: 0xffff } }), "has no entry 1 of 1")
    }
    assert.include(refused({ ...hello, central: { comment: text("note"), commentLength: 3 } }), "has 1 bytes")
    assert.strictEqual(first({ ...hello, central: { comment: text("note") } }).name, "a.txt")
  })

  it("reads names as what they say they are", () => {
    const raw = Uint8Array.of(0x80, 0x9b, 0xe1, 0xff)
    const name = "Ç¢ß\u00a0"
    assert.strictEqual(first({ name: raw }).name, name)
    const all = Uint8Array.from({ length: 128 }, (_, index) => 128 + index)
    assert.strictEqual(new Set(first({ name: all }).name).size, 128)
    // Without the flag; as Info-ZIP writes it on Unix, and as it would be meant on MS-DOS.
    assert.strictEqual(first({ name: text("é") }).name, "é")
    assert.strictEqual(first({ name: text("é"), central: { madeBy: 20 } }).name, "é")
    // Shift-JIS and GBK.
    for (const bytes of [
      [0x93, 0xfa, 0x96, 0x7b],
      [0xc4, 0xe3, 0xba, 0xc3]
    ]) {
      assert.lengthOf(first({ name: Uint8Array.from(bytes) }).name, 4)
    }
    assert.strictEqual(first({ name: "é" }).name, "é")
    assert.strictEqual(first({ name: "\ufeffx" }).name, "\ufeffx")
    for (const bytes of [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      assert.match(first({ name: Uint8Array.from([0x61, ...bytes]), flags: 0x0800 }).name, /^a\ufffd+$/)
    }
    const path = (other: string | Uint8Array, sum?: number) => ZipMaker.unicodePath(raw, other, sum)
    assert.strictEqual(first({ name: raw, extra: path("ü/ß.png") }).name, "ü/ß.png")
    assert.strictEqual(first({ name: raw, extra: path("ü", 1) }).name, name)
    assert.strictEqual(first({ name: raw, extra: ZipMaker.block(0x7075) }).name, name)
    assert.strictEqual(first({ name: raw, extra: ZipMaker.block(0x7075, Uint8Array.of(2), u64(0)) }).name, name)
    assert.strictEqual(first({ name: raw, extra: path(Uint8Array.of(0x80)) }).name, name)
    assert.strictEqual(first({ name: raw, extra: concat(path("ü", 1), path("ö")) }).name, "ö")
    assert.strictEqual(first({ name: raw, extra: concat(path("ö"), path("ö")) }).name, "ö")
    assert.include(refused({ name: raw, extra: concat(path("ü"), path("ö")) }), "has two names")
    assert.include(refused({ name: "é", extra: ZipMaker.unicodePath(text("é"), "ü") }), "has two names")
    assert.strictEqual(first({ name: "é", extra: ZipMaker.unicodePath(text("é"), "é") }).name, "é")
    assert.strictEqual(first({ name: raw, extra: path("") }).name, name)
    assert.strictEqual(first({ name: "" }).name, "")
    assert.strictEqual(refused({ name: "a\0.png" }), "holds a NUL (a\0.png)")
    assert.include(refused({ name: raw, extra: path("a\0") }), "holds a NUL")
  })

  it("reads extra fields that it knows and skips others", () => {
    const known = ZipMaker.timestamp(1_700_000_000)
    const unknown = ZipMaker.block(0xcafe, text("anything"))
    assert.strictEqual(first({ ...hello, extra: concat(unknown, known, unknown) }).modified, 1_700_000_000_000)
    assert.strictEqual(first({ ...hello, extra: ZipMaker.timestamp(-1) }).modified, -1000)
    const date = Date.UTC(2026, 0, 2, 12, 34, 56)
    assert.strictEqual(first({ ...hello, extra: ZipMaker.block(0x5455, Uint8Array.of(0), u32(1)) }).modified, date)
    assert.strictEqual(first({ ...hello, extra: ZipMaker.block(0x5455) }).modified, date)
    // Padding, as some tools leave it.
    assert.strictEqual(first({ ...hello, extra: concat(known, new Uint8Array(3)) }).modified, 1_700_000_000_000)
    // Cut, odd, or twice.
    assert.strictEqual(first({ ...hello, extra: concat(u16(0xcafe), u16(1)) }).modified, date)
    for (const rest of [concat(u16(1), u16(9), u64(1)), known, ZipMaker.timestamp(1), u16(0xcafe)]) {
      assert.strictEqual(first({ ...hello, extra: concat(known, rest) }).modified, 1_700_000_000_000)
    }
  })

  it("reads times of MS-DOS, where they are any", () => {
    const at = (date: number, time: number) => first({ ...hello, central: { date, time } }).modified
    const day = (month: number, day: number) => (46 << 9) | (month << 5) | day
    assert.strictEqual(at((1 << 5) | 1, 0), Date.UTC(1980, 0, 1))
    assert.strictEqual(at(day(12, 31), (23 << 11) | (59 << 5) | 29), Date.UTC(2026, 11, 31, 23, 59, 58))
    for (const [date, time] of [
      [0, 0],
      [day(0, 1), 0],
      [day(13, 1), 0],
      [day(1, 0), 0],
      [day(1, 1), 24 << 11],
      [day(1, 1), 60 << 5],
      [day(1, 1), 30]
    ] as const) {
      assert.isUndefined(at(date, time), `${date} ${time}`)
    }
  })

  it.each([
    ["encryption", { ...hello, flags: 1 }],
    ["encryption", { ...hello, flags: 0x41 }],
    ["encryption", { ...hello, flags: 0x2000 }],
    ["encryption", { ...hello, flags: 1, method: 99 }],
    ["patches", { ...hello, flags: 0x20 }],
    ["the method deflate64", { ...hello, method: 9 }],
    ["the method bzip2", { ...hello, method: 12 }],
    ["the method LZMA", { ...hello, method: 14 }],
    ["the method zstd", { ...hello, method: 93 }],
    ["the method 77", { ...hello, method: 77 }],
    ["a symbolic link", { ...hello, mode: 0o120777 }],
    ["a symbolic link", { ...hello, mode: 0o120777, central: { madeBy: 19 << 8 } }],
    ["encryption", { ...hello, flags: 1, central: { size: 4, crc32: 0 } }]
  ] satisfies ReadonlyArray<[string, ZipMaker.Entry]>)("tells of an entry that its content needs %s", (why, entry) => {
    const made = ZipMaker.make([entry, { name: "b" }])
    assert.deepStrictEqual(
      Result.getOrThrow(read(made.bytes)).map(({ name, refused }) => [
        name,
        refused?._tag === "Unsupported" ? refused.feature : refused
      ]),
      [
        ["a.txt", why],
        ["b", undefined]
      ]
    )
  })

  it.each([
    ["is a directory by its mode and a file by its name (a.txt)", { ...hello, mode: 0o040755 }],
    ["is stored and has two sizes (a.txt)", { ...hello, central: { size: 4 } }],
    ["is empty and has a checksum (a.txt)", { name: "a.txt", central: { crc32: 1 } }]
  ] satisfies ReadonlyArray<[string, ZipMaker.Entry]>)("refuses %s, and no other entry", (why, entry) => {
    assert.strictEqual(refused(entry), why)
    const [, other] = Result.getOrThrow(read(ZipMaker.make([entry, { name: "b" }]).bytes))
    assert.deepStrictEqual([other?.name, other?.refused], ["b", undefined])
  })

  it("takes what is odd and harmless", () => {
    // A mode of another system, a mode without a type, a directory with the mode of a file, deflated nothing.
    assert.strictEqual(first({ ...hello, mode: 0o120777, central: { madeBy: 20 } }).name, "a.txt")
    assert.strictEqual(first({ ...hello, mode: 0o644 }).name, "a.txt")
    assert.isTrue(first({ name: "a/", mode: 0o100644 }).isDirectory)
    assert.isTrue(first({ name: "a/", method: 8 }).isDirectory)
    for (const type of [0, 1, 2, 6, 12, 15]) {
      assert.isUndefined(first({ ...hello, mode: (type << 12) | 0o644 }).refused, `${type}`)
    }
    for (const entry of [
      { name: "a/", content: "x" },
      { name: "a/", central: { size: 4096 } }
    ]) {
      assert.deepInclude(first(entry), { isDirectory: true, refused: undefined })
    }
    // The end record knows of one disk.
    assert.isUndefined(first({ ...hello, central: { version: 999, disk: 3 } }).refused)
    assert.deepStrictEqual(namesOf(ZipMaker.make([hello, { name: "b", gap: new Uint8Array(99) }])), ["a.txt", "b"])
  })

  it("takes names twice, and no byte twice", () => {
    const refusedBy = (entries: ReadonlyArray<ZipMaker.Entry>) => damagedBy(read(ZipMaker.make(entries).bytes))
    assert.deepStrictEqual(namesOf(ZipMaker.make([hello, { name: "b" }, hello])), ["a.txt", "b", "a.txt"])
    assert.deepStrictEqual(namesOf(ZipMaker.make([{ name: "é" }, { name: Uint8Array.of(0x82) }])), ["é", "é"])
    assert.deepStrictEqual(namesOf(ZipMaker.make([{ name: "é" }, { name: "e\u0301" }])), ["é", "e\u0301"])

    const overlap = "overlaps what follows it"
    assert.strictEqual(refusedBy([hello, { name: "b", central: { offset: 0 } }]), overlap)
    assert.strictEqual(refusedBy([hello, { name: "b", central: { offset: 39 } }]), overlap)
    assert.strictEqual(refusedBy([{ ...hello, central: { size: 6, compressedSize: 6 } }, { name: "b" }]), overlap)
    assert.strictEqual(refusedBy([hello, { name: "b", central: { size: 1, compressedSize: 1 } }]), overlap)
    assert.strictEqual(refusedBy([hello, { ...hello, central: { offset: 0 } }]), overlap)
    assert.strictEqual(refusedBy([hello, { name: "b", central: { offset: 0x7fff_ffff } }]), overlap)
  })

  it("takes entries in another order than their bytes have", () => {
    const made = ZipMaker.make([hello, { name: "b" }])
    const [a = 0, b = 0] = made.centrals
    const swapped = concat(
      made.bytes.subarray(0, made.directory),
      made.bytes.subarray(b, made.directoryEnd),
      made.bytes.subarray(a, b),
      made.bytes.subarray(made.directoryEnd)
    )
    const entries = Result.getOrThrow(read(swapped))
    assert.deepStrictEqual(
      entries.map(({ end, index, name, offset }) => ({ end, index, name, offset })),
      [
        { end: made.directory, index: 0, name: "b", offset: 40 },
        { end: 40, index: 1, name: "a.txt", offset: 0 }
      ]
    )
  })

  it("reads 65,536 entries and more", () => {
    const entries = Array.from({ length: 65_537 }, (_, index) => ({ name: `${index}` }))
    assert.strictEqual(namesOf(ZipMaker.make(entries, { zip64: true })).length, 65_537)
    // So many fit without ZIP64, though the count looks as if it were elsewhere; and more, where it is taken modulo.
    assert.strictEqual(namesOf(ZipMaker.make(entries.slice(0, 65_535))).length, 65_535)
    assert.strictEqual(namesOf(ZipMaker.make(entries)).length, 65_537)
    const end = { entries: 1, entriesOnDisk: 1 }
    assert.strictEqual(namesOf(ZipMaker.make(entries, { zip64: true, end })).length, 65_537)
    const wrong = ZipMaker.make(entries, { end: { entries: 2, entriesOnDisk: 2 } })
    assert.include(damagedBy(read(wrong.bytes)), "declares 2 entries and has 65537")
  })
})
