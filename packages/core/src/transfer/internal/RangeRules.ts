/**
 * What the answer of a storage host means for the range that is being read. Nothing here acts: each rule looks at what was asked
 * and at the head of the answer, and the first one that applies decides.
 */
import { isTransientStatus } from "../../http/Http.ts"
import type * as StoredObject from "../StoredObject.ts"
import type { Reason } from "../TransferError.ts"
import * as StoredObjects from "./StoredObjects.ts"
import { LengthMismatch, ObjectMissing, RangesRefused, UnexpectedContent, UnexpectedStatus } from "./TransferReason.ts"

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
}

/** The object that all ranges are of. */
export interface Begun {
  /** None before the first answer. */
  object: StoredObject.StoredObject | undefined
  /** The host has said or shown that it serves ranges, and they can be joined. */
  acceptsRanges: boolean
  /** Bytes of the object have come. */
  hasBytes: boolean
}

/** What the host has now: the object begun, another one, or one of which it does not say enough to tell. */
export type Now = "same" | "another" | "unknown"

/** The beginning of an answer. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

export type Action =
  /** Its body has bytes of the object, from `offset` on, up to `declared`, where that is known. */
  | {
      readonly _tag: "Take"
      readonly object: StoredObject.StoredObject
      readonly offset: number
      readonly end: number | undefined
      readonly declared: number | undefined
      readonly acceptsRanges: boolean
    }
  /** There are no more bytes than came until now. */
  | { readonly _tag: "End" }
  /** The link was refused. */
  | { readonly _tag: "Refused"; readonly status: number }
  /** Nothing can be made of the answer; another one may be better. */
  | { readonly _tag: "Broken"; readonly description: string; readonly status?: number }
  /** The host will not go on from here. What it says of the same object stays said. */
  | { readonly _tag: "Changed"; readonly now: Now; readonly object?: StoredObject.StoredObject }
  | { readonly _tag: "Fail"; readonly reason: Reason }

/** What is asked for, and what is answered. */
interface Facts {
  readonly head: Head
  readonly expect: "zip" | undefined
  readonly hasBytes: boolean
  readonly suffix: number | undefined
  readonly offset: number
  readonly end: number | undefined
  readonly unconfirmed: boolean
  /** `Content-Length`, and the range and size of `Content-Range`. */
  readonly length: number | undefined
  readonly range: { readonly start: number; readonly last: number } | undefined
  readonly size: number | undefined
  /** The object of the answer; and all that is known of it. */
  readonly object: StoredObject.StoredObject
  readonly known: StoredObject.StoredObject
  readonly isSame: boolean
  readonly isOther: boolean
}

type Rule = (facts: Facts) => Action | undefined

const broken = (description: string): Action => ({ _tag: "Broken", description })
const changed = (now: Now): Action => ({ _tag: "Changed", now })
const fail = (reason: Reason): Action => ({ _tag: "Fail", reason })

