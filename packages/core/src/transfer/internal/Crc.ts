/**
 * What cyclic redundancy checks have in common: sums that go on from where they stand, and the sum of joined parts from
 * the sums of the parts, without the bytes.
 *
 * @since 0.1.0
 */

/**
 * One such check.
 *
 * @category models
 * @since 0.1.0
 */
export interface Crc<Sum> {
  /** The sum of no bytes. */
  readonly zero: Sum
  /** Continues a sum over more bytes. */
  readonly update: (sum: Sum, bytes: Uint8Array) => Sum
  /** The sum of two joined parts, from the sum of each and the length of the second, in `O(log lengthB)`. */
  readonly combine: (sumA: Sum, sumB: Sum, lengthB: number) => Sum
  /** The high byte first, as headers have it. */
  readonly toBytes: (sum: Sum) => Uint8Array
  readonly fromBytes: (bytes: Uint8Array) => Sum
}

/**
 * The sum of `count` copies of a part one after the other, in logarithmic time and without the bytes.
 *
 * @category combinators
 * @since 0.1.0
 */
export const repeat = <Sum>(crc: Crc<Sum>, sum: Sum, length: number, count: number): Sum => {
  let total = crc.zero
  let part = sum
  let partLength = length
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) total = crc.combine(total, part, partLength)
    part = crc.combine(part, part, partLength)
    partLength *= 2
  }
  return total
}

/**
 * Powers of `base`, by squaring. The squares are kept, as many as were needed; they are not taken to repeat, for the
 * period of `x^(2^n)` differs from polynomial to polynomial.
 *
 * @category combinators
 * @since 0.1.0
 */
export const powersOf = <A>(multiply: (a: A, b: A) => A, one: A, base: A): ((exponent: number) => A) => {
  const squares = [base]
  return (exponent) => {
    let result = one
    for (let n = 0, left = exponent; left > 0; n++, left = Math.floor(left / 2)) {
      const square = (squares[n] ??= multiply(squares[n - 1]!, squares[n - 1]!))
      if (left % 2 === 1) result = multiply(square, result)
    }
    return result
  }
}

/**
 * Cuts bytes into the few before the first whole word, words in a number that four divides, and the few from `tail` on.
 * Words are little-endian on every engine there is.
 *
 * @category combinators
 * @since 0.1.0
 */
export const slice = (
  bytes: Uint8Array
): { readonly lead: number; readonly words: Int32Array; readonly tail: number } => {
  const { buffer, byteOffset, length } = bytes
  if (length < 16) return { lead: 0, words: none, tail: 0 }
  const lead = -byteOffset & 3
  const words = new Int32Array(buffer, byteOffset + lead, ((length - lead) >>> 4) * 4)
  return { lead, words, tail: lead + words.byteLength }
}

const none = new Int32Array(0)

/**
 * The share of one word in a sum, from the four tables of 256 that begin at `at`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const word = (tables: Int32Array, at: number, value: number): number =>
  tables[at + 768 + (value & 0xff)]! ^
  tables[at + 512 + ((value >>> 8) & 0xff)]! ^
  tables[at + 256 + ((value >>> 16) & 0xff)]! ^
  tables[at + (value >>> 24)]!
