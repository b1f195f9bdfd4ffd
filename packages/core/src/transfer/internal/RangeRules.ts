/**
 * What the answer of a storage host means for the range that is being read. Nothing here acts: each rule looks at what was asked
 * and at the head of the answer, and the first one that applies decides.
 */
import { isTransientStatus } from "../../http/Http.ts"
import type * as StoredObject from "../StoredObject.ts"
import type { Reason } from "../TransferError.ts"
import * as Content from "./Content.ts"
import * as RangeFacts from "./RangeFacts.ts"
import type { Begun, Facts, Head, Position, Way } from "./RangeFacts.ts"
import * as StoredObjects from "./StoredObjects.ts"
import { LengthMismatch, ObjectMissing, UnexpectedContent, UnexpectedStatus } from "./TransferReason.ts"

export type { Begun, Head, Manners, Position, Way } from "./RangeFacts.ts"

/**
 * What the host has now: the object begun, another one, or one of which it does not say enough to tell. `retagged` is one of the
 * same size with another `ETag` or date: another object, or a host whose answers do not agree.
 */
export type Now = "same" | "another" | "retagged" | "unknown"

export type Action =
  /** Its body has bytes of the object, from `from` on, up to `declared`, where that is known. Those from `offset` on are wanted. */
  | {
      readonly _tag: "Take"
      readonly object: StoredObject.StoredObject
      readonly from: number
      readonly offset: number
      readonly end: number | undefined
      readonly declared: number | undefined
      readonly acceptsRanges: boolean
    }
  /** There are no more bytes than came until now. */
  | { readonly _tag: "End" }
  /** The link was refused. */
  | { readonly _tag: "Refused"; readonly status: number }
  /** Ask at once in another way; the object is known by now. */
  | { readonly _tag: "Again"; readonly way: Way; readonly object?: StoredObject.StoredObject }
  /** Nothing can be made of the answer; another one may be better, perhaps to another question. */
  | { readonly _tag: "Broken"; readonly description: string; readonly status?: number; readonly way?: Way }
  /** The host will not go on from here. What it says of the same object stays said. */
  | { readonly _tag: "Changed"; readonly now: Now; readonly object?: StoredObject.StoredObject }
  | { readonly _tag: "Fail"; readonly reason: Reason }

type Rule = (facts: Facts) => Action | undefined

const unusable = (description: string, way: Way): Action => ({ _tag: "Broken", description, way })
const again = (way: Way): Action => ({ _tag: "Again", way })
const changed = (now: Now): Action => ({ _tag: "Changed", now })
const fail = (reason: Reason): Action => ({ _tag: "Fail", reason })

const isLinkRefused = (status: number): boolean => status === 400 || status === 401 || status === 403