/** In this order. */
export const rules = {
  linkRefused: ({ head: { status } }) =>
    status === 400 || status === 401 || status === 403 ? { _tag: "Refused", status } : undefined,
  objectGone: ({ head: { status } }) =>
    status === 404 || status === 410 ? fail(new ObjectMissing({ status })) : undefined,
  conditionFailed: ({ head: { status } }) => (status === 412 ? changed("another") : undefined),
  passingTrouble: ({ head: { status } }) =>
    isTransientStatus(status) ? { _tag: "Broken", description: `status ${status}`, status } : undefined,
  otherStatus: ({ head: { status } }) =>
    status !== 200 && status !== 206 && status !== 416 ? fail(new UnexpectedStatus({ status })) : undefined,

  /** `416` says that there is nothing from a byte on, so it answers no question for all bytes. */
  nothingOfAll: ({ head: { status }, offset, suffix, unconfirmed }) =>
    status === 416 && offset === 0 && !unconfirmed && suffix === undefined
      ? fail(new UnexpectedStatus({ status }))
      : undefined,
  endOfAnother: ({ hasBytes, head: { status }, isOther, offset, size }) =>
    status === 416 && size === offset && hasBytes && isOther ? changed("another") : undefined,
  endConfirmed: ({ head: { status }, offset, size }) =>
    status === 416 && size === offset ? { _tag: "End" } : undefined,
  suffixRefused: ({ head: { status }, suffix }) =>
    status === 416 && suffix !== undefined ? fail(new RangesRefused()) : undefined,
  endDenied: ({ head: { status }, offset, unconfirmed }) =>
    status === 416 && unconfirmed ? fail(new LengthMismatch({ received: offset })) : undefined,
  shorterNow: ({ head: { status } }) => (status === 416 ? changed("another") : undefined),

  /** `206`: the bytes asked for, or none are taken. */
  rangeUnusable: ({ head: { status }, range }) =>
    status === 206 && range === undefined ? broken("status 206 without a usable Content-Range") : undefined,
  sizeUnknown: ({ head: { status }, size, suffix }) =>
    status === 206 && suffix !== undefined && size === undefined
      ? broken("status 206 without the size of the object")
      : undefined,
  otherBytes: ({ head: { status }, offset, range, size }) =>
    status === 206 &&
    range !== undefined &&
    (range.start !== offset || range.last < range.start || (size !== undefined && range.last >= size))
      ? broken(`bytes from ${range.start} where those from ${offset} were asked for`)
      : undefined,
  lengthsDisagree: ({ head: { status }, length, range }) =>
    status === 206 && range !== undefined && length !== undefined && length !== range.last + 1 - range.start
      ? broken(`${length} bytes declared for a range of ${range.last + 1 - range.start}`)
      : undefined,

  /** `200`: the object from its first byte, whatever was asked for. */
  endlessAgain: ({ head, length, offset, unconfirmed }) =>
    head.status === 200 && unconfirmed && length === undefined && !isChunked(head)
      ? fail(new LengthMismatch({ received: offset }))
      : undefined,
  otherObject: ({ hasBytes, isOther, isSame }) =>
    hasBytes && !isSame ? changed(isOther ? "another" : "unknown") : undefined,
  endRepeated: ({ head: { status }, isSame, offset, size, unconfirmed }) =>
    status === 200 && unconfirmed && isSame && offset === size ? { _tag: "End" } : undefined,
  fromFirstByte: ({ head: { status }, known, offset }) =>
    status === 200 && offset > 0 ? { _tag: "Changed", now: "same", object: known } : undefined,

  otherContent: ({ expect, head }) => {
    const found = refusedType(head.headers, expect)
    return found === undefined ? undefined : fail(found)
  }
} satisfies Readonly<Record<string, Rule>>

/** What to do with an answer. `among` is for tests, which show what each rule is good for. */
export const decide = (
  at: Readonly<Position>,
  begun: Readonly<Begun>,
  head: Head,
  expect: "zip" | undefined,
  among: ReadonlyArray<Rule> = Object.values(rules)
): Action => {
  const facts = factsOf(at, begun, head, expect)
  for (const rule of among) {
    const action = rule(facts)
    if (action !== undefined) return action
  }
  const { end, known, object, offset, range } = facts
  const isPart = head.status === 206 && range !== undefined
  return {
    _tag: "Take",
    object: known,
    offset,
    end,
    declared: isPart ? range.last + 1 : known.size,
    acceptsRanges: isPart
      ? StoredObjects.isRecognizable(known)
      : head.headers["accept-ranges"] === "bytes" && StoredObjects.isRecognizable(object)
  }
}

