/** One request to a storage host, its redirects, and the check of the answer against the object begun. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Backoff from "../../http/Backoff.ts"
import { isTransientStatus } from "../../http/Http.ts"
import * as SignedUrl from "../../SignedUrl.ts"
import type { StorageClient, StorageError, StorageResponse } from "../StorageClient.ts"
import * as StoredObject from "../StoredObject.ts"
import {
  InsecureUrl,
  InvalidRequest,
  LengthMismatch,
  ObjectMissing,
  RangesRefused,
  type Reason,
  RedirectRefused,
  UnexpectedContent,
  UnexpectedStatus,
  UntrustedHost
} from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Redirect from "./Redirect.ts"

/** A range that is being read: how far it has come, which the exchange moves forward. */
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

export interface Settings {
  readonly client: StorageClient["Service"]
  /** The most bytes that are handed on at once. */
  readonly pieceSize: number | undefined
  readonly allowHttp: boolean
  readonly idleTimeout: Duration.Duration
  readonly redirects: number
  readonly expect: "zip" | undefined
}

/** What the host has now: the object begun, another one, or one of which it does not say enough to tell. */
export type Now = "same" | "another" | "unknown"

/** What the transfer can mend: by trying again, by a fresh link, by starting over. */
export class Fault extends Data.TaggedError("Fault")<{
  readonly kind:
    | {
        readonly _tag: "Broken"
        readonly description: string
        /** Who takes the bytes had not wanted any for so long that the host may have given up: nobody's fault. */
        readonly afterPause?: boolean
        readonly status?: number
        readonly retryAfter?: Duration.Duration | undefined
      }
    | { readonly _tag: "Refused"; readonly status: number; readonly code: string | undefined }
    /** The host will not go on from here. */
    | { readonly _tag: "Changed"; readonly now: Now }
}> {}

/** What the transfer cannot mend. */
export class Rejection extends Data.TaggedError("Rejection")<{ readonly reason: Reason }> {}

const broken = (description: string, afterPause = false): Fault =>
  new Fault({ kind: { _tag: "Broken", description, afterPause } })

const changed = (now: Now): Fault => new Fault({ kind: { _tag: "Changed", now } })

const reject = (reason: Reason) => Effect.fail(new Rejection({ reason }))

/** Asks for the bytes from `at` on. Ends with all of them, with a part of them, with a fault, or with a rejection. */
export const open = (
  url: SignedUrl.SignedUrl,
  at: Position,
  begun: Begun,
  settings: Settings
): Stream.Stream<TransferEvent, Fault | Rejection> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const response = yield* follow(url, rangeHeaders(at, begun), settings)
      switch (response.status) {
        case 200:
          return yield* takeWhole(response, at, begun, settings)
        case 206:
          return yield* takePart(response, at, begun, settings)
        case 416:
          return yield* takeNothing(response, at, begun)
        case 400:
        case 401:
        case 403:
          return yield* new Fault({
            kind: { _tag: "Refused", status: response.status, code: yield* errorCode(response, settings) }
          })
        case 404:
        case 410:
          return yield* reject(new ObjectMissing({ status: response.status }))
        case 412:
          return yield* changed("another")
        default:
          return isTransientStatus(response.status)
            ? yield* new Fault({
                kind: {
                  _tag: "Broken",
                  description: `status ${response.status}`,
                  status: response.status,
                  retryAfter: yield* Backoff.retryAfter(response.headers)
                }
              })
            : yield* reject(new UnexpectedStatus({ status: response.status }))
      }
    })
  )

const rangeHeaders = (at: Position, { object }: Begun): Record<string, string> => {
  if (at.suffix !== undefined) return { range: `bytes=-${at.suffix}` }
  const isAll = at.offset === 0 && (at.end === undefined || at.end === object?.size)
  if (isAll && !at.unconfirmed) return {}
  const etag = object === undefined ? undefined : StoredObject.strongEtag(object)
  const last = at.end === undefined || at.end === object?.size ? "" : at.end - 1
  return { range: `bytes=${at.offset}-${last}`, ...(etag === undefined ? {} : { "if-range": etag }) }
}

