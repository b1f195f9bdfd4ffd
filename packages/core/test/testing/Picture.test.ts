import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AssetFile from "../../src/testing/internal/AssetFile.ts"
import * as Content from "../../src/testing/internal/Content.ts"
import * as Obj from "../../src/testing/internal/Obj.ts"
import * as Picture from "../../src/testing/internal/Picture.ts"
import * as Png from "../../src/testing/internal/Png.ts"
import { crc32 } from "../../src/transfer/internal/Crc32.ts"

const picture = Picture.fromSeed(42)

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

  it("is an OBJ whose faces have corners", () => {
    const lines = new TextDecoder().decode(Obj.encode(picture, "note")).split("\n")
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

  it("has the size of all files of its kind", () => {
    for (const kind of ["image", "3d", "video", "audio"] as const)
      for (const seed of [0, 1, 42, 4_294_967_295])
        assert.strictEqual(AssetFile.content({ kind, seed }).size, AssetFile.sizeOf({ kind }), `${kind} ${seed}`)
  })

  it("keeps its length from copy to copy", () => {
    for (const kind of ["image", "3d"] as const) {
      const [a, b] = [0, 1].map((copy) => Content.toBytes(AssetFile.content({ kind, seed: 42 }, copy)))
      assert.strictEqual(a?.length, b?.length)
      assert.notDeepEqual(a, b)
    }
  })
})
