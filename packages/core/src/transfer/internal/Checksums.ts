/** Making, reading and comparing the checksums that storage hosts declare. */
import * as Arr from "effect/Array"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Algorithm, Checksum } from "../Checksum.ts"

/** A checksum from its bytes. */
export const make = (algorithm: Algorithm, bytes: Uint8Array): Checksum => ({ algorithm, value: Base64.encode(bytes) })

/**
 * A checksum from base64, which may lack its padding; none where the value is malformed or has another length than the
 * algorithm's.
 */
export const parse = (algorithm: Algorithm, value: string): Checksum | undefined => {
  const bare = value.replace(/={1,2}$/, "")
  const bytes = Base64.decode(bare.padEnd(Math.ceil(bare.length / 4) * 4, "="))
  if (Result.isFailure(bytes)) return undefined
  const checksum = make(algorithm, bytes.success)
  return isChecksum(checksum) ? checksum : undefined
}

const isChecksum = Schema.is(Checksum)

/** The bytes of the value. */
export const toBytes = (self: Checksum): Uint8Array => Result.getOrThrow(Base64.decode(self.value))

/** Whether two lists state different values of one algorithm, and none that agrees. */
export const differ = (self: ReadonlyArray<Checksum>, that: ReadonlyArray<Checksum>): boolean =>
  self.some(({ algorithm }) => {
    const others = that.filter((other) => other.algorithm === algorithm).map(({ value }) => value)
    return others.length > 0 && !self.some((own) => own.algorithm === algorithm && others.includes(own.value))
  })

/** The checksums of two lists, each value once. */
export const union = (self: ReadonlyArray<Checksum>, that: ReadonlyArray<Checksum>): ReadonlyArray<Checksum> =>
  Arr.dedupeWith([...self, ...that], (a, b) => a.algorithm === b.algorithm && a.value === b.value)

/**
 * What the headers of an answer say about the whole object, each value once. Where two headers disagree, both are given.
 *
 * - `Repr-Digest` (RFC 9530) and `x-goog-hash` speak of the object, whatever part of it was sent.
 * - `Content-Digest` and `Content-MD5` speak of the body: of the object only under `200`.
 * - `x-amz-checksum-*` too: under `206`, S3 gives the checksum of a part whose borders the range happens to have, and
 *   leaves the `-N` off a composite value. Composite values sum up the sums of parts, not the bytes, and are left out.
 *
 * An ETag is no checksum. Malformed values and unknown algorithms are left out.
 */
export const fromHeaders = (
  headers: { readonly [name: string]: string | undefined },
  status: number
): ReadonlyArray<Checksum> => {
  const found = [...fromDigest(headers["repr-digest"]), ...fromGoogle(headers)]
  if (status === 200) {
    found.push(...fromDigest(headers["content-digest"]), ...fromAmazon(headers))
    found.push(parse("md5", headers["content-md5"]?.trim() ?? ""))
  }
  return union(
    found.filter((sum) => sum !== undefined),
    []
  )
}

type Found = ReadonlyArray<Checksum | undefined>

/** `sha-256=:…:, md5=:…:;parameter`, a dictionary of byte sequences (RFC 9651). */
const fromDigest = (header = ""): Found =>
  header.split(",").map((member) => {
    const [, name = "", value = ""] = /^\s*([a-z\d*_.-]+)=:([^:]*):\s*(?:;.*)?$/s.exec(member) ?? []
    const algorithm = digestNames.get(name)
    return algorithm === undefined ? undefined : parse(algorithm, value)
  })

/** The names of IANA's registry of hash algorithms for HTTP digest fields. */
const digestNames: ReadonlyMap<string, Algorithm> = new Map([
  ["sha-512", "sha512"],
  ["sha-256", "sha256"],
  ["sha", "sha1"],
  ["md5", "md5"],
  ["crc32c", "crc32c"]
])

/**
 * `crc32c=…,md5=…`, of the object as it is stored. Where that is compressed, and was decompressed on the way out, they
 * are not the sums of the bytes that come.
 */
const fromGoogle = (headers: { readonly [name: string]: string | undefined }): Found => {
  const stored = headers["x-goog-stored-content-encoding"] ?? "identity"
  if (stored !== (headers["content-encoding"] ?? "identity")) return []
  return (headers["x-goog-hash"] ?? "").split(",").map((member) => {
    const [, algorithm, value = ""] = /^\s*(crc32c|md5)=(\S*)\s*$/.exec(member) ?? []
    return algorithm === "crc32c" || algorithm === "md5" ? parse(algorithm, value) : undefined
  })
}

const fromAmazon = (headers: { readonly [name: string]: string | undefined }): Found =>
  headers["x-amz-checksum-type"]?.trim().toUpperCase() === "COMPOSITE"
    ? []
    : Algorithm.literals.map((algorithm) => parse(algorithm, headers[`x-amz-checksum-${algorithm}`]?.trim() ?? ""))
