/**
 * What was computed over bytes, to be compared with what a storage host declares.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Checksum from "../Checksum.ts"
import * as Checksums from "./Checksums.ts"
import type { Crc } from "./Crc.ts"
import { crc32, crc32c } from "./Crc32.ts"
import { crc64nvme } from "./Crc64Nvme.ts"

/**
 * The checksums of so many bytes. A small value of JSON: kept in a state file, it lets a later run go on without reading
 * those bytes again, as far as its checksums are CRCs.
 *
 * @category models
 * @since 0.1.0
 */
export const Sums = Schema.Struct({
  length: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
  checksums: Schema.Array(Checksum.Checksum)
})
/** @category models @since 0.1.0 */
export type Sums = typeof Sums.Type

/**
 * Those of no bytes.
 *
 * @category constants
 * @since 0.1.0
 */
export const empty: Sums = { length: 0, checksums: [] }

/**
 * Whether sums of parts can be joined, and a sum be continued: that is so for CRCs.
 *
 * @category getters
 * @since 0.1.0
 */
export const isJoinable = (algorithm: Checksum.Algorithm): boolean => joins[algorithm] !== undefined

/**
 * The sums of bytes and of those that follow them. What cannot be joined, or is known of one side alone, is left out.
 *
 * @category combinators
 * @since 0.1.0
 */
export const join = (self: Sums, that: Sums): Sums => {
  if (self.length === 0) return that
  if (that.length === 0) return self
  return {
    length: self.length + that.length,
    checksums: self.checksums.flatMap((a) => {
      const b = that.checksums.find(({ algorithm }) => algorithm === a.algorithm)
      const joined = b === undefined ? undefined : joins[a.algorithm]?.(a, b, that.length)
      return joined === undefined ? [] : [joined]
    })
  }
}

const joinBy =
  <Sum>({ combine, fromBytes, toBytes }: Crc<Sum>) =>
  (a: Checksum.Checksum, b: Checksum.Checksum, lengthB: number): Checksum.Checksum => {
    const [sumA, sumB] = [fromBytes(Checksums.toBytes(a)), fromBytes(Checksums.toBytes(b))]
    return Checksums.make(a.algorithm, toBytes(combine(sumA, sumB, lengthB)))
  }

const joins: { readonly [A in Checksum.Algorithm]?: ReturnType<typeof joinBy> } = {
  crc32: joinBy(crc32),
  crc32c: joinBy(crc32c),
  crc64nvme: joinBy(crc64nvme)
}

/**
 * A checksum that is not the declared one, both in base64.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mismatch {
  readonly algorithm: Checksum.Algorithm
  readonly expected: string
  readonly actual: string
}

/**
 * What a comparison says. The bytes are right where nothing mismatches and something is verified.
 *
 * @category models
 * @since 0.1.0
 */
export interface Verdict {
  readonly verified: ReadonlyArray<Checksum.Algorithm>
  readonly mismatches: ReadonlyArray<Mismatch>
  /** Declared, and not computed: nobody here can, or the bytes did not come in order. */
  readonly unverified: ReadonlyArray<Checksum.Algorithm>
}

/**
 * Compares the sums of a whole object with what was declared. An algorithm that was declared with two values mismatches.
 *
 * @category combinators
 * @since 0.1.0
 */
export const verify = (self: Sums, declared: ReadonlyArray<Checksum.Checksum>): Verdict => {
  const actual = new Map(self.checksums.map(({ algorithm, value }) => [algorithm, value]))
  const mismatches = declared.flatMap(({ algorithm, value: expected }): ReadonlyArray<Mismatch> => {
    const value = actual.get(algorithm) ?? expected
    return value === expected ? [] : [{ algorithm, expected, actual: value }]
  })
  const wrong = new Set(mismatches.map(({ algorithm }) => algorithm))
  const algorithms = [...new Set(declared.map(({ algorithm }) => algorithm))]
  return {
    verified: algorithms.filter((algorithm) => actual.has(algorithm) && !wrong.has(algorithm)),
    mismatches,
    unverified: algorithms.filter((algorithm) => !actual.has(algorithm))
  }
}
