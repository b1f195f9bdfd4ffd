import { assert, describe, it } from "@effect/vitest"
import { FileNameTemplate } from "@scenario-assets/core"
import * as Effect from "effect/Effect"
import * as EffectZip from "effect/encoding/Zip"
import * as Stream from "effect/Stream"
import * as Archive from "../../src/testing/internal/Archive.ts"
import * as Catalogue from "../../src/testing/internal/Catalogue.ts"
import * as Content from "../../src/testing/internal/Content.ts"
import * as FileNames from "../../src/testing/internal/FileNames.ts"
import * as Zip from "../../src/testing/internal/Zip.ts"
import { crc32 } from "../../src/transfer/internal/Crc32.ts"

const template = FileNameTemplate.FileNameTemplate.make("<generator>-<prompt>-<num>-<seed>")

/** What a forward reader finds: every size and every sum is checked by it. */
const readForward = (content: Content.Content) =>
  Stream.fromIterable(Content.chunks(content)).pipe(
    Stream.pipeThroughChannel(EffectZip.decode()),
    Stream.mapEffect((entry) =>
      Effect.map(
        Stream.runFold(
          entry.body,
          () => 0,
          (size, chunk) => size + chunk.length
        ),
        (size) => ({
          name: entry.header.path,
          size
        })
      )
    ),
    Stream.runCollect
  )

const readAt = (content: Content.Content, from: number, size: number): DataView<ArrayBuffer> => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of content.read(from, from + size)) {
    bytes.set(piece, at)
    at += piece.length
  }
  assert.strictEqual(at, size)
  return new DataView(bytes.buffer)
}

const decoder = new TextDecoder()

const u64 = (view: DataView, at: number) => Number(view.getBigUint64(at, true))

/** As `assert.strictEqual`, which is slow where it has nothing to say. */
const same = (actual: unknown, expected: unknown): void => {
  if (actual !== expected) assert.strictEqual(actual, expected)
}

/** What a reader of the directory finds, local headers compared: all of them, or some of very many. */
const readDirectory = (content: Content.Content) => {
  const end = readAt(content, content.size - 22, 22)
  same(end.getUint32(0, true), 0x06054b50)
  let [count, size, offset] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)]
  const zip64 = count === 0xffff || offset === 0xffffffff
  if (zip64) {
    const locator = readAt(content, content.size - 42, 20)
    same(locator.getUint32(0, true), 0x07064b50)
    const record = readAt(content, u64(locator, 8), 56)
    same(record.getUint32(0, true), 0x06064b50)
    same(u64(locator, 8), content.size - 42 - 56)
    count = u64(record, 32)
    size = u64(record, 40)
    offset = u64(record, 48)
  }
  same(offset + size, content.size - 22 - (zip64 ? 76 : 0))

  const directory = readAt(content, offset, size)
  let at = 0
  let next = 0
  const entries = Array.from({ length: count }, (_, index) => {
    same(directory.getUint32(at, true), 0x02014b50)
    const nameLength = directory.getUint16(at + 28, true)
    const extra = at + 46 + nameLength
    const large = directory.getUint16(at + 30, true) === 28
    const entry = {
      name: decoder.decode(directory.buffer.slice(at + 46, extra)),
      crc32: directory.getUint32(at + 16, true),
      size: large ? u64(directory, extra + 4) : directory.getUint32(at + 24, true),
      offset: large ? u64(directory, extra + 20) : directory.getUint32(at + 42, true)
    }
    at = extra + (large ? 28 : 0)

    const localSize = 30 + nameLength + (large ? 20 : 0)
    same(entry.offset, next)
    next = entry.offset + localSize + entry.size
    if (count > 1000 && index % 97 !== 0) return entry
    const local = readAt(content, entry.offset, localSize)
    same(local.getUint32(0, true), 0x04034b50)
    same(local.getUint32(14, true), entry.crc32)
    same(large ? u64(local, 30 + nameLength + 4) : local.getUint32(22, true), entry.size)
    same(decoder.decode(local.buffer.slice(30, 30 + nameLength)), entry.name)
    return entry
  })
  same(next, offset)
  same(at, size)
  return { entries, zip64 }
}

describe("Zip", () => {
  it.effect("can be read forward and from its directory", () =>
    Effect.gen(function* () {
      const entries = [
        { name: "empty.txt", content: Content.empty },
        { name: "a/ü 🐉.txt", content: Content.fromText("hello") },
        { name: "a/noise.bin", content: Content.repeat(Content.noise(1), 600_000) }
      ]
      const zip = Zip.make(entries)
      const expected = entries.map(({ content, name }) => ({ name, size: content.size }))
      assert.deepStrictEqual(yield* readForward(zip), expected)
      assert.deepStrictEqual(
        readDirectory(zip).entries.map(({ name, size }) => ({ name, size })),
        expected
      )
    })
  )

  it("may be empty", () => {
    assert.strictEqual(Zip.make([]).size, 22)
    assert.deepStrictEqual(readDirectory(Zip.make([])), { entries: [], zip64: false })
  })

  it("has more than 65,535 entries with ZIP64", () => {
    const content = Content.fromText("x")
    const zip = Zip.make(Array.from({ length: 70_000 }, (_, index) => ({ name: `${index}`, content })))
    const { entries, zip64 } = readDirectory(zip)
    assert.isTrue(zip64)
    assert.strictEqual(entries.length, 70_000)
  })
})

