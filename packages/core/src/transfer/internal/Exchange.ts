/**
 * One exchange with a storage host: a request, the redirects it leads to, and the bytes of the answer. What the answer means,
 * `RangeRules` says.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Backoff from "../../http/Backoff.ts"
import * as Metrics from "../../Metrics.ts"
import * as SignedUrl from "../../SignedUrl.ts"
import type { StorageClient, StorageError, StorageResponse } from "../StorageClient.ts"
import type { Reason } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Content from "./Content.ts"
import * as RangeRules from "./RangeRules.ts"
import * as Redirect from "./Redirect.ts"
import { InsecureUrl, InvalidRequest, LengthMismatch, RedirectRefused, UntrustedHost } from "./TransferReason.ts"

export interface Settings {
  readonly client: StorageClient["Service"]
  /** The most bytes that are handed on at once. */
  readonly pieceSize: number | undefined
  readonly allowHttp: boolean
  readonly idleTimeout: Duration.Duration
  readonly redirects: number
  readonly expect: "zip" | undefined
  readonly retries: number
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
}

/** Why an exchange has ended before the range was there. */
export class Fault extends Data.TaggedError("Fault")<{
  readonly kind:
    | {
        readonly _tag: "Broken"
        readonly cause: "connect" | "response" | "body" | "silence" | "answer" | "status"
        readonly description: string
        readonly status?: number | undefined
        readonly retryAfter?: Duration.Duration | undefined
        /** Who takes the bytes had not wanted any for so long that the host may have given up: nobody's fault. */
        readonly afterPause?: boolean
      }
    | {
        readonly _tag: "Refused"
        readonly status: number
        readonly code: string | undefined
      }
    /** The same is asked for in another way. */
    | { readonly _tag: "Again" }
    | { readonly _tag: "Changed"; readonly now: RangeRules.Now }
    /** To try again would not help. */
    | { readonly _tag: "Fail"; readonly reason: Reason }
}> {}

type Cause = Extract<Fault["kind"], { readonly _tag: "Broken" }>["cause"]

const broken = (cause: Cause, description: string) => new Fault({ kind: { _tag: "Broken", cause, description } })
const failed = (reason: Reason) => new Fault({ kind: { _tag: "Fail", reason } })

/** Asks for the bytes from `at` on. Ends with all of them, with a part of them, or with a fault. */
export const open = (
  url: SignedUrl.SignedUrl,
  at: RangeRules.Position,
  begun: RangeRules.Begun,
  settings: Settings
): Stream.Stream<TransferEvent, Fault> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const headers = RangeRules.ask(at, begun)
      const { hostname, port, protocol } = new URL(SignedUrl.origin(url))
      yield* Effect.annotateCurrentSpan({
        "http.request.method": "GET",
        "server.address": hostname,
        "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
        ...(headers["range"] === undefined ? {} : { "scenario.range": headers["range"] })
      })
      yield* Effect.acquireRelease(Metric.modify(Metrics.transferConnections, 1), () =>
        Metric.modify(Metrics.transferConnections, -1)
      )
      const response = yield* follow(url, headers, settings)
      yield* Effect.annotateCurrentSpan("http.response.status_code", response.status)
      const action = RangeRules.decide(at, begun, response, settings.expect, headers)
      switch (action._tag) {
        case "Take":
          begun.object = action.object
          begun.hasJoined = begun.hasBytes
          begun.acceptsRanges = action.acceptsRanges
          if (at.way === "plain" && at.suffix === undefined && begun.manners !== undefined) {
            begun.manners.ignoresConditions = true
          }
          at.way = undefined
          at.offset = action.offset
          at.end = action.end
          at.unconfirmed = false
          return receive(response, action, at, begun, settings)
        case "End": {
          at.whole = true
          if (begun.object?.size === at.offset) return Stream.empty
          begun.object = { ...begun.object, size: at.offset }
          return Stream.make<[TransferEvent]>({ _tag: "Opened", object: begun.object, offset: at.offset })
        }
        case "Refused":
          return yield* new Fault({ kind: { ...action, code: yield* errorCode(response, settings) } })
        case "Again":
          at.way = action.way
          begun.object = action.object ?? begun.object
          return yield* new Fault({ kind: action })
        case "Broken":
          at.way = action.way ?? at.way
          return yield* new Fault({
            kind: {
              ...action,
              cause: action.status === undefined ? "answer" : "status",
              retryAfter: yield* Backoff.retryAfter(response.headers)
            }
          })
        case "Changed":
          begun.object = action.object ?? begun.object
          return yield* new Fault({ kind: action })
        case "Fail":
          return yield* new Fault({ kind: action })
      }
    })
  )

