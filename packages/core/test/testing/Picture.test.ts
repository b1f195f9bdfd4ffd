import { assert, describe, it } from "@effect/vitest"
import { Content, Picture, PictureFormat } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Png from "../../src/testing/internal/Png.ts"
import { crc32 } from "../../src/transfer/internal/Crc32.ts"

const picture = Picture.fromSeed(42)
const side = 256

const ascii = (bytes: Uint8Array) => String.fromCharCode(...bytes)

/** The chunks of a PNG, with their sums checked. */
const chunksOf = (bytes: Uint8Array) => {
  assert.deepStrictEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const chunks: Array<{ readonly type: string; readonly data: Uint8Array<ArrayBuffer> }> = []
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at)
    const body = bytes.subarray(at + 4, at + 8 + length)
    assert.strictEqual(view.getUint32(at + 8 + length), crc32.update(0, body))
    chunks.push({ type: ascii(body.subarray(0, 4)), data: body.slice(4) })
    at += 12 + length
  }
  return chunks
}

const dataOf = (bytes: Uint8Array, type: string): Uint8Array<ArrayBuffer> => {
  const found = chunksOf(bytes).find((chunk) => chunk.type === type)
  assert.isDefined(found)
  return found.data
}

/** Also checks the Adler-32 sum. */
const inflate = (data: Uint8Array<ArrayBuffer>) =>
  Effect.promise(
    async () =>
      new Uint8Array(
        await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer()
      )
  )

/** The palette index of each pixel. */
const pixelsOf = Effect.fnUntraced(function* (bytes: Uint8Array) {
  const header = new DataView(dataOf(bytes, "IHDR").buffer)
  const [width, height] = [header.getUint32(0), header.getUint32(4)]
  assert.deepStrictEqual([header.getUint8(8), header.getUint8(9)], [4, 3])
  const lines = yield* inflate(dataOf(bytes, "IDAT"))
  assert.strictEqual(lines.length, height * (1 + width / 2))
  const pixels: Array<number> = []
  for (let row = 0; row < height; row++) {
    const line = lines.subarray(row * (1 + width / 2), (row + 1) * (1 + width / 2))
    assert.strictEqual(line[0], 0)
    for (const pair of line.subarray(1)) pixels.push(pair >> 4, pair & 15)
  }
  return { width, pixels }
})

const expectedPixels = (scale: number) =>
  Array.from({ length: (32 * scale) ** 2 }, (_, pixel) => {
    const [x, y] = [pixel % (32 * scale), Math.floor(pixel / (32 * scale))]
    return picture.tiles[Math.floor(y / scale) * 32 + Math.floor(x / scale)] ?? -1
  })

