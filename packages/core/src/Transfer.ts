/**
 * Moving bytes from a signed URL to here, through faults.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Checksum } from "./Checksum.ts"
import * as Hashes from "./Hashes.ts"
import type * as Exchange from "./internal/Exchange.ts"
import * as Links from "./internal/Links.ts"
import * as RangeReader from "./internal/RangeReader.ts"
import * as Segments from "./internal/Segments.ts"
import * as Ranges from "./Ranges.ts"
import { ScenarioConfig } from "./ScenarioConfig.ts"
import * as SignedUrl from "./SignedUrl.ts"
import type { Source } from "./Source.ts"
import { StorageClient } from "./StorageClient.ts"
import type * as StoredObject from "./StoredObject.ts"
import * as Sums from "./Sums.ts"
import {
  ChecksumMismatch,
  ObjectChanged,
  type Reason,
  RetriesExhausted,
  TimedOut,
  TransferError
} from "./TransferError.ts"
import type { TransferEvent } from "./TransferEvent.ts"

export type { Source } from "./Source.ts"

/**
 * How a transfer behaves.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long no byte may come before the exchange counts as failed. Default 30 s. */
  readonly idleTimeout?: Duration.Input | undefined
  /** Tries in a row without a byte, before the transfer ends. Default 8. */
  readonly retries?: number | undefined
  /** First step of the backoff, which doubles. Default 500 ms. */
  readonly backoffBase?: Duration.Input | undefined
  /** Longest step of the backoff, and the longest `Retry-After` that is obeyed. Default 30 s. */
  readonly backoffCap?: Duration.Input | undefined
  /** Redirects followed in one exchange. Default 5. */
  readonly redirects?: number | undefined
  /**
   * The most connections over which `events` reads one object; there are as many as pay. Default 1, and always 1 for
   * `bytes`.
   */
  readonly connections?: number | undefined
  /** The most bytes a second, over all connections of one transfer. Default: no limit. */
  readonly limitRate?: number | undefined
  /** Limit of the whole transfer. Default: none. */
  readonly timeLimit?: Duration.Input | undefined
}

/**
 * What to read.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReadOptions extends Options {
  /** What the bytes must be: a ZIP archive is recognised by its first bytes. HTML is never taken for an object. */
  readonly expect?: "zip" | undefined
  /** Go on with an object begun earlier, of which these ranges are already there. */
  readonly resume?: { readonly object: StoredObject.StoredObject; readonly ranges: Ranges.Ranges } | undefined
}

/**
 * A resumable, counted stream of bytes from a storage host, through a client that holds no credential.
 *
 * Resets, cuts, stalls, 408, 429 and 5xx are tried again from the byte reached, with full jitter; the count of tries
 * starts anew whenever bytes arrive. A refused link (400, 401, 403) is replaced once by a fresh one. Every answer is
 * checked against the object begun: bytes of two objects are never joined. The stream ends only when the declared
 * length is there, or the end is confirmed in another way.
 *
 * @category services
 * @since 0.1.0
 */
export class Transfer extends Context.Service<
  Transfer,
  {
    /** All that happens, for those who can start over, such as a file. */
    readonly events: <E, R>(
      source: Source<E, R>,
      options?: ReadOptions
    ) => Stream.Stream<TransferEvent, TransferError | E, R>
    /**
     * The bytes alone. Bytes handed on cannot be taken back: a host that sends the same object once more is skipped to the
     * byte reached, and another object ends the stream with `ObjectChanged`.
     */
    readonly bytes: <E, R>(
      source: Source<E, R>,
      options?: Omit<ReadOptions, "resume">
    ) => Stream.Stream<Uint8Array, TransferError | E, R>
  }
>()("@scenario-assets/core/Transfer") {}

