import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Content from "../../src/testing/internal/Content.ts"
import { type Crc, repeat } from "../../src/transfer/internal/Crc.ts"
import { crc32, crc32c } from "../../src/transfer/internal/Crc32.ts"
import { crc64nvme } from "../../src/transfer/internal/Crc64Nvme.ts"

const text = (value: string) => new TextEncoder().encode(value)
const sumOf = <Sum>(crc: Crc<Sum>, bytes: Uint8Array): Sum => crc.update(crc.zero, bytes)
/** The definition, bit by bit. */
const bitByBit = (polynomial: bigint, width: bigint, bytes: Uint8Array): bigint => {
  const ones = (1n << width) - 1n
  let crc = ones
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
  }
  return crc ^ ones
}

interface Known<Sum> {
  readonly polynomial: bigint
  readonly width: bigint
  /** Texts with the sums everybody else gives. */
  readonly sums: ReadonlyArray<readonly [bytes: Uint8Array, sum: Sum]>
}

const behaves = <Sum extends number | bigint>(crc: Crc<Sum>, known: Known<Sum>) => {
  const block = Content.noise(1)

  it("gives the sums everybody else gives", () => {
    for (const [bytes, sum] of known.sums) assert.strictEqual(sumOf(crc, bytes), sum)
    assert.strictEqual(sumOf(crc, new Uint8Array(0)), crc.zero)
  })

  it("does as it is defined, wherever the bytes lie and however many", () => {
    const lengths = [...Array(70).keys(), 255, 256, 257, 1023, 1024, 1040, 4099]
    for (let from = 0; from < 17; from++) {
      for (const length of lengths) {
        const bytes = block.subarray(from, from + length)
        if (from < 2) {
          const expected = bitByBit(known.polynomial, known.width, bytes)
          assert.strictEqual(BigInt(sumOf(crc, bytes)), expected, `${from}, ${length}`)
        }
        assert.strictEqual(sumOf(crc, bytes), sumOf(crc, bytes.slice()), `${from}, ${length}`)
      }
    }
  })

  it.prop(
    "does not depend on where the bytes are cut",
    [Schema.Uint8Array, Schema.Uint8Array, Schema.Uint8Array],
    ([a, b, c]) => {
      const whole = sumOf(crc, Uint8Array.of(...a, ...b, ...c))
      const [sumA, sumB, sumC] = [sumOf(crc, a), sumOf(crc, b), sumOf(crc, c)]
      assert.strictEqual(crc.update(crc.update(sumA, b), c), whole)
      assert.strictEqual(crc.combine(crc.combine(sumA, sumB, b.length), sumC, c.length), whole)
      assert.strictEqual(crc.combine(sumA, crc.combine(sumB, sumC, c.length), b.length + c.length), whole)
    }
  )

  it("combines parts of many lengths", () => {
    const whole = sumOf(crc, block)
    for (const cut of [0, 1, 15, 16, 17, 1000, 65_535, 65_536, 100_003, block.length]) {
      const [a, b] = [block.subarray(0, cut), block.subarray(cut)]
      assert.strictEqual(crc.combine(sumOf(crc, a), sumOf(crc, b), b.length), whole)
    }
  })

  it("sums repetitions without reading them", () => {
    const part = text("abc")
    for (const count of [0, 1, 2, 3, 10, 333]) {
      assert.strictEqual(repeat(crc, sumOf(crc, part), part.length, count), sumOf(crc, text("abc".repeat(count))))
    }
  })

  it("knows lengths beyond 32 bits, up to the largest", () => {
    const kilobyte = sumOf(crc, block.subarray(0, 1024))
    const mebibytes = (count: number) => repeat(crc, kilobyte, 1024, 1024 * count)
    const [four, five, nine] = [mebibytes(4 * 1024), mebibytes(5 * 1024), mebibytes(9 * 1024)]
    assert.strictEqual(crc.combine(four, five, 5 * 2 ** 30), nine)
    assert.strictEqual(crc.combine(five, four, 4 * 2 ** 30), nine)
    // 2⁵² bytes and 1 more, whichever comes first.
    const many = repeat(crc, sumOf(crc, Uint8Array.of(7)), 1, 2 ** 52)
    const one = sumOf(crc, Uint8Array.of(7))
    assert.strictEqual(crc.combine(one, many, 2 ** 52), crc.combine(many, one, 1))
  })

  it("survives the way through bytes", () => {
    const sum = sumOf(crc, block)
    const bytes = crc.toBytes(sum)
    assert.strictEqual(BigInt(bytes.length) * 8n, known.width)
    assert.strictEqual(
      bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n),
      BigInt(sum)
    )
    assert.strictEqual(crc.fromBytes(bytes), sum)
  })
}

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index)
const zeros = new Uint8Array(32)
const ones = new Uint8Array(32).fill(0xff)

describe("CRC-32", () => {
  behaves(crc32, {
    polynomial: 0xedb88320n,
    width: 32n,
    sums: [
      [text("123456789"), 0xcbf43926],
      [text("The quick brown fox jumps over the lazy dog"), 0x414fa339]
    ]
  })
})

// RFC 3720, B.4.
describe("CRC-32C", () => {
  behaves(crc32c, {
    polynomial: 0x82f63b78n,
    width: 32n,
    sums: [
      [text("123456789"), 0xe3069283],
      [zeros, 0x8a9136aa],
      [ones, 0x62a8ab43],
      [ascending, 0x46dd794e],
      [ascending.toReversed(), 0x113fdb5c]
    ]
  })
})

// NVM Express NVM Command Set Specification 1.0, 5.2.1.3.4.
describe("CRC-64/NVME", () => {
  behaves(crc64nvme, {
    polynomial: 0x9a6c9329ac4bc9b5n,
    width: 64n,
    sums: [
      [text("123456789"), 0xae8b14860a799888n],
      [new Uint8Array(4096), 0x6482d367eb22b64en],
      [new Uint8Array(4096).fill(0xff), 0xc0ddba7302eca3acn]
    ]
  })
})

describe("the CRC-32", () => {
  it("of 5 GiB of zero bytes is as zlib has it", () => {
    const kilobyte = sumOf(crc32, new Uint8Array(1024))
    assert.strictEqual(repeat(crc32, kilobyte, 1024, 5 * 1024 * 1024), 0x193838c3)
  })
})