describe("Picture", () => {
  it("is the same for the same seed, another for another, and symmetric", () => {
    assert.deepStrictEqual(Picture.fromSeed(42), picture)
    assert.notDeepEqual(Picture.fromSeed(43).tiles, picture.tiles)
    const tile = (x: number, y: number) => picture.tiles[y * 32 + x]
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        assert.strictEqual(tile(x, y), tile(31 - x, y))
        assert.strictEqual(tile(x, y), tile(y, x))
      }
    }
    assert.isTrue(new Set(picture.tiles).size > 8)
  })

  it.effect.each([1, 2, 4, 8])("is a PNG with the right pixels at scale %d", (scale) =>
    Effect.gen(function* () {
      const { pixels, width } = yield* pixelsOf(Png.encode(picture, scale, "note"))
      assert.strictEqual(width, 32 * scale)
      assert.deepStrictEqual(pixels, expectedPixels(scale))
    })
  )

  it.effect("can be filled up to any size and still be a PNG", () =>
    Effect.gen(function* () {
      const noise = Content.noise(0)
      const smallest = Png.encode(picture, 1, "note").length
      assert.isUndefined(Png.padded(picture, "note", noise, smallest - 1))
      assert.isUndefined(Png.padded(picture, "note", noise, smallest + 11))
      for (const size of [smallest, smallest + 12, 9000, 100_000, 1_000_000]) {
        const content = Png.padded(picture, "note", noise, size)
        assert.isDefined(content)
        assert.strictEqual(content.size, size)
        const bytes = Content.toBytes(content)
        assert.strictEqual(crc32.update(0, bytes), content.crc32)
        assert.strictEqual(chunksOf(bytes).at(-1)?.type, "IEND")
        yield* pixelsOf(bytes)
      }
      assert.strictEqual(Png.padded(picture, "note", noise, 5 * 2 ** 30)?.size, 5 * 2 ** 30)
    })
  )

  it("is a GIF that a decoder follows code by code", () => {
    const bytes = PictureFormat.encode(picture, "gif", "note")
    assert.strictEqual(ascii(bytes.subarray(0, 6)), "GIF89a")
    const colours = bytes.subarray(13, 13 + 48)
    assert.deepStrictEqual([...colours], picture.palette.flat())

    let at = 13 + 48
    assert.deepStrictEqual([...bytes.subarray(at, at + 2)], [0x21, 0xfe])
    at += 2 + 1 + "note".length + 1
    assert.strictEqual(bytes[at], 0x2c)
    assert.strictEqual(bytes[at + 10], 4)
    at += 11
    const data: Array<number> = []
    for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
      data.push(...bytes.subarray(at + 1, at + 1 + length))
      at += 1 + length
    }
    assert.strictEqual(bytes[at + 1], 0x3b)
    assert.strictEqual(at + 2, bytes.length)
    assert.deepStrictEqual(lzw(data), expectedPixels(8))
  })

  it("is a JPEG of flat blocks with the right colours", () => {
    const blocks = jpegBlocks(PictureFormat.encode(picture, "jpeg", "note"))
    blocks.forEach((block, index) => {
      const wanted = picture.palette[picture.tiles[index] ?? 0] ?? []
      block.forEach((value, channel) => assert.closeTo(value, wanted[channel] ?? 0, 2, `${index}`))
    })
    assert.deepStrictEqual(PictureFormat.encode(picture, "jpg", "note"), PictureFormat.encode(picture, "jpeg", "note"))
  })

  it("is an SVG whose rectangles cover every tile once", () => {
    const svg = new TextDecoder().decode(PictureFormat.encode(picture, "svg", "note"))
    assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="256" height="256" viewBox="0 0 32 32"/)
    const covered = Array.from<string | undefined>({ length: 32 * 32 })
    for (const [, x, y, width, fill] of svg.matchAll(
      /<rect x="(\d+)" y="(\d+)" width="(\d+)" height="1" fill="(#.{6})"/g
    )) {
      for (let i = 0; i < Number(width); i++) covered[Number(y) * 32 + Number(x) + i] = fill
    }
    const hex = picture.palette.map((rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`)
    assert.deepStrictEqual(
      covered,
      [...picture.tiles].map((tile) => hex[tile])
    )
  })

  it("is an OBJ whose faces have corners", () => {
    const lines = new TextDecoder().decode(PictureFormat.encode(picture, "obj", "note")).split("\n")
    const vertices = lines.filter((line) => /^v( -?[\d.]+){3}$/.test(line)).length
    const faces = lines.filter((line) => line.startsWith("f "))
    assert.strictEqual(vertices, 16 * 16 * 8)
    assert.strictEqual(faces.length, 16 * 16 * 6)
    assert.isTrue(
      faces.every((face) =>
        face
          .slice(2)
          .split(" ")
          .every((corner) => Number(corner) >= 1 && Number(corner) <= vertices)
      )
    )
  })

  it("keeps its length when the note keeps its own", () => {
    for (const format of PictureFormat.PictureFormat.literals) {
      const [a, b] = [PictureFormat.encode(picture, format, "copy 1"), PictureFormat.encode(picture, format, "copy 2")]
      assert.strictEqual(a.length, b.length)
      assert.notDeepEqual(a, b)
    }
  })
})

/** The LZW of GIF with 16 colours, as a decoder does it: the code width grows when the table does. */
const lzw = (data: ReadonlyArray<number>): ReadonlyArray<number> => {
  const pixels: Array<number> = []
  let table: Array<ReadonlyArray<number>> = []
  let previous: ReadonlyArray<number> | undefined
  let width = 5
  for (let bit = 0; ;) {
    let code = 0
    for (let i = 0; i < width; i++) code |= (((data[(bit + i) >> 3] ?? 0) >> ((bit + i) & 7)) & 1) << i
    bit += width
    if (code === 17) return pixels
    if (code === 16) {
      table = Array.from({ length: 18 }, (_, index) => [index])
      previous = undefined
      width = 5
      continue
    }
    const entry = table[code] ?? [...(previous ?? []), previous?.[0] ?? 0]
    pixels.push(...entry)
    if (previous !== undefined) table.push([...previous, entry[0] ?? 0])
    if (table.length === 1 << width && width < 12) width++
    previous = entry
  }
}

/** The colour of each block of a baseline JPEG without sub-sampling, read with the tables it brings. */
const jpegBlocks = (bytes: Uint8Array): ReadonlyArray<ReadonlyArray<number>> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const tables = new Map<number, ReadonlyMap<string, number>>()
  let quantum = 0
  let at = 2
  for (; view.getUint16(at) !== 0xffda; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at)
    if (marker === 0xffdb) quantum = view.getUint8(at + 5)
    if (marker === 0xffc0) assert.deepStrictEqual([view.getUint16(at + 5), view.getUint16(at + 7)], [side, side])
    if (marker === 0xffc4)
      tables.set(view.getUint8(at + 4), huffman(bytes.subarray(at + 5, at + 2 + view.getUint16(at + 2))))
  }
  let bits = ""
  for (let i = at + 2 + view.getUint16(at + 2); i < bytes.length - 2; i++) {
    bits += view.getUint8(i).toString(2).padStart(8, "0")
    if (view.getUint8(i) === 0xff) assert.strictEqual(view.getUint8(++i), 0)
  }
  assert.strictEqual(view.getUint16(bytes.length - 2), 0xffd9)

  let bit = 0
  const symbol = (table: number): number => {
    for (let length = 1; length <= 16; length++) {
      const value = tables.get(table)?.get(bits.slice(bit, bit + length))
      if (value === undefined) continue
      bit += length
      return value
    }
    throw new Error("no such code")
  }
  const before = [0, 0, 0]
  return Array.from({ length: 32 * 32 }, () => {
    const [y, cb, cr] = before.map((_, component) => {
      const size = symbol(0x00)
      const raw = size === 0 ? 0 : Number.parseInt(bits.slice(bit, bit + size), 2)
      bit += size
      before[component] = (before[component] ?? 0) + (size > 0 && raw < 2 ** (size - 1) ? raw - 2 ** size + 1 : raw)
      assert.strictEqual(symbol(0x10), 0)
      return ((before[component] ?? 0) * quantum) / 8
    })
    return [
      (y ?? 0) + 128 + 1.402 * (cr ?? 0),
      (y ?? 0) + 128 - 0.344136 * (cb ?? 0) - 0.714136 * (cr ?? 0),
      (y ?? 0) + 128 + 1.772 * (cb ?? 0)
    ]
  })
}

const huffman = (segment: Uint8Array): ReadonlyMap<string, number> => {
  const codes = new Map<string, number>()
  let code = 0
  let at = 16
  segment.subarray(0, 16).forEach((count, index) => {
    for (let i = 0; i < count; i++) codes.set((code++).toString(2).padStart(index + 1, "0"), segment[at++] ?? 0)
    code <<= 1
  })
  return codes
}
