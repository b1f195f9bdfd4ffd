/**
 * CRCs of 32 bits in plain JavaScript, sliced by sixteen.
 *
 * @since 0.1.0
 */
import { type Crc, powersOf, slice, word } from "./Crc.ts"

/**
 * The check of a reflected polynomial whose sums begin and end with all bits inverted.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (polynomial: number): Crc<number> => {
  const tables = tablesOf(polynomial)

  const byteByByte = (crc: number, bytes: Uint8Array, from: number, to: number): number => {
    let c = crc
    for (let i = from; i < to; i++) c = (c >>> 8) ^ tables[(c ^ bytes[i]!) & 0xff]!
    return c
  }

  /** Product of two polynomials modulo the CRC's, bits reversed: `1 << 31` is 1. */
  const multiply = (a: number, b: number): number => {
    let product = 0
    let factor = b
    for (let mask = 1 << 31; mask !== 0; mask >>>= 1) {
      if (a & mask) product ^= factor
      factor = factor & 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
    }
    return product
  }
  const shift = powersOf(multiply, 1 << 31, 1 << 23)

  return {
    zero: 0,
    update: (sum, bytes) => {
      const { lead, tail, words } = slice(bytes)
      let c = byteByByte(~sum, bytes, 0, lead)
      for (let i = 0; i < words.length; i += 4) {
        c =
          word(tables, 3072, c ^ words[i]!) ^
          word(tables, 2048, words[i + 1]!) ^
          word(tables, 1024, words[i + 2]!) ^
          word(tables, 0, words[i + 3]!)
      }
      return ~byteByByte(c, bytes, tail, bytes.length) >>> 0
    },
    combine: (sumA, sumB, lengthB) => (multiply(shift(lengthB), sumA) ^ sumB) >>> 0,
    toBytes: (sum) => Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum),
    fromBytes: (bytes) => bytes.reduce((sum, byte) => (sum << 8) | byte, 0) >>> 0
  }
}

/** Sixteen tables of 256: `tables[256 * k + byte]` is the sum of a byte followed by `k` zero bytes. */
const tablesOf = (polynomial: number): Int32Array => {
  const result = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    result[byte] = crc
  }
  for (let index = 256; index < result.length; index++) {
    const previous = result[index - 256]!
    result[index] = (previous >>> 8) ^ result[previous & 0xff]!
  }
  return result
}

/**
 * CRC-32 as ZIP, PNG and gzip use it.
 *
 * @category constants
 * @since 0.1.0
 */
export const crc32: Crc<number> = make(0xedb88320)

/**
 * CRC-32C, that of Castagnoli, as iSCSI and Google's storage use it.
 *
 * @category constants
 * @since 0.1.0
 */
export const crc32c: Crc<number> = make(0x82f63b78)
