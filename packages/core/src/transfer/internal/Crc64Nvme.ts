/**
 * CRC-64/NVME, which S3 gives every object, in plain JavaScript: sliced by sixteen over two halves of 32 bits. A whole
 * sum is a `bigint`; the loops know none.
 *
 * @since 0.1.0
 */
import { type Crc, powersOf, slice, word } from "./Crc.ts"

/** The halves of the reflected polynomial. */
const polynomialHigh = 0x9a6c9329
const polynomialLow = 0xac4bc9b5

const highOf = (sum: bigint): number => Number(sum >> 32n)
const lowOf = (sum: bigint): number => Number(sum & 0xffff_ffffn)
const whole = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)

/** Sixteen tables of 256 for each half: at `256 * k + byte` is the sum of a byte followed by `k` zero bytes. */
const [highs, lows] = (() => {
  const highs = new Int32Array(16 * 256)
  const lows = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let [high, low] = [0, byte]
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1
      low = ((low >>> 1) | (high << 31)) ^ (carry ? polynomialLow : 0)
      high = (high >>> 1) ^ (carry ? polynomialHigh : 0)
    }
    highs[byte] = high
    lows[byte] = low
  }
  for (let index = 256; index < highs.length; index++) {
    const high = highs[index - 256]!
    const low = lows[index - 256]!
    highs[index] = (high >>> 8) ^ highs[low & 0xff]!
    lows[index] = ((low >>> 8) | (high << 24)) ^ lows[low & 0xff]!
  }
  return [highs, lows] as const
})()

const byteByByte = (sum: bigint, bytes: Uint8Array, from: number, to: number): bigint => {
  let [high, low] = [highOf(sum), lowOf(sum)]
  for (let i = from; i < to; i++) {
    const index = (low ^ bytes[i]!) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ lows[index]!
    high = (high >>> 8) ^ highs[index]!
  }
  return whole(high, low)
}

const fourWordsAtOnce = (sum: bigint, words: Int32Array): bigint => {
  let [high, low] = [highOf(sum), lowOf(sum)]
  for (let i = 0; i < words.length; i += 4) {
    const a = low ^ words[i]!
    const b = high ^ words[i + 1]!
    const c = words[i + 2]!
    const d = words[i + 3]!
    low = word(lows, 3072, a) ^ word(lows, 2048, b) ^ word(lows, 1024, c) ^ word(lows, 0, d)
    high = word(highs, 3072, a) ^ word(highs, 2048, b) ^ word(highs, 1024, c) ^ word(highs, 0, d)
  }
  return whole(high, low)
}

const update = (sum: bigint, bytes: Uint8Array): bigint => {
  const { lead, tail, words } = slice(bytes)
  const aligned = byteByByte(sum ^ ones, bytes, 0, lead)
  return byteByByte(fourWordsAtOnce(aligned, words), bytes, tail, bytes.length) ^ ones
}

/** What sums begin and end with. */
const ones = 0xffff_ffff_ffff_ffffn

/** Product of two polynomials modulo the CRC's, bits reversed: `1n << 63n` is 1. */
const multiply = (a: bigint, b: bigint): bigint => {
  let [high, low] = [0, 0]
  let [factorHigh, factorLow] = [highOf(b), lowOf(b)]
  for (const half of [highOf(a), lowOf(a)]) {
    for (let mask = 1 << 31; mask !== 0; mask >>>= 1) {
      if (half & mask) {
        high ^= factorHigh
        low ^= factorLow
      }
      const carry = factorLow & 1
      factorLow = ((factorLow >>> 1) | (factorHigh << 31)) ^ (carry ? polynomialLow : 0)
      factorHigh = (factorHigh >>> 1) ^ (carry ? polynomialHigh : 0)
    }
  }
  return whole(high, low)
}

const shift = powersOf(multiply, 1n << 63n, 1n << 55n)

/**
 * CRC-64/NVME.
 *
 * @category constants
 * @since 0.1.0
 */
export const crc64nvme: Crc<bigint> = {
  zero: 0n,
  update,
  combine: (sumA, sumB, lengthB) => multiply(shift(lengthB), sumA) ^ sumB,
  toBytes: (sum) => Uint8Array.from({ length: 8 }, (_, index) => Number((sum >> BigInt(56 - 8 * index)) & 0xffn)),
  fromBytes: (bytes) => [...bytes].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}