/** Sends the request and follows redirects: `https` only unless `http` is allowed, and only so many. */
const follow = Effect.fnUntraced(function* (
  start: SignedUrl.SignedUrl,
  headers: Record<string, string>,
  { allowHttp, client, idleTimeout, pieceSize, redirects }: Settings
): Effect.fn.Return<StorageResponse, Fault, Scope.Scope> {
  if (SignedUrl.origin(start).startsWith("http:") && !allowHttp) return yield* failed(new InsecureUrl())
  const exchange = yield* Effect.scope
  let link = start
  for (let hop = 0; hop <= redirects; hop++) {
    const hopScope = yield* Scope.fork(exchange)
    const response = yield* client.get(link, { headers, pieceSize }).pipe(
      Scope.provide(hopScope),
      Effect.mapError(ofStorage),
      Effect.timeoutOrElse({
        duration: idleTimeout,
        orElse: () => Effect.fail(broken("silence", silence(idleTimeout)))
      })
    )
    const location = isRedirect(response.status) ? response.headers["location"] : undefined
    if (location === undefined) return response
    // Nobody reads the body of a redirect, however long it is.
    yield* Scope.close(hopScope, Exit.void)
    link = yield* Effect.mapError(Effect.fromResult(Redirect.target(location, link, allowHttp)), (description) =>
      failed(new RedirectRefused({ description }))
    )
  }
  return yield* failed(new RedirectRefused({ description: `more than ${redirects} times` }))
})

/** What trying again helps against, and what it does not. */
const ofStorage = (error: StorageError): Fault => {
  const { description } = error
  if (error.isUntrusted) return failed(new UntrustedHost({ description }))
  return error.phase === "request" ? failed(new InvalidRequest({ description })) : broken(error.phase, description)
}

const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308

const silence = (idleTimeout: Duration.Duration) => `no bytes for ${Duration.format(idleTimeout)}`

/** Hosts do not close a connection sooner because nobody reads from it. */
const longPause = Duration.toMillis("5 seconds")

/** The bytes of a body, counted, and no more than wanted. */
const receive = (
  response: StorageResponse,
  taken: Extract<RangeRules.Action, { readonly _tag: "Take" }>,
  at: RangeRules.Position,
  begun: RangeRules.Begun,
  { expect, idleTimeout }: Settings
): Stream.Stream<TransferEvent, Fault> => {
  const { declared, from, object } = taken
  let position = from
  /** Bytes that come before those wanted. */
  let surplus = at.offset - from
  /** The last event wanted, where the body goes on behind it. */
  let last: TransferEvent | undefined
  /** When bytes were handed on. */
  let handedOn: number | undefined
  let afterPause = false
  const cut = (cause: Cause, description: string) =>
    new Fault({ kind: { _tag: "Broken", cause, description, afterPause } })

  /** Notes how long nobody wants more. */
  const noting = <A, E, D>(pull: Pull.Pull<A, E, D>): Pull.Pull<A, E, D> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (handedOn !== undefined && now - handedOn >= longPause) afterPause = true
      return Effect.tap(pull, () =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          handedOn = now
        })
      )
    })

  const fromHost = response.body.pipe(
    Stream.mapError((error) => cut("body", error.description)),
    Stream.timeoutOrElse({ duration: idleTimeout, orElse: () => Stream.fail(cut("silence", silence(idleTimeout))) })
  )

  const wanted = (bytes: Uint8Array): Uint8Array => {
    if (surplus === 0) return bytes
    const skipped = Math.min(surplus, bytes.length)
    surplus -= skipped
    position += skipped
    return bytes.subarray(skipped)
  }

  const take = (
    chunks: Arr.NonEmptyReadonlyArray<Uint8Array>
  ): Effect.Effect<Arr.NonEmptyReadonlyArray<TransferEvent>, Fault> => {
    const other = position === 0 && expect === "zip" ? Content.notZip(chunks[0], response) : undefined
    if (other !== undefined) return Effect.fail(failed(other))
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
    if (declared !== undefined && position > declared) {
      return Effect.fail(failed(new LengthMismatch({ declared, received: position })))
    }
    const received = chunks.reduce((sum, { length }) => sum + length, 0)
    return Effect.as(Metric.update(Metrics.transferBytes, received), events)
  }

  const ended = Effect.suspend((): Effect.Effect<void, Fault> => {
    const end = RangeRules.atEnd(at, taken, position, response, expect)
    if (end._tag === "Broken") return Effect.fail(cut("body", end.description))
    if (end._tag === "Fail") return Effect.fail(failed(end.reason))
    if (end._tag === "Whole") at.whole = true
    if (end._tag === "Unconfirmed") at.unconfirmed = true
    return Effect.void
  })

  /** What breaks behind the last byte wanted breaks nothing. The end of the whole object has to be asked for. */
  const isBehind = ({ kind }: Fault) =>
    kind._tag === "Broken" && at.end !== undefined && at.offset >= at.end && at.end !== object.size

  return Stream.make<[TransferEvent]>({ _tag: "Opened", object, offset: at.offset }).pipe(
    Stream.concat(
      Stream.transformPull(fromHost, (pull) => Effect.succeed(noting(pull))).pipe(
        Stream.map(wanted),
        Stream.filter((bytes) => bytes.length > 0),
        Stream.mapArrayEffect(take),
        Stream.catch((fault) => (isBehind(fault) ? Stream.empty : Stream.fail(fault))),
        // The end may have moved closer than what was asked for: what comes after it is somebody else's.
        Stream.takeUntil((event) => event === last)
      )
    ),
    Stream.concat(Stream.fromEffectDrain(ended))
  )
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