/** Sends the request and follows redirects: `https` only unless the API itself is `http`, and only so many. */
const follow = Effect.fnUntraced(function* (
  start: SignedUrl.SignedUrl,
  headers: Record<string, string>,
  { allowHttp, client, idleTimeout, pieceSize, redirects }: Settings
): Effect.fn.Return<StorageResponse, Fault | Rejection, Scope.Scope> {
  if (SignedUrl.origin(start).startsWith("http:") && !allowHttp) return yield* reject(new InsecureUrl())
  const exchange = yield* Effect.scope
  let link = start
  for (let hop = 0; hop <= redirects; hop++) {
    const hopScope = yield* Scope.fork(exchange)
    const response = yield* client
      .get(link, { headers, pieceSize })
      .pipe(
        Scope.provide(hopScope),
        Effect.mapError(failed),
        Effect.timeoutOrElse({ duration: idleTimeout, orElse: () => Effect.fail(broken(silence(idleTimeout))) })
      )
    const location = isRedirect(response.status) ? response.headers["location"] : undefined
    if (location === undefined) return response
    // Nobody reads the body of a redirect, however long it is.
    yield* Scope.close(hopScope, Exit.void)
    link = yield* Result.match(Redirect.target(location, link, allowHttp), {
      onFailure: (description) => reject(new RedirectRefused({ description })),
      onSuccess: Effect.succeed
    })
  }
  return yield* reject(new RedirectRefused({ description: `more than ${redirects} times` }))
})

/** What trying again helps against, and what it does not. */
const failed = (error: StorageError): Fault | Rejection => {
  const { description } = error
  if (error.isUntrusted) return new Rejection({ reason: new UntrustedHost({ description }) })
  return error.phase === "request"
    ? new Rejection({ reason: new InvalidRequest({ description }) })
    : broken(description)
}

const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

const silence = (idleTimeout: Duration.Duration) => `no bytes for ${Duration.format(idleTimeout)}`

/** Hosts do not close a connection sooner because nobody reads from it. */
const longPause = Duration.seconds(5)

type Taken = Effect.Effect<Stream.Stream<TransferEvent, Fault | Rejection>, Fault | Rejection>

/** What was to be read of an object that is gone before its first byte is forgotten. */
const rewind = (at: Position, { hasBytes }: Begun): void => {
  if (hasBytes) return
  at.offset = 0
  at.end = undefined
}

/** What an object that is not the one begun is called. */
const instead = ({ object }: Begun, now: StoredObject.StoredObject): Now =>
  object !== undefined && StoredObject.isDifferent(object, now) ? "another" : "unknown"

/** `200`: the object from its first byte, whatever was asked for. */
const takeWhole = (response: StorageResponse, at: Position, begun: Begun, settings: Settings): Taken => {
  const size = contentLength(response)
  if (at.unconfirmed && size === undefined && !isChunked(response)) {
    return reject(new LengthMismatch({ received: at.offset }))
  }
  rewind(at, begun)
  const object = StoredObject.fromHeaders(response.headers, response.status, size)
  const sameObject = begun.object !== undefined && StoredObject.isSame(begun.object, object)
  if (!sameObject && begun.hasBytes) return Effect.fail(changed(instead(begun, object)))
  if (at.unconfirmed && at.offset === size && sameObject) return end(at, begun)
  begun.object = begun.object !== undefined && sameObject ? StoredObject.merge(begun.object, object) : object
  if (at.offset > 0) return Effect.fail(changed("same"))
  at.unconfirmed = false
  begun.acceptsRanges = response.headers["accept-ranges"] === "bytes" && StoredObject.isRecognizable(object)
  return receive(response, begun.object.size, at, begun, settings)
}

