/** What is asked of a storage host, and what there is to know of its answer. Nothing here acts. */
import type * as StoredObject from "../StoredObject.ts"
import * as StoredObjects from "./StoredObjects.ts"

/** A range that is being read, and how far it has come. */
export interface Position {
  /** Not an offset is known, but that so many of the last bytes are wanted; until the first byte has come. */
  suffix?: number | undefined
  /** The next byte. */
  offset: number
  /** The byte after the last one that is wanted; none while the size is not known. It may move closer meanwhile. */
  end: number | undefined
  /** All bytes have come, and that they are all is proved. */
  whole: boolean
  /** A body without a length has ended: ask whether there is more. */
  unconfirmed: boolean
  /** How to ask, where the host did not answer properly before. */
  way?: Way | undefined
}

/**
 * What is left when a host does not answer properly: `plain`, a range without a condition, by absolute offsets; `whole`, a request
 * without a range.
 */
export type Way = "plain" | "whole"

/** What a host has shown of itself, whatever the object. */
export interface Manners {
  /** It serves ranges, but not with `If-Range`. */
  ignoresConditions: boolean
}

/** The object that all ranges are of. */
export interface Begun {
  /** None before the first answer. */
  object: StoredObject.StoredObject | undefined
  /** The host has said or shown that it serves ranges, and they can be joined. */
  acceptsRanges: boolean
  /** Bytes of the object have come. */
  hasBytes: boolean
  /** Bytes of several answers were joined: the host says the same of the object whenever it is asked. */
  hasJoined?: boolean
  /** Answers of the host disagreed before: nothing but one exchange gives bytes that belong together. */
  readonly isVolatile?: boolean
  readonly manners?: Manners
}

/** The beginning of an answer. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** What is asked for, and what is answered. */
export interface Facts {
  readonly head: Head
  readonly expect: "zip" | undefined
  readonly hasBytes: boolean
  readonly suffix: number | undefined
  readonly offset: number
  readonly end: number | undefined
  readonly unconfirmed: boolean
  /** The request had `Range`, and `If-Range`. */
  readonly isRange: boolean
  readonly isConditional: boolean
  /** The way below the one that was asked by. */
  readonly below: Way
  /** The last bytes were asked for by their offset. */
  readonly isTail: boolean
  /** `Content-Length`, and the range and size of `Content-Range`. */
  readonly length: number | undefined
  readonly range: { readonly start: number; readonly last: number } | undefined
  readonly size: number | undefined
  /** The object of the answer; and all that is known of it. */
  readonly object: StoredObject.StoredObject
  readonly known: StoredObject.StoredObject
  readonly isSame: boolean
  readonly isOther: boolean
  /** The object differs, but not in its size or a checksum. */
  readonly isRetagged: boolean
  /** The size that the answer states is not that of the object begun. */
  readonly isResized: boolean
}

/** The headers that ask for what is missing. */
export const ask = (at: Readonly<Position>, { manners, object }: Readonly<Begun>): Record<string, string> => {
  if (at.way === "whole") return {}
  if (at.suffix !== undefined) {
    if (at.way === undefined) return { range: `bytes=-${at.suffix}` }
    return { range: object?.size === undefined ? "bytes=0-0" : `bytes=${Math.max(0, object.size - at.suffix)}-` }
  }
  const isAll = at.offset === 0 && (at.end === undefined || at.end === object?.size)
  if (isAll && !at.unconfirmed) return {}
  const isConditional = at.way === undefined && manners?.ignoresConditions !== true
  const etag = object === undefined || !isConditional ? undefined : StoredObjects.strongEtag(object)
  const last = at.end === undefined || at.end === object?.size ? "" : at.end - 1
  return { range: `bytes=${at.offset}-${last}`, ...(etag === undefined ? {} : { "if-range": etag }) }
}

export const of = (
  { end, offset, suffix, unconfirmed, way }: Readonly<Position>,
  { hasBytes, object: begun }: Readonly<Begun>,
  head: Head,
  expect: "zip" | undefined,
  asked: Readonly<Record<string, string>>
): Facts => {
  const { headers, status } = head
  const [, from, to, total, alone] =
    contentRange.exec(headers["content-range"]?.replace(/[ \t]*([-/])[ \t]*/g, "$1") ?? "") ?? []
  const range = from === undefined ? undefined : { start: Number(from), last: Number(to) }
  const length = contentLength(headers)
  const stated = status === 416 ? alone : range === undefined || total === "*" ? undefined : total
  const size = status === 200 ? length : stated === undefined ? undefined : Number(stated)
  // What was to be read of an object that is gone before its first byte is forgotten.
  const place = hasBytes ? { offset, end } : { offset: 0, end: undefined }
  if (suffix !== undefined && status === 206 && size !== undefined) {
    place.offset = Math.max(0, size - suffix)
    place.end = size
  }
  const object = StoredObjects.fromHeaders(headers, status, status === 416 ? place.offset : size)
  const isSame = begun !== undefined && StoredObjects.isSame(begun, object)
  return {
    ...place,
    head,
    expect,
    hasBytes,
    suffix,
    unconfirmed,
    isRange: asked["range"] !== undefined,
    isConditional: asked["if-range"] !== undefined,
    below: way === undefined ? "plain" : "whole",
    isTail: suffix !== undefined && way === "plain" && begun?.size !== undefined,
    length,
    range,
    size,
    object,
    known: begun !== undefined && isSame ? StoredObjects.merge(begun, object) : object,
    isSame,
    isOther: begun !== undefined && StoredObjects.isDifferent(begun, object),
    isRetagged: begun !== undefined && StoredObjects.isRetagged(begun, object),
    isResized: begun?.size !== undefined && size !== undefined && begun.size !== size
  }
}

const contentRange = /^bytes[ \t]+(?:(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)|\*\/(\d{1,15}))$/i

const contentLength = (headers: Head["headers"]): number | undefined => {
  const value = headers["content-length"]
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