const factsOf = (
  { end, offset, suffix, unconfirmed }: Readonly<Position>,
  { hasBytes, object: begun }: Readonly<Begun>,
  head: Head,
  expect: "zip" | undefined
): Facts => {
  const { headers, status } = head
  const [, from, to, of, alone] =
    /^bytes (?:(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)|\*\/(\d{1,15}))$/.exec(headers["content-range"] ?? "") ?? []
  const range = from === undefined ? undefined : { start: Number(from), last: Number(to) }
  const length = contentLength(headers)
  const total = status === 416 ? alone : range === undefined || of === "*" ? undefined : of
  const size = status === 200 ? length : total === undefined ? undefined : Number(total)
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
    length,
    range,
    size,
    object,
    known: begun !== undefined && isSame ? StoredObjects.merge(begun, object) : object,
    isSame,
    isOther: begun !== undefined && StoredObjects.isDifferent(begun, object)
  }
}

/** What the end of a body means. */
export type BodyEnd =
  | { readonly _tag: "Whole" | "Unconfirmed" | "Short" }
  | Extract<Action, { readonly _tag: "Broken" | "Fail" }>

/** A body has ended at `position`, which may be behind the last byte that is wanted. */
export const atEnd = (
  at: Readonly<Position>,
  { declared, object }: Extract<Action, { readonly _tag: "Take" }>,
  position: number,
  head: Head,
  expect: "zip" | undefined
): BodyEnd => {
  if (declared === 0 && expect === "zip") {
    return { _tag: "Fail", reason: new UnexpectedContent({ expected: "a ZIP archive", found: "an empty body" }) }
  }
  if (at.end !== undefined && at.offset >= at.end) return { _tag: "Whole" }
  if (declared !== undefined && position < declared) {
    return { _tag: "Broken", description: `the body ended after ${position} of ${declared} bytes` }
  }
  // Chunked framing (RFC 9112, 7.1) tells a whole body from a cut one; the end of a connection does not.
  if (declared === undefined && isChunked(head)) return { _tag: "Whole" }
  if (object.size === at.offset) return { _tag: "Whole" }
  return { _tag: object.size === undefined ? "Unconfirmed" : "Short" }
}

/** The headers that ask for what is missing. */
export const ask = (at: Readonly<Position>, { object }: Readonly<Begun>): Record<string, string> => {
  if (at.suffix !== undefined) return { range: `bytes=-${at.suffix}` }
  const isAll = at.offset === 0 && (at.end === undefined || at.end === object?.size)
  if (isAll && !at.unconfirmed) return {}
  const etag = object === undefined ? undefined : StoredObjects.strongEtag(object)
  const last = at.end === undefined || at.end === object?.size ? "" : at.end - 1
  return { range: `bytes=${at.offset}-${last}`, ...(etag === undefined ? {} : { "if-range": etag }) }
}

/** The first bytes of something that is no ZIP archive, where one is expected. */
export const notZip = (bytes: Uint8Array, { headers }: Head): UnexpectedContent | undefined => {
  if (bytes[0] === 0x50 && (bytes.length < 2 || bytes[1] === 0x4b)) return undefined
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 16)).replace(/[^\x20-\x7e]/g, ".")
  const found = `${headers["content-type"] ?? "content without a type"} beginning with ${JSON.stringify(beginning)}`
  return new UnexpectedContent({ expected: "a ZIP archive", found })
}

const isChunked = ({ headers }: Head): boolean => headers["transfer-encoding"]?.toLowerCase() === "chunked"

const contentLength = (headers: Head["headers"]): number | undefined => {
  const value = headers["content-length"]
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** HTML is what proxies and sign-in pages send; an encoded body is not the object's bytes. */
const refusedType = (headers: Head["headers"], expect: "zip" | undefined): UnexpectedContent | undefined => {
  const encoding = headers["content-encoding"] ?? "identity"
  if (encoding !== "identity") {
    return new UnexpectedContent({ expected: "an unencoded body", found: `the content encoding ${encoding}` })
  }
  const type = headers["content-type"] ?? ""
  const isRefused = expect === "zip" ? /^(?:text\/(?:html|xml)|application\/xml)\b/i : /^text\/html\b/i
  return isRefused.test(type)
    ? new UnexpectedContent({ expected: expect === "zip" ? "a ZIP archive" : "an asset", found: type })
    : undefined
}