/** `206`: the bytes asked for, of the object begun, or nothing is taken. */
const takePart = (response: StorageResponse, at: Position, begun: Begun, settings: Settings): Taken => {
  const parts = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(response.headers["content-range"] ?? "")
  if (parts === null) return Effect.fail(broken("status 206 without a usable Content-Range"))
  const [start, last] = [Number(parts[1]), Number(parts[2])]
  const size = parts[3] === "*" ? undefined : Number(parts[3])
  rewind(at, begun)
  if (at.suffix !== undefined) {
    if (size === undefined) return Effect.fail(broken("status 206 without the size of the object"))
    at.offset = Math.max(0, size - at.suffix)
    at.end = size
  }
  if (start !== at.offset || last < start || (size !== undefined && last >= size)) {
    return Effect.fail(broken(`bytes from ${start} where those from ${at.offset} were asked for`))
  }
  const length = contentLength(response)
  if (length !== undefined && length !== last + 1 - start) {
    return Effect.fail(broken(`${length} bytes declared for a range of ${last + 1 - start}`))
  }
  const object = StoredObject.fromHeaders(response.headers, response.status, size)
  const sameObject = begun.object !== undefined && StoredObject.isSame(begun.object, object)
  if (!sameObject && begun.hasBytes) return Effect.fail(changed(instead(begun, object)))
  begun.object = begun.object !== undefined && sameObject ? StoredObject.merge(begun.object, object) : object
  begun.acceptsRanges = StoredObject.isRecognizable(begun.object)
  at.unconfirmed = false
  return receive(response, last + 1, at, begun, settings)
}

/** `416`: there is nothing from this byte on. Right where all bytes are there, else the object is another one. */
const takeNothing = (response: StorageResponse, at: Position, begun: Begun): Taken => {
  rewind(at, begun)
  const size = /^bytes \*\/(\d{1,15})$/.exec(response.headers["content-range"] ?? "")?.[1]
  if (at.offset === 0 && !at.unconfirmed && at.suffix === undefined)
    return reject(new UnexpectedStatus({ status: 416 }))
  if (size !== undefined && Number(size) === at.offset) {
    const object = StoredObject.fromHeaders(response.headers, response.status, at.offset)
    if (begun.hasBytes && instead(begun, object) === "another") return Effect.fail(changed("another"))
    return end(at, begun)
  }
  if (at.suffix !== undefined) return reject(new RangesRefused())
  return at.unconfirmed ? reject(new LengthMismatch({ received: at.offset })) : Effect.fail(changed("another"))
}

/** All bytes are there; told where no size was declared. */
const end = (at: Position, begun: Begun): Taken => {
  at.whole = true
  if (begun.object?.size === at.offset) return Effect.succeed(Stream.empty)
  begun.object = { ...begun.object, size: at.offset }
  return Effect.succeed(Stream.succeed({ _tag: "Opened", object: begun.object, offset: at.offset }))
}

