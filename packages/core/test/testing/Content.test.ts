import { assert, describe, it } from "@effect/vitest"
import * as Content from "../../src/testing/internal/Content.ts"
import { crc32 } from "../../src/transfer/internal/Crc32.ts"
import { crc64nvme } from "../../src/transfer/internal/Crc64Nvme.ts"

const join = (pieces: Iterable<Uint8Array>): Uint8Array =>
  new Uint8Array(Array.from(pieces, (piece) => [...piece]).flat())

/** A few kilobytes of every kind of content, empty parts too. */
const mixed = Content.concat([
  Content.empty,
  Content.fromText("head"),
  Content.repeat(Content.noise(1).subarray(0, 100), 1234),
  Content.empty,
  Content.lazy(() => new Uint8Array(50).fill(7)),
  Content.concat([Content.fromText("x"), Content.repeat(Uint8Array.of(1, 2), 3)]),
  Content.empty
])

describe("Content", () => {
  it("reads any range as the whole has it", () => {
    const whole = Content.toBytes(mixed)
    assert.strictEqual(whole.length, 4 + 1234 + 50 + 1 + 3)
    for (let from = 0; from <= whole.length; from += 37) {
      for (const to of [from, from + 1, from + 99, whole.length]) {
        const end = Math.min(to, whole.length)
        assert.deepStrictEqual(join(mixed.read(from, end)), whole.slice(from, end), `${from}-${end}`)
        assert.deepStrictEqual(join(Content.chunks(mixed, from, end)), whole.slice(from, end), `${from}-${end}`)
      }
    }
  })

  it("knows its sum without reading", () => {
    assert.strictEqual(mixed.crc32, crc32.update(0, Content.toBytes(mixed)))
  })

  it("knows any CRC by those of its parts", () => {
    const of = (content: Content.Content): bigint => content.sum(crc64nvme, of)
    assert.strictEqual(of(mixed), crc64nvme.update(crc64nvme.zero, Content.toBytes(mixed)))
    assert.strictEqual(of(Content.corrupt(mixed, 7)), of(Content.fromBytes(Content.toBytes(Content.corrupt(mixed, 7)))))
  })

  it("is corrupt in one bit of one byte", () => {
    const whole = Content.toBytes(mixed)
    for (const at of [0, 3, 4, 103, 104, 1237, 1238, whole.length - 1]) {
      const corrupt = Content.corrupt(mixed, at)
      const expected = whole.with(at, (whole[at] ?? 0) ^ 1)
      assert.deepStrictEqual(Content.toBytes(corrupt), expected)
      assert.deepStrictEqual(Content.toBytes(corrupt, at, at + 1), expected.slice(at, at + 1))
      assert.strictEqual(corrupt.crc32, crc32.update(0, expected))
    }
    assert.deepStrictEqual(Content.toBytes(mixed), whole)
  })

  it("sends chunks of 256 KiB at most, without a copy of large pieces and without sharing small ones", () => {
    const block = Content.noise(2)
    const small = Array.from({ length: 3000 }, (_, index) => Content.fromBytes(block.subarray(index, index + 200)))
    const content = Content.concat([...small, Content.repeat(block, 3 * block.length), ...small])
    const chunks = [...Content.chunks(content)]
    assert.isTrue(chunks.every((chunk) => chunk.length <= Content.chunkSize))
    assert.strictEqual(chunks.filter(({ buffer }) => buffer === block.buffer).length, 3)
    assert.strictEqual(chunks.length, 3 + 3 + 3)
    assert.strictEqual(
      chunks.reduce((crc, chunk) => crc32.update(crc, chunk), 0),
      content.crc32
    )

    assert.deepStrictEqual(
      Array.from(Content.chunks(Content.fromBytes(block), 0, 25, { size: 10 }), ({ length }) => length),
      [10, 10, 5]
    )

    let crc = 0
    for (const chunk of Content.chunks(content, 0, content.size, { reuse: true })) crc = crc32.update(crc, chunk)
    assert.strictEqual(crc, content.crc32)
  })

  it("makes noise that is the same every time", () => {
    assert.deepStrictEqual(Content.noise(3), Content.noise(3))
    assert.notDeepEqual(Content.noise(3), Content.noise(4))
  })
})