/**
 * Builds the service on the storage client. Links by `http` are followed only where the API's own base URL is `http`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  defaults: Options = {}
): Effect.fn.Return<Transfer["Service"], never, StorageClient | ScenarioConfig> {
  const client = yield* StorageClient
  const hashes = yield* Hashes.Hashes
  const allowHttp = (yield* ScenarioConfig).baseUrl.startsWith("http:")

  const read = <E, R>(source: Source<E, R>, isFile: boolean, options: ReadOptions = {}) =>
    Stream.suspend(() =>
      run(source, {
        mayStartOver: isFile,
        connections: isFile ? (options.connections ?? defaults.connections ?? 1) : 1,
        idleTimeout: Duration.fromInputUnsafe(options.idleTimeout ?? defaults.idleTimeout ?? "30 seconds"),
        retries: options.retries ?? defaults.retries ?? 8,
        base: Duration.fromInputUnsafe(options.backoffBase ?? defaults.backoffBase ?? "500 millis"),
        cap: Duration.fromInputUnsafe(options.backoffCap ?? defaults.backoffCap ?? "30 seconds"),
        redirects: options.redirects ?? defaults.redirects ?? 5,
        limitRate: options.limitRate ?? defaults.limitRate,
        timeLimit: Option.getOrUndefined(
          Option.map(Option.fromUndefinedOr(options.timeLimit ?? defaults.timeLimit), Duration.fromInputUnsafe)
        ),
        expect: options.expect,
        resume: options.resume,
        client,
        allowHttp
      })
    ).pipe(Stream.withSpan("Transfer.events"))

  return Transfer.of({
    events: (source, options) => read(source, true, options),
    bytes: (source, options) => onlyBytes(read(source, false, options), hashes, source)
  })
})

/**
 * The service with its defaults.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transfer, never, StorageClient | ScenarioConfig> = Layer.effect(Transfer, make())

/**
 * The service with other limits.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOptions = (options: Options): Layer.Layer<Transfer, never, StorageClient | ScenarioConfig> =>
  Layer.effect(Transfer, make(options))

/**
 * The service for tests without HTTP: every source gives the bytes that `objects` holds under its link's path, or those
 * of a function of the link.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (read: (url: URL) => Stream.Stream<Uint8Array, TransferError>): Layer.Layer<Transfer> => {
  const bytes: Transfer["Service"]["bytes"] = (source) =>
    Stream.unwrap(Effect.map(Links.make(source).get, (url) => read(SignedUrl.reveal(url))))
  return Layer.succeed(Transfer, {
    bytes,
    events: (source) => {
      let offset = 0
      return Stream.concat(
        Stream.make<[TransferEvent]>({ _tag: "Opened", object: {}, offset: 0 }),
        Stream.map(bytes(source), (bytes): TransferEvent => {
          const event = { _tag: "Bytes", offset, bytes } as const
          offset += bytes.length
          return event
        })
      )
    }
  })
}

interface Settings extends Segments.Settings {
  readonly resume: ReadOptions["resume"]
  /** Whether the bytes of another object may follow those of the one begun, after `StartedOver`. */
  readonly mayStartOver: boolean
  readonly limitRate: number | undefined
  readonly timeLimit: Duration.Duration | undefined
}

/** How often one transfer may start over. */
const maxRestarts = 5

