/**
 * Checksums by Node's own means: CRC-32 at several times the speed of JavaScript, and MD5 and SHA.
 *
 * @since 0.1.0
 */
import * as Crypto from "node:crypto"
import * as Zlib from "node:zlib"
import * as Hashes from "@scenario-assets/core/engine/transfer/Hashes"

/** A FIPS build of OpenSSL has no MD5: what is not there is left out. */
const digest = (algorithm: "md5" | "sha1" | "sha256" | "sha512"): Partial<Record<typeof algorithm, Hashes.Start>> =>
  Crypto.getHashes().includes(algorithm)
    ? {
        [algorithm]: () => {
          const hash = Crypto.createHash(algorithm)
          return {
            update: (bytes: Uint8Array) => void hash.update(bytes),
            digest: () => hash.copy().digest()
          }
        }
      }
    : {}

/**
 * All seven checksums.
 *
 * @category constants
 * @since 0.1.0
 */
export const hashes: Hashes.Hashes = {
  ...Hashes.portable,
  crc32: Hashes.crc32By((sum, bytes) => Zlib.crc32(bytes, sum)),
  ...digest("md5"),
  ...digest("sha1"),
  ...digest("sha256"),
  ...digest("sha512")
}
