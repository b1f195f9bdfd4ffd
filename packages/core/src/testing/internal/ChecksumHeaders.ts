/**
 * The headers by which storage hosts declare checksums, each host in its own way.
 *
 * @since 0.1.0
 */
import * as Base64 from "effect/encoding/Base64"
import type { Crc } from "../../transfer/internal/Crc.ts"
import { crc32, crc32c } from "../../transfer/internal/Crc32.ts"
import { crc64nvme } from "../../transfer/internal/Crc64Nvme.ts"
import type { Hashes } from "../../transfer/internal/Hashes.ts"
import type { Content } from "./Content.ts"

/** The checksums that may be declared. `composite` is one of S3 that sums up the sums of parts, and not the bytes. */
export type Kind = "crc32" | "crc32c" | "crc64nvme" | "md5" | "sha256" | "composite"

export interface ChecksumHeaders {
  /** The headers of a `200` or `206`; those of other bytes where they shall be wrong. */
  readonly of: (content: Content, status: number, wrong: boolean) => Readonly<Record<string, string>>
}

export const make = (hashes: Hashes, kinds: ReadonlyArray<Kind>): ChecksumHeaders => {
  const values: { readonly [K in Kind]: (content: Content) => Uint8Array | undefined } = {
    crc32: crcOf(crc32),
    crc32c: crcOf(crc32c),
    crc64nvme: crcOf(crc64nvme),
    md5: hashOf(hashes, "md5"),
    sha256: hashOf(hashes, "sha256"),
    composite: (content) => crc32c.toBytes(content.crc32)
  }
  return {
    of: (content, status, wrong) => {
      const declared = wrong && kinds.length === 0 ? (["crc64nvme"] as const) : kinds
      return Object.fromEntries(
        declared.flatMap((kind) => {
          const bytes = values[kind](content)
          if (bytes === undefined) return []
          return Object.entries(forms[kind](Base64.encode(wrong ? bytes.map((byte) => byte ^ 1) : bytes), status))
        })
      )
    }
  }
}

type Headers = Readonly<Record<string, string>>

/** How each is written. S3 says nothing under `206`, save that a composite value comes without its mark. */
const forms: { readonly [K in Kind]: (value: string, status: number) => Headers } = {
  crc32: (value, status) => amazon("crc32", value, status),
  crc32c: (value) => ({ "x-goog-hash": `crc32c=${value}` }),
  crc64nvme: (value, status) => amazon("crc64nvme", value, status),
  md5: (value, status) => (status === 200 ? { "content-md5": value } : {}),
  sha256: (value) => ({ "repr-digest": `sha-256=:${value}:` }),
  composite: (value, status) =>
    status === 200
      ? { "x-amz-checksum-crc32c": `${value}-3`, "x-amz-checksum-type": "COMPOSITE" }
      : { "x-amz-checksum-crc32c": value }
}

const amazon = (name: string, value: string, status: number): Headers =>
  status === 200 ? { [`x-amz-checksum-${name}`]: value, "x-amz-checksum-type": "FULL_OBJECT" } : {}

/** Of contents of any size: their parts are summed up once, and the sums joined. */
const crcOf = <Sum>(crc: Crc<Sum>) => {
  const of = remember((content: Content): Sum => content.sum(crc, of))
  return (content: Content) => crc.toBytes(of(content))
}

/** Of contents that can be read in a moment, by what this machine offers. */
const hashOf = (hashes: Hashes, algorithm: "md5" | "sha256") =>
  remember((content) => {
    const hash = content.size <= largestHashed ? hashes[algorithm]?.() : undefined
    if (hash === undefined) return undefined
    for (const piece of content.read(0, content.size)) hash.update(piece)
    return hash.digest()
  })

const largestHashed = 64 * 1024 * 1024

const remember = <A>(make: (content: Content) => A) => {
  const known = new WeakMap<Content, { readonly value: A }>()
  return (content: Content): A => {
    const found = known.get(content) ?? { value: make(content) }
    known.set(content, found)
    return found.value
  }
}
