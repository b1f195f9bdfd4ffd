/**
 * What a storage host says the bytes of an object sum up to.
 *
 * @since 0.1.0
 */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/**
 * How bytes are summed up.
 *
 * @category models
 * @since 0.1.0
 */
export const Algorithm = Schema.Literals(["crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256", "sha512"])
/** @category models @since 0.1.0 */
export type Algorithm = typeof Algorithm.Type

/** How many bytes a value has. */
const lengths: { readonly [A in Algorithm]: number } = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64
}

/**
 * A checksum. Its value is in padded base64, CRCs with the high byte first, and of the length of its algorithm.
 *
 * @category models
 * @since 0.1.0
 */
export const Checksum = Schema.Struct({ algorithm: Algorithm, value: Schema.String }).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ algorithm, value }) => {
        const bytes = Result.getOrUndefined(Base64.decode(value))
        return bytes?.length === lengths[algorithm] && Base64.encode(bytes) === value
      },
      { expected: "a checksum with a base64 value of the length of its algorithm" }
    )
  )
)
/** @category models @since 0.1.0 */
export type Checksum = typeof Checksum.Type
