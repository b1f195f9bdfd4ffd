/**
 * What a storage host says an object is.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Checksum } from "./Checksum.ts"

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
  checksums: Schema.optionalKey(Schema.Array(Checksum))
})
/** @category models @since 0.1.0 */
export type StoredObject = typeof StoredObject.Type
