/**
 * CRC-32 as ZIP, PNG and gzip use it (polynomial `0xEDB88320`), in plain JavaScript: sliced by eight over words, which
 * are little-endian on every engine there is; and with the combination that gives the sum of joined parts from the sums
 * of the parts, in logarithmic time.
 *
 * @since 0.1.0
 */

const polynomial = 0xedb88320

/** Eight tables of 256: `tables[256 * k + byte]` is the sum of a byte followed by `k` zero bytes. */
const tables: Int32Array = (() => {
  const result = new Int32Array(8 * 256)
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
})()

/**
 * Continues the sum `crc` over more bytes. A sum begins with 0.
 *
 * @category combinators
 * @since 0.1.0
 */
export const update = (crc: number, bytes: Uint8Array): number => {
  const { buffer, byteOffset, length } = bytes
  if (length < 16) return ~byteByByte(~crc, bytes, 0, length) >>> 0
  const lead = -byteOffset & 3
  const words = new Int32Array(buffer, byteOffset + lead, ((length - lead) >>> 3) * 2)
  const t = tables
  let c = byteByByte(~crc, bytes, 0, lead)
  for (let i = 0; i < words.length; i += 2) {
    const a = c ^ words[i]!
    const b = words[i + 1]!
    c =
      t[1792 + (a & 0xff)]! ^
      t[1536 + ((a >>> 8) & 0xff)]! ^
      t[1280 + ((a >>> 16) & 0xff)]! ^
      t[1024 + (a >>> 24)]! ^
      t[768 + (b & 0xff)]! ^
      t[512 + ((b >>> 8) & 0xff)]! ^
      t[256 + ((b >>> 16) & 0xff)]! ^
      t[b >>> 24]!
  }
  return ~byteByByte(c, bytes, lead + 4 * words.length, length) >>> 0
}

const byteByByte = (crc: number, bytes: Uint8Array, from: number, to: number): number => {
  let c = crc
  for (let i = from; i < to; i++) c = (c >>> 8) ^ tables[(c ^ bytes[i]!) & 0xff]!
  return c
}

/**
 * The sum of two joined parts, from the sum of each and the length of the second, in `O(log lengthB)`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const combine = (crcA: number, crcB: number, lengthB: number): number =>
  (multiply(shift(lengthB), crcA) ^ crcB) >>> 0

/**
 * The sum of `count` copies of a part one after the other, in logarithmic time and without the bytes.
 *
 * @category combinators
 * @since 0.1.0
 */
export const repeat = (crc: number, length: number, count: number): number => {
  let total = 0
  let part = crc
  let partLength = length
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) total = combine(total, part, partLength)
    part = combine(part, part, partLength)
    partLength *= 2
  }
  return total
}

/** Product of two polynomials modulo the CRC polynomial, bits reversed: `1 << 31` is 1. */
const multiply = (a: number, b: number): number => {
  let product = 0
  let factor = b
  for (let mask = 1 << 31; mask !== 0; mask >>>= 1) {
    if (a & mask) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ polynomial : factor >>> 1
  }
  return product
}

/** `x^(2^n)` modulo the polynomial, for n from 0 to 31; then the powers repeat. */
const powers: Int32Array = (() => {
  const result = new Int32Array(32)
  let power = 1 << 30
  for (let n = 0; n < result.length; n++) {
    result[n] = power
    power = multiply(power, power)
  }
  return result
})()

/** `x^(8 * length)` modulo the polynomial. */
const shift = (length: number): number => {
  let result = 1 << 31
  let n = 3
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(powers[n % 32]!, result)
    n++
  }
  return result
}