describe("Archive.ofSize", () => {
  it.effect.each([
    { size: 100_000, entries: 1 },
    { size: 100_000, entries: 7 },
    { size: 3_000_000, entries: 3 },
    { size: 64_000, entries: 100 },
    { size: 22, entries: 0 }
  ])("has exactly $size bytes in $entries files", ({ entries, size }) =>
    Effect.gen(function* () {
      const zip = Archive.ofSize({ size, entries }, { fileNameTemplate: template })
      assert.strictEqual(zip.size, size)
      assert.strictEqual((yield* readForward(zip)).length, entries)
      assert.strictEqual(Content.toBytes(zip).length, size)
      assert.strictEqual(crc32.update(0, Content.toBytes(zip)), zip.crc32)
      readDirectory(zip)
    })
  )

  it("has 8 GiB, with ZIP64, and no byte of it in memory", () => {
    for (const entries of [1, 3, 1000]) {
      const zip = Archive.ofSize({ size: 8 * 2 ** 30, entries }, { fileNameTemplate: template })
      assert.strictEqual(zip.size, 8 * 2 ** 30)
      const directory = readDirectory(zip)
      assert.isTrue(directory.zip64)
      assert.strictEqual(directory.entries.length, entries)
    }
  })

  it("has exactly the size on both sides of the limit of ZIP64", () => {
    for (const size of [Zip.sizeOfZip64 - 1, Zip.sizeOfZip64, Zip.sizeOfZip64 + 1, Zip.sizeOfZip64 + 100]) {
      const zip = Archive.ofSize({ size, entries: 3 }, { fileNameTemplate: template })
      assert.strictEqual(zip.size, size)
      assert.strictEqual(readDirectory(zip).zip64, size >= Zip.sizeOfZip64)
    }
  })

  it("has copies of the same length and other bytes", () => {
    const [a, b] = [0, 1].map((copy) => Archive.ofSize({ size: 50_000 }, { fileNameTemplate: template }, copy))
    assert.strictEqual(a?.size, b?.size)
    assert.notStrictEqual(a?.crc32, b?.crc32)
  })
})

describe("Archive.ofAssets", () => {
  it.effect("holds every asset, in the directory of its inference", () =>
    Effect.gen(function* () {
      const { assets } = Catalogue.make()
      const zip = Archive.ofAssets(assets, { fileNameTemplate: template })
      const files = yield* readForward(zip)
      assert.strictEqual(files.length, assets.length)
      files.forEach(({ name }, index) => {
        assert.isTrue(name.startsWith(`${assets[index]?.inferenceId}/`), name)
        assert.isTrue(/\.(?:png|obj|mp4|wav)$/.test(name), name)
      })
      readDirectory(zip)

      const other = Archive.ofAssets(assets, { fileNameTemplate: template }, 1)
      assert.strictEqual(other.size, zip.size)
      assert.notStrictEqual(other.crc32, zip.crc32)
    })
  )
})

describe("FileNames", () => {
  const file = { inferenceId: "inf_1", seed: 7, num: 0, prompt: "a cat", generator: "g", extension: "png" }
  const names = (fileNameTemplate: string, flat: boolean, ...files: ReadonlyArray<Partial<typeof file>>) =>
    FileNames.make(
      files.map((more) => ({ ...file, ...more })),
      { fileNameTemplate: FileNameTemplate.FileNameTemplate.make(fileNameTemplate), flat }
    )

  it("fill in the template, and group by inference unless flat", () => {
    assert.deepStrictEqual(names("<generator>-<prompt>-<num>-<seed>", false, {}), ["inf_1/g-a cat-0-7.png"])
    assert.deepStrictEqual(names("<seed>/<seed> <other>", true, {}), ["7_7 _other_.png"])
    assert.deepStrictEqual(names("<prompt>", true, { prompt: "<seed>" }), ["_seed_.png"])
  })

  it("are told apart, also where only the case differs", () => {
    assert.deepStrictEqual(names("<prompt>", true, {}, { prompt: "A CAT" }, {}, { prompt: "a cat (2)" }), [
      "a cat.png",
      "A CAT (2).png",
      "a cat (3).png",
      "a cat (2) (2).png"
    ])
    assert.deepStrictEqual(names("<prompt>", false, {}, { inferenceId: "inf_2" }), [
      "inf_1/a cat.png",
      "inf_2/a cat.png"
    ])
  })

  it("are safe whatever the prompt is", () => {
    const one = (prompt: string) => names("<prompt>", true, { prompt })[0]
    assert.strictEqual(one("../../etc/passwd"), "_.._etc_passwd.png")
    assert.strictEqual(one('..\\x:*?"<>|'), "_x_______.png")
    assert.strictEqual(one("a\u0000b\u202Ec\nd"), "a_bc_d.png")
    assert.strictEqual(one("  ... dots ...  "), "dots.png")
    assert.strictEqual(one("..."), "_.png")
    assert.strictEqual(one("CON"), "_CON.png")
    assert.strictEqual(one("e\u0301"), "\u00e9.png")
    assert.isTrue(new TextEncoder().encode(one("竜".repeat(400)) ?? "").length <= 104)
    assert.isTrue(new TextEncoder().encode(names(`${"x".repeat(500)}<seed>`, true, {})[0] ?? "").length <= 204)
  })
})