/** In this order. */
export const rules = {
  /** Many hosts know no range of the last bytes, and refuse it in one way or another. The link may be good all the same. */
  suffixRefused: ({ below, head: { status }, isRange, suffix }) =>
    suffix !== undefined && isRange && below === "plain" && isLinkRefused(status) ? again(below) : undefined,
  linkRefused: ({ head: { status } }) => (isLinkRefused(status) ? { _tag: "Refused", status } : undefined),
  objectGone: ({ head: { status } }) =>
    status === 404 || status === 410 ? fail(new ObjectMissing({ status })) : undefined,
  suffixFailed: ({ below, head: { status }, isRange, suffix }) =>
    status === 500 && suffix !== undefined && isRange
      ? { _tag: "Broken", description: `status ${status}`, status, way: below }
      : undefined,
  passingTrouble: ({ head: { status } }) =>
    isTransientStatus(status) ? { _tag: "Broken", description: `status ${status}`, status } : undefined,
  /** What means nothing may be about the range, or its condition. */
  rangeUnknown: ({ below, head: { status }, isRange }) =>
    isRange && status !== 200 && status !== 206 && status !== 416 ? again(below) : undefined,
  otherStatus: ({ head: { status } }) =>
    status !== 200 && status !== 206 && status !== 416 ? fail(new UnexpectedStatus({ status })) : undefined,

  /** `416` says that there is nothing from a byte on, so it answers no question for all bytes. */
  nothingOfAll: ({ head: { status }, isRange }) =>
    status === 416 && !isRange ? fail(new UnexpectedStatus({ status })) : undefined,
  endOfAnother: ({ hasBytes, head: { status }, isOther, isRetagged, offset, size }) =>
    status === 416 && size === offset && hasBytes && isOther ? changed(isRetagged ? "retagged" : "another") : undefined,
  endConfirmed: ({ head: { status }, offset, size }) =>
    status === 416 && size === offset ? { _tag: "End" } : undefined,
  endDenied: ({ head: { status }, offset, unconfirmed }) =>
    status === 416 && unconfirmed ? fail(new LengthMismatch({ received: offset })) : undefined,
  /** Of no size but its own it is another one; else the host knows no such range. */
  shorterNow: ({ hasBytes, head: { status }, isResized }) =>
    status === 416 && hasBytes && isResized ? changed("another") : undefined,
  rangeDenied: ({ below, head: { status } }) => (status === 416 ? again(below) : undefined),

  /** `206`: the bytes asked for are among those that come, or none are taken. */
  rangeUnusable: ({ below, head: { status }, range }) =>
    status === 206 && range === undefined ? unusable("status 206 without a usable Content-Range", below) : undefined,
  sizeUnknown: ({ head: { status }, isRange, size, suffix }) =>
    status === 206 && suffix !== undefined && size === undefined
      ? isRange
        ? again("whole")
        : unusable("status 206 without the size of the object", "whole")
      : undefined,
  rangeImpossible: ({ below, head: { status }, range, size }) =>
    status === 206 && range !== undefined && (range.last < range.start || (size !== undefined && range.last >= size))
      ? unusable(`bytes from ${range.start} to ${range.last} of ${size ?? "an unknown number"}`, below)
      : undefined,
  /** Not the last bytes, but how many there are. */
  sizeLearned: ({ head: { status }, isRange, isTail, object, offset, range, suffix }) =>
    status === 206 && suffix !== undefined && isRange && !isTail && range !== undefined && range.last < offset
      ? { _tag: "Again", way: "plain", object }
      : undefined,
  otherBytes: ({ below, head: { status }, offset, range }) =>
    status === 206 && range !== undefined && (range.start > offset || range.last < offset)
      ? unusable(`bytes from ${range.start} where those from ${offset} were asked for`, below)
      : undefined,
  lengthsDisagree: ({ below, head: { status }, length, range }) =>
    status === 206 && range !== undefined && length !== undefined && length !== range.last + 1 - range.start
      ? unusable(`${length} bytes declared for a range of ${range.last + 1 - range.start}`, below)
      : undefined,

  /** `200`: the object from its first byte, whatever was asked for. */
  suffixOfNothing: ({ below, head: { status }, isRange, size, suffix }) =>
    status === 200 && suffix !== undefined && isRange && size === 0 ? again(below) : undefined,
  endlessAgain: ({ head, length, offset, unconfirmed }) =>
    head.status === 200 && unconfirmed && length === undefined && !isChunked(head)
      ? fail(new LengthMismatch({ received: offset }))
      : undefined,
  endRepeated: ({ head: { status }, isSame, offset, size, unconfirmed }) =>
    status === 200 && unconfirmed && isSame && offset === size ? { _tag: "End" } : undefined,
  /** Before what has come is given up for it. */
  otherContent: ({ expect, head }) => {
    const found = Content.refusedType(head.headers, expect)
    return found === undefined ? undefined : fail(found)
  },
  conditionIgnored: ({ hasBytes, head: { status }, isConditional, isOther }) =>
    status === 200 && isConditional && hasBytes && !isOther ? again("plain") : undefined,
  otherObject: ({ hasBytes, isOther, isRetagged, isSame }) =>
    hasBytes && !isSame ? changed(isRetagged ? "retagged" : isOther ? "another" : "unknown") : undefined,
  fromFirstByte: ({ head: { status }, known, offset }) =>
    status === 200 && offset > 0 ? { _tag: "Changed", now: "same", object: known } : undefined
} satisfies Readonly<Record<string, Rule>>

/** The headers that ask for what is missing. */
export const ask: typeof RangeFacts.ask = RangeFacts.ask

/** What to do with an answer to what was `asked`. `among` is for tests, which show what each rule is good for. */
export const decide = (
  at: Readonly<Position>,
  begun: Readonly<Begun>,
  head: Head,
  expect: "zip" | undefined,
  asked: Readonly<Record<string, string>> = ask(at, begun),
  among: ReadonlyArray<Rule> = Object.values(rules)
): Action => {
  const facts = RangeFacts.of(at, begun, head, expect, asked)
  for (const rule of among) {
    const action = rule(facts)
    if (action !== undefined) return action
  }
  const { end, known, object, offset, range } = facts
  const isPart = head.status === 206 && range !== undefined
  return {
    _tag: "Take",
    object: known,
    from: isPart ? range.start : offset,
    offset,
    end,
    declared: isPart ? range.last + 1 : known.size,
    acceptsRanges:
      begun.isVolatile !== true &&
      (isPart
        ? StoredObjects.isRecognizable(known)
        : head.headers["accept-ranges"]?.toLowerCase() === "bytes" && StoredObjects.isRecognizable(object))
  }
}

/**
 * How to ask by a link that was refused, though it was made just now: perhaps not the link is refused, but the range. None
 * where no range was asked for.
 */
export const refusedAgain = (at: Readonly<Position>, begun: Readonly<Begun>): Way | undefined =>
  ask(at, begun)["range"] === undefined ? undefined : at.way === undefined ? "plain" : "whole"

/**
 * How to ask where there was no answer, or 500, so many times in a row: a host may break on what it does not know. That costs
 * nothing, but for a request of the whole, which is left for the last time.
 */
export const brokenAgain = (
  at: Readonly<Position>,
  begun: Readonly<Begun>,
  times: number,
  isLast: boolean
): Way | undefined => {
  if (ask(at, begun)["range"] === undefined) return at.way
  if (times > 1 && isLast) return "whole"
  return times > 1 || at.suffix !== undefined ? (at.way ?? "plain") : at.way
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

const isChunked = ({ headers }: Head): boolean => /\bchunked$/i.test(headers["transfer-encoding"] ?? "")