/** The bytes of a body up to `declared` (exclusive; unknown where no length was declared), counted, and no more than wanted. */
const receive = (
  response: StorageResponse,
  declared: number | undefined,
  at: Position,
  begun: Begun,
  settings: Settings
): Taken => {
  const object = begun.object ?? {}
  const refused = refusedType(response.headers, settings.expect)
  if (refused !== undefined) return reject(refused)
  const opened: TransferEvent = { _tag: "Opened", object, offset: at.offset }
  let position = at.offset
  /** The last event wanted, where the body goes on behind it. */
  let last: TransferEvent | undefined
  /** When bytes were handed on. */
  let handedOn: number | undefined
  let wasHeld = false
  const cut = (description: string) => broken(description, wasHeld)

  /** Notes how long nobody wants more. */
  const noting = <A, E, D>(pull: Pull.Pull<A, E, D>): Pull.Pull<A, E, D> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (handedOn !== undefined && now - handedOn >= Duration.toMillis(longPause)) wasHeld = true
      return Effect.tap(pull, () =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          handedOn = now
        })
      )
    })

  const fromHost = response.body.pipe(
    Stream.mapError((error) => cut(error.description)),
    Stream.timeoutOrElse({
      duration: settings.idleTimeout,
      orElse: () => Stream.fail(cut(silence(settings.idleTimeout)))
    })
  )

  const take = (
    chunks: Arr.NonEmptyReadonlyArray<Uint8Array>
  ): Effect.Effect<Arr.NonEmptyReadonlyArray<TransferEvent>, Rejection> => {
    if (position === 0 && settings.expect === "zip" && !looksLikeZip(chunks[0])) {
      const found = describeContent(response.headers, chunks[0])
      return reject(new UnexpectedContent({ expected: "a ZIP archive", found }))
    }
    begun.hasBytes = true
    at.suffix = undefined
    const events = Arr.map(chunks, (chunk): TransferEvent => {
      const room = at.end === undefined ? chunk.length : Math.max(0, at.end - position)
      const bytes = chunk.length <= room ? chunk : chunk.subarray(0, room)
      const event: TransferEvent = { _tag: "Bytes", offset: position, bytes }
      position += chunk.length
      at.offset += bytes.length
      if (at.end !== undefined && at.offset >= at.end && (declared === undefined || at.end < declared)) last ??= event
      return event
    })
    return declared !== undefined && position > declared
      ? reject(new LengthMismatch({ declared, received: position }))
      : Effect.succeed(events)
  }

  const ended = Effect.suspend((): Effect.Effect<void, Fault | Rejection> => {
    if (declared === 0 && settings.expect === "zip") {
      return reject(new UnexpectedContent({ expected: "a ZIP archive", found: "an empty body" }))
    }
    if (at.end !== undefined && at.offset >= at.end) at.whole = true
    else if (declared !== undefined && position < declared) {
      return Effect.fail(cut(`the body ended after ${position} of ${declared} bytes`))
    }
    // Chunked framing (RFC 9112, 7.1) tells a whole body from a cut one; the end of a connection does not.
    else if (declared === undefined && isChunked(response)) at.whole = true
    else if (object.size === at.offset) at.whole = true
    else if (object.size === undefined) at.unconfirmed = true
    return Effect.void
  })

  return Effect.succeed(
    Stream.succeed(opened).pipe(
      Stream.concat(
        Stream.transformPull(fromHost, (pull) => Effect.succeed(noting(pull))).pipe(
          Stream.filter((bytes) => bytes.length > 0),
          Stream.mapArrayEffect(take),
          // What breaks behind the last byte wanted breaks nothing. The end of the whole object has to be asked for.
          Stream.catch((failure) =>
            failure._tag === "Fault" && at.end !== undefined && at.offset >= at.end && at.end !== object.size
              ? Stream.empty
              : Stream.fail(failure)
          ),
          // The end may have moved closer than what was asked for: what comes after it is somebody else's.
          Stream.takeUntil((event) => event === last)
        )
      ),
      Stream.concat(Stream.fromEffectDrain(ended))
    )
  )
}

const isChunked = ({ headers }: StorageResponse): boolean => headers["transfer-encoding"]?.toLowerCase() === "chunked"

const contentLength = (response: StorageResponse): number | undefined => {
  const value = response.headers["content-length"]
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** HTML is what proxies and sign-in pages send; an encoded body is not the object's bytes. */
const refusedType = (
  headers: { readonly [name: string]: string | undefined },
  expect: "zip" | undefined
): UnexpectedContent | undefined => {
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

const looksLikeZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && (bytes.length < 2 || bytes[1] === 0x4b)

const describeContent = (headers: { readonly [name: string]: string | undefined }, bytes: Uint8Array): string => {
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 16)).replace(/[^\x20-\x7e]/g, ".")
  return `${headers["content-type"] ?? "content without a type"} beginning with ${JSON.stringify(beginning)}`
}

/** The `<Code>` of an S3 or CloudFront error; nothing else of that body, for it may repeat the signature. */
const errorCode = (response: StorageResponse, { idleTimeout }: Settings): Effect.Effect<string | undefined> =>
  response.body.pipe(
    Stream.take(4),
    Stream.decodeText,
    Stream.mkString,
    Effect.timeout(Duration.min(idleTimeout, Duration.seconds(5))),
    Effect.map((text) => /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text.slice(0, 4096))?.[1]),
    Effect.orElseSucceed(() => undefined)
  )
