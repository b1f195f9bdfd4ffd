/**
 * Computing checksums while bytes pass by.
 *
 * @since 0.1.0
 */
import type * as Checksum from "../Checksum.ts"
import * as Checksums from "./Checksums.ts"
import type { Crc } from "./Crc.ts"
import * as Crc32 from "./Crc32.ts"
import { crc64nvme } from "./Crc64Nvme.ts"
import * as Sums from "./Sums.ts"

/**
 * One checksum on its way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Hash {
  readonly update: (bytes: Uint8Array) => void
  /** That of the bytes so far; more may follow. */
  readonly digest: () => Uint8Array
}

/**
 * Starts a checksum: of bytes from the first one on, or, for a CRC, after bytes with the digest `from`.
 *
 * @category models
 * @since 0.1.0
 */
export type Start = (from?: Uint8Array) => Hash

/**
 * The checksums that can be computed here. Where an algorithm is missing, checksums by it are not verified.
 *
 * @category models
 * @since 0.1.0
 */
export type Hashes = { readonly [A in Checksum.Algorithm]?: Start }

const start =
  <Sum>({ fromBytes, toBytes, update, zero }: Crc<Sum>): Start =>
  (from) => {
    let sum = from === undefined ? zero : fromBytes(from)
    return {
      update: (bytes) => {
        sum = update(sum, bytes)
      },
      digest: () => toBytes(sum)
    }
  }

/**
 * The CRC-32 of another implementation, given how it continues a sum, which begins with 0.
 *
 * @category constructors
 * @since 0.1.0
 */
export const crc32By = (update: (sum: number, bytes: Uint8Array) => number): Start => start({ ...Crc32.crc32, update })

/**
 * The three CRCs in plain JavaScript, for every engine. MD5 and SHA come from the machine, such as by `NodeHashes` of
 * `@scenario-assets/node`.
 *
 * @category constants
 * @since 0.1.0
 */
export const portable: Hashes = {
  crc32: start(Crc32.crc32),
  crc32c: start(Crc32.crc32c),
  crc64nvme: start(crc64nvme)
}

/**
 * Checksums on their way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Running {
  /** Takes the next bytes. */
  readonly update: (bytes: Uint8Array) => void
  /** Those of all bytes so far, the ones before `from` too; more may follow. */
  readonly sums: () => Sums.Sums
}

/**
 * Starts every checksum that is declared and can be computed here.
 *
 * With `from`, the bytes that come follow those of these sums; what cannot be continued is left out. With `joinable`,
 * only such checksums are started whose sums for parts can be joined by `Sums.join`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const run = (
  hashes: Hashes,
  declared: ReadonlyArray<Checksum.Checksum>,
  options: { readonly from?: Sums.Sums | undefined; readonly joinable?: boolean | undefined } = {}
): Running => {
  const { from = Sums.empty, joinable = false } = options
  let length = from.length
  const running = [...new Set(declared.map(({ algorithm }) => algorithm))].flatMap((algorithm) => {
    if (!Sums.isJoinable(algorithm) && (joinable || length > 0)) return []
    const before = from.checksums.find((sum) => sum.algorithm === algorithm)
    if (before === undefined && length > 0) return []
    const hash = hashes[algorithm]?.(before === undefined ? undefined : Checksums.toBytes(before))
    return hash === undefined ? [] : [{ algorithm, hash }]
  })
  return {
    update: (bytes) => {
      length += bytes.length
      for (const { hash } of running) hash.update(bytes)
    },
    sums: () => ({ length, checksums: running.map(({ algorithm, hash }) => Checksums.make(algorithm, hash.digest())) })
  }
}
