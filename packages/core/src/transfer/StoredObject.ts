/**
 * What a storage host says an object is, and whether two answers speak of the same one.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Checksum from "./Checksum.ts"

/**
 * An object as the headers of an answer describe it.
 *
 * @category models
 * @since 0.1.0
 */
export const StoredObject = Schema.Struct({
  /** Bytes in all, where the host says so. */
  size: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))),
  /** The `ETag` as it came; a weak one begins with `W/`. */
  etag: Schema.optionalKey(Schema.String),
  lastModified: Schema.optionalKey(Schema.String),
  contentType: Schema.optionalKey(Schema.String),
  /** What the whole object sums up to, where the host says so. */
  checksums: Schema.optionalKey(Schema.Array(Checksum.Checksum))
})
/** @category models @since 0.1.0 */
export type StoredObject = typeof StoredObject.Type

/**
 * The `ETag` where it is strong (RFC 9110, 8.8.3): the only validator that may stand in `If-Range`.
 *
 * @category getters
 * @since 0.1.0
 */
export const strongEtag = (self: StoredObject): string | undefined =>
  self.etag !== undefined && /^"[^"]*"$/.test(self.etag) ? self.etag : undefined

/**
 * Whether bytes of the two may be joined: their strong ETags agree, or, where one has none, size and `Last-Modified`
 * are both known and agree.
 *
 * @category combinators
 * @since 0.1.0
 */
export const isSame = (self: StoredObject, that: StoredObject): boolean => {
  if (self.size !== undefined && that.size !== undefined && self.size !== that.size) return false
  const [a, b] = [strongEtag(self), strongEtag(that)]
  if (a !== undefined && b !== undefined) return a === b
  return (
    self.size !== undefined &&
    self.size === that.size &&
    self.lastModified !== undefined &&
    self.lastModified === that.lastModified
  )
}

/**
 * Whether the object can be told from another, so that bytes of several answers may be joined.
 *
 * @category getters
 * @since 0.1.0
 */
export const isRecognizable = (self: StoredObject): boolean => isSame(self, self)

/**
 * Reads the headers of a `200`, or of a `206` whose total is given.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromHeaders = (
  headers: { readonly [name: string]: string | undefined },
  status: number,
  size: number | undefined
): StoredObject => {
  const checksums = Checksum.fromHeaders(headers, status)
  const { "content-type": contentType, etag, "last-modified": lastModified } = headers
  return {
    ...(size === undefined ? {} : { size }),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(checksums.length === 0 ? {} : { checksums })
  }
}
