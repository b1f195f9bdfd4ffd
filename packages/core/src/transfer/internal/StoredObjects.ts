/** Reading what a storage host says of an object, and whether two answers speak of the same one. */
import type { StoredObject } from "../StoredObject.ts"
import * as Checksums from "./Checksums.ts"

/** The `ETag` where it is strong (RFC 9110, 8.8.3): the only validator that may stand in `If-Range`. */
export const strongEtag = (self: StoredObject): string | undefined =>
  // Nothing but what a header can hold.
  self.etag !== undefined && /^"[\x20\x21\x23-\x7e\x80-\xff]*"$/.test(self.etag) ? self.etag : undefined

/**
 * Whether something that both state differs: size, `ETag` (a weak one beside a strong one by its opaque tag),
 * `Last-Modified`, or a checksum. Then they are two objects, whatever else agrees.
 */
export const isDifferent = (self: StoredObject, that: StoredObject): boolean =>
  differ(self.size, that.size) ||
  differ(opaqueTag(self), opaqueTag(that)) ||
  differ(self.lastModified, that.lastModified) ||
  Checksums.differ(self.checksums ?? [], that.checksums ?? [])

/** Whether the two differ, but neither in their size nor in a checksum, as far as both are known. */
export const isRetagged = (self: StoredObject, that: StoredObject): boolean =>
  isDifferent(self, that) &&
  self.size !== undefined &&
  self.size === that.size &&
  !Checksums.differ(self.checksums ?? [], that.checksums ?? [])

const differ = <A>(a: A | undefined, b: A | undefined): boolean => a !== undefined && b !== undefined && a !== b

/** The `ETag` as a weak comparison sees it (RFC 9110, 8.8.3.2), whether or not the host puts it in quotes. */
const opaqueTag = ({ etag }: StoredObject): string | undefined => etag?.replace(/^W\//i, "").replace(/^"(.*)"$/, "$1")

/**
 * Whether bytes of the two may be joined: nothing that both state differs, and either their strong ETags agree, or size and
 * `Last-Modified` are both known. Weak ETags that agree prove nothing.
 */
export const isSame = (self: StoredObject, that: StoredObject): boolean => {
  if (isDifferent(self, that)) return false
  if (strongEtag(self) !== undefined && strongEtag(self) === strongEtag(that)) return true
  return [self, that].every(({ lastModified, size }) => size !== undefined && lastModified !== undefined)
}

/**
 * What two answers say together of the same object: what the first one says of the whole stays said, the second one adds to
 * it. The `ETag` is strong only where it was from the beginning and nothing has weakened it.
 */
export const merge = (self: StoredObject, that: StoredObject): StoredObject => {
  const etag = strongEtag(that) === undefined ? (that.etag ?? self.etag) : self.etag
  const checksums = Checksums.union(self.checksums ?? [], that.checksums ?? [])
  const { etag: _, ...others } = { ...that, ...self }
  return {
    ...others,
    ...(etag === undefined ? {} : { etag }),
    ...(checksums.length === 0 ? {} : { checksums })
  }
}

/** Whether the object can be told from another, so that bytes of several answers may be joined. */
export const isRecognizable = (self: StoredObject): boolean => isSame(self, self)

/** Reads the headers of a `200`, or of a `206` whose total is given. */
export const fromHeaders = (
  headers: { readonly [name: string]: string | undefined },
  status: number,
  size: number | undefined
): StoredObject => {
  const checksums = Checksums.fromHeaders(headers, status)
  const etag = stated(headers["etag"])
  const lastModified = stated(headers["last-modified"])
  const contentType = stated(headers["content-type"])
  return {
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(checksums.length === 0 ? {} : { checksums })
  }
}

/** An empty header states nothing. */
const stated = (header: string | undefined): string | undefined => (header?.trim() === "" ? undefined : header)