/** Reads what is missing; and all, where the host does not go on with what there is. */
const run = <E, R>(source: Source<E, R>, settings: Settings): Stream.Stream<TransferEvent, TransferError | E, R> => {
  const links = Links.make(source)
  let restarts = 0

  const fail = (reason: Reason) =>
    Effect.flatMap(links.get, (url) => Effect.fail(new TransferError({ origin: SignedUrl.origin(url), reason })))

  const attempt = (resume: ReadOptions["resume"]): Stream.Stream<TransferEvent, TransferError | E, R> => {
    const begun = { object: resume?.object, acceptsRanges: false, hasBytes: resume !== undefined }
    let there = resume === undefined ? 0 : Ranges.length(resume.ranges)
    const todo = (resume === undefined ? everything : Ranges.gaps(resume.ranges, resume.object.size)).map(
      ([offset, end]) => ({ offset, end, whole: false, unconfirmed: false })
    )
    return (
      settings.connections > 1 ? Segments.read(todo, begun, links, settings) : inOrder(todo, begun, links, settings)
    ).pipe(
      Stream.map((event) => {
        if (event._tag === "Bytes") there += event.bytes.length
        return event
      }),
      Stream.catch((error): Stream.Stream<TransferEvent, TransferError | E, R> => {
        if (!(error instanceof RangeReader.Restart)) return Stream.fail(error)
        const { sameObject } = error
        const reason =
          !sameObject && (!settings.mayStartOver || restarts >= maxRestarts)
            ? new ObjectChanged({ offset: there })
            : ++restarts > maxRestarts
              ? new RetriesExhausted({ offset: there, tries: restarts, last: "the host does not resume" })
              : undefined
        return reason === undefined
          ? Stream.concat(
              Stream.succeed<TransferEvent>({ _tag: "StartedOver", discarded: there, sameObject }),
              attempt(undefined)
            )
          : Stream.fromEffect(fail(reason))
      })
    )
  }

  const all =
    settings.limitRate === undefined
      ? attempt(settings.resume)
      : limitRate(attempt(settings.resume), settings.limitRate)
  const limit = settings.timeLimit
  return limit === undefined
    ? all
    : Stream.interruptWhen(all, Effect.andThen(Effect.sleep(limit), fail(new TimedOut({ limit }))))
}

/** Bytes wait until their time has come. */
const limitRate = <E, R>(
  events: Stream.Stream<TransferEvent, E, R>,
  bytesPerSecond: number
): Stream.Stream<TransferEvent, E, R> =>
  Stream.suspend(() => {
    let due = 0
    // Few at a time, so that they do not come in gushes.
    return Stream.mapArrayEffect(Stream.rechunk(events, 4), (all) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const bytes = all.reduce((sum, event) => (event._tag === "Bytes" ? sum + event.bytes.length : sum), 0)
        due = Math.max(due, now) + (bytes / bytesPerSecond) * 1000
        return Effect.as(Effect.sleep(Duration.millis(due - now)), all)
      })
    )
  })

const everything: ReadonlyArray<readonly [number, number | undefined]> = [[0, undefined]]

/** One range after the other. */
const inOrder = <E, R>(
  todo: ReadonlyArray<Exchange.Position>,
  begun: Exchange.Begun,
  links: Links.Links<E, R>,
  settings: Settings
) => Stream.flatMap(Stream.fromIterable(todo), (at) => RangeReader.read(at, begun, links, settings))

/** Bytes that were handed on already are not handed on again; in the end their checksums are compared. */
const onlyBytes = <E, R>(
  events: Stream.Stream<TransferEvent, E, R>,
  hashes: Hashes.Hashes,
  source: Source<E, R>
): Stream.Stream<Uint8Array, TransferError | E, R> =>
  Stream.suspend(() => {
    let given = 0
    let declared: ReadonlyArray<Checksum> = []
    let running: Hashes.Running | undefined
    const verified = Effect.suspend(() => {
      const [mismatch] = running === undefined ? [] : Sums.verify(running.sums(), declared).mismatches
      return mismatch === undefined
        ? Effect.void
        : Effect.fail(
            new TransferError({
              origin: source.url === undefined ? "the storage host" : SignedUrl.origin(source.url),
              reason: new ChecksumMismatch(mismatch)
            })
          )
    })
    return events.pipe(
      Stream.map((event) => {
        if (event._tag === "Opened" && running === undefined) {
          declared = event.object.checksums ?? []
          running = Hashes.run(hashes, declared)
        }
        if (event._tag !== "Bytes" || event.offset + event.bytes.length <= given) return nothing
        const news = event.offset < given ? event.bytes.subarray(given - event.offset) : event.bytes
        given = event.offset + event.bytes.length
        running?.update(news)
        return news
      }),
      Stream.filter((bytes) => bytes.length > 0),
      Stream.concat(Stream.fromEffectDrain(verified))
    )
  })

const nothing = new Uint8Array(0)
