/**
 * Moving bytes from a signed URL to here, through faults.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Outcome from "../internal/Outcome.ts"
import * as Metrics from "../Metrics.ts"
import * as SignedUrl from "../SignedUrl.ts"
import * as Bytes from "./internal/Bytes.ts"
import * as Hashes from "./internal/Hashes.ts"
import * as Limits from "./internal/Limits.ts"
import * as Links from "./internal/Links.ts"
import * as OnlyBytes from "./internal/OnlyBytes.ts"
import * as Permits from "./internal/Permits.ts"
import * as RangeReader from "./internal/RangeReader.ts"
import type * as RangeRules from "./internal/RangeRules.ts"
import * as Ranges from "./internal/Ranges.ts"
import * as RateLimit from "./internal/RateLimit.ts"
import * as Segments from "./internal/Segments.ts"
import * as SourceOrigin from "./internal/SourceOrigin.ts"
import { ObjectChanged, RangesRefused, RetriesExhausted, TimedOut } from "./internal/TransferReason.ts"
import type * as Source from "./Source.ts"
import { StorageClient } from "./StorageClient.ts"
import type * as StoredObject from "./StoredObject.ts"
import { type Reason, TransferError } from "./TransferError.ts"
import type { TransferEvent } from "./TransferEvent.ts"
import type { TransferPool } from "./TransferPool.ts"

export type { Options } from "./internal/Limits.ts"
export type { Source } from "./Source.ts"

/**
 * What to read.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReadOptions extends Limits.Options {
  /**
   * What the bytes must be: a ZIP archive is recognised by its first bytes, which may be those of a program in front of it. HTML is
   * never taken for an object.
   */
  readonly expect?: "zip" | undefined
  /** Go on with an object begun earlier, of which these ranges are already there. */
  readonly resume?: { readonly object: StoredObject.StoredObject; readonly ranges: Ranges.Ranges } | undefined
  /** Limits that other transfers keep as well; beside those of this one. Default: none. */
  readonly pool?: TransferPool | undefined
}

/**
 * Bytes of an object that are wanted without the rest: so many of the last ones, of an object nothing is known of; or
 * ranges of the object that an earlier part was of (`Opened` tells), each from its first byte to the one after its last.
 *
 * @category models
 * @since 0.1.0
 */
export type Part =
  | { readonly suffix: number }
  | {
      readonly object: StoredObject.StoredObject
      readonly ranges: ReadonlyArray<readonly [start: number, end: number]>
    }

/**
 * A resumable, counted stream of bytes from a storage host, through a client that holds no credential.
 *
 * Resets, cuts, stalls, 408, 429 and 5xx are tried again from the byte reached, with full jitter; the count of tries
 * starts anew whenever bytes arrive. A refused link (400, 401, 403) is replaced once by a fresh one. A host that does not
 * answer a range properly is asked in another way, at last for the whole. Every answer is checked against the object begun:
 * bytes of two objects are never joined. The stream ends only when the declared length is there, or the end is confirmed in
 * another way.
 *
 * Each transfer is a span, `Transfer.events`, with the origin of the host, the bytes that came and the retries; retries and
 * refused links are logged as well, at the level Debug. Neither is told the link.
 *
 * `bytes` compares the checksums that the host declares, and so does `FileDownload`. `events` and `part` do not: parts have
 * none, and whoever takes events may have bytes from an earlier run. What the host declares is in the `object` of `Opened`.
 *
 * @category services
 * @since 0.1.0
 */
export class Transfer extends Context.Service<
  Transfer,
  {
    /** All that happens, for those who can start over, such as a file. Checksums are theirs to compare. */
    readonly events: <E, R>(
      source: Source.Source<E, R>,
      options?: ReadOptions
    ) => Stream.Stream<TransferEvent, TransferError | E, R>
    /**
     * Some bytes, range by range, in ascending order. Over several connections some 3 MiB for each of them may wait for those
     * before them. A host that serves no ranges answers to a suffix with the whole object, from 0; what is behind it may start
     * over. Ranges never do: `ObjectChanged` where another object is there now, `RangesRefused` where the host gives the
     * object whole.
     */
    readonly part: <E, R>(
      source: Source.Source<E, R>,
      part: Part,
      options?: Omit<ReadOptions, "resume">
    ) => Stream.Stream<TransferEvent, TransferError | E, R>
    /**
     * The bytes alone, in order, over as many connections as `part`. Bytes handed on cannot be taken back: a host that sends
     * the same object once more is skipped to the byte reached, and another object ends the stream with `ObjectChanged`, one
     * that cannot be told with `RangesRefused`.
     */
    readonly bytes: <E, R>(
      source: Source.Source<E, R>,
      options?: Omit<ReadOptions, "resume">
    ) => Stream.Stream<Uint8Array, TransferError | E, R>
  }
>()("@scenario-assets/core/transfer/Transfer") {}

/**
 * What holds for all transfers of the service, and limits for those that do not bring their own.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServiceOptions extends Limits.Options {
  /** Also follows links by plain `http`, as those of an emulator are. Default `false`: they fail with `InsecureUrl`. */
  readonly allowHttp?: boolean | undefined
  /** The checksums that are computed and compared. Default: CRC-32, CRC-32C and CRC-64/NVME, in JavaScript. */
  readonly hashes?: Hashes.Hashes | undefined
}

/**
 * Builds the service on the storage client.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* ({
  allowHttp = false,
  hashes = Hashes.portable,
  ...defaults
}: ServiceOptions = {}): Effect.fn.Return<Transfer["Service"], never, StorageClient> {
  const client = yield* StorageClient
  const usual = Limits.from(defaults, Limits.initial)

  const read = <E, R>(source: Source.Source<E, R>, isFile: boolean, options: ReadOptions = {}, part?: Part) =>
    Stream.suspend(() => {
      const { pool } = options
      const limits = Limits.from(options, usual)
      const own = limits.limitRate === Infinity ? undefined : RateLimit.of(source, limits.limitRate)
      const shared = pool?.rateLimit
      const rateLimit = own === undefined ? shared : shared === undefined ? own : RateLimit.both(own, shared)
      return run(source, {
        part,
        startsOver: isFile ? "any" : part === undefined ? "same" : "suffix" in part ? "any" : "never",
        ...limits,
        inOrder: !isFile,
        permits: pool?.connections ?? Permits.unlimited,
        rateLimit,
        pieceSize: rateLimit?.pieceSize,
        expect: options.expect,
        resume: options.resume,
        client,
        allowHttp
      })
    }).pipe(Stream.withSpan("Transfer.events"))

  return Transfer.of({
    events: (source, options) => read(source, true, options),
    part: (source, part, options) => read(source, false, options, part),
    bytes: (source, options) => OnlyBytes.of(read(source, false, options), hashes, source)
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: ServiceOptions): Layer.Layer<Transfer, never, StorageClient> =>
  Layer.effect(Transfer, make(options))

/**
 * The service for tests without HTTP: every source gives the bytes that `read` gives for its link.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (read: (url: URL) => Stream.Stream<Uint8Array, TransferError>): Layer.Layer<Transfer> => {
  const bytes: Transfer["Service"]["bytes"] = (source) =>
    Stream.unwrap(Effect.map(Links.make(source).get, (url) => read(SignedUrl.reveal(url))))
  const part: Transfer["Service"]["part"] = (source, part) =>
    Stream.unwrap(
      Effect.map(Stream.runCollect(bytes(source)), (chunks) => {
        const all = Bytes.join(chunks)
        const object: StoredObject.StoredObject = { size: all.length }
        const ranges = "suffix" in part ? [[Math.max(0, all.length - part.suffix), all.length] as const] : part.ranges
        return Stream.fromIterable(
          ranges.flatMap(([offset, end]): Array<TransferEvent> => [
            { _tag: "Opened", object, offset },
            { _tag: "Bytes", offset, bytes: all.subarray(offset, end) }
          ])
        )
      })
    )
  return Layer.succeed(Transfer, {
    bytes,
    part,
    events: (source) =>
      Stream.suspend(() => {
        let offset = 0
        return Stream.concat(
          Stream.make<[TransferEvent]>({ _tag: "Opened", object: {}, offset: 0 }),
          Stream.map(bytes(source), (bytes): TransferEvent => {
            const event = { _tag: "Bytes", offset, bytes } as const
            offset += bytes.length
            return event
          })
        )
      })
  })
}

interface Settings extends Segments.Settings {
  readonly part: Part | undefined
  readonly resume: ReadOptions["resume"]
  /** What may follow the bytes that were handed on, after `StartedOver`: those of any object, or of the same one once more. */
  readonly startsOver: "any" | "same" | "never"
  readonly timeLimit: Duration.Duration | undefined
}

/** How often one transfer may start over. */
const maxRestarts = 5

/** Reads what is missing; and all, where the host does not go on with what there is. */
const run = <E, R>(
  source: Source.Source<E, R>,
  settings: Settings
): Stream.Stream<TransferEvent, TransferError | E, R> => {
  const links = Links.make(source)
  let restarts = 0
  /** Answers of the host disagree about an object of the same size. */
  let isVolatile = false
  /** Bytes of one object that were handed on. */
  let taken = 0
  /** For the span: what came in all, and what had to be asked for again. */
  let received = 0
  let retries = 0

  const fail = (reason: Reason) => Effect.fail(new TransferError({ origin: SourceOrigin.of(links), reason }))

  /** `known` is the object of which some was read before; whether the bytes must be of it, `isBound` tells. */
  const attempt = (
    resume: ReadOptions["resume"],
    known: StoredObject.StoredObject | undefined,
    isBound: boolean
  ): Stream.Stream<TransferEvent, TransferError | E, R> => {
    const begun: RangeRules.Begun = {
      object: known,
      acceptsRanges: false,
      hasBytes: isBound,
      isVolatile,
      manners: links.manners
    }
    let there = resume === undefined ? 0 : Ranges.length(resume.ranges)
    const todo = wanted(settings.part, resume)
    return (
      settings.connections > 1 || settings.permits !== Permits.unlimited
        ? Segments.read(todo, begun, links, settings)
        : oneAfterAnother(todo, begun, links, settings)
    ).pipe(
      Stream.map((event) => {
        if (event._tag === "Retrying") retries++
        if (event._tag === "Bytes") {
          there += event.bytes.length
          received += event.bytes.length
        }
        return event
      }),
      Stream.catch((error): Stream.Stream<TransferEvent, TransferError | E, R> => {
        if (!(error instanceof RangeReader.Restart)) return Stream.fail(error)
        const sameObject = error.now === "same"
        taken = Math.max(there, settings.startsOver === "any" ? 0 : taken)
        const isAnother = error.now === "another" || error.now === "retagged"
        const changed = isAnother ? new ObjectChanged({ offset: taken }) : undefined
        isVolatile ||= error.now === "retagged"
        if (settings.startsOver === "never" || (settings.startsOver === "same" && !sameObject)) {
          return Stream.fromEffect(fail(changed ?? new RangesRefused()))
        }
        if (++restarts > maxRestarts) {
          const last = "the host does not resume"
          const gaveUp = new RetriesExhausted({ offset: there, tries: restarts, last })
          return Stream.fromEffect(fail(isVolatile ? gaveUp : (changed ?? gaveUp)))
        }
        return Stream.concat(
          Stream.succeed<TransferEvent>({ _tag: "StartedOver", discarded: there, sameObject }),
          // Also of bytes that are discarded, what was said of their object stays said.
          attempt(undefined, sameObject ? begun.object : undefined, settings.startsOver === "same")
        )
      })
    )
  }

  const { part, rateLimit, resume, timeLimit: limit } = settings
  const given = part !== undefined && "object" in part ? part.object : resume?.object
  const first = attempt(resume, given, given !== undefined)
  const all = rateLimit === undefined ? first : rateLimit.apply(first)
  return (
    limit === undefined
      ? all
      : Stream.interruptWhen(all, Effect.andThen(Effect.sleep(limit), fail(new TimedOut({ limit }))))
  ).pipe(
    Stream.onExit((exit) =>
      Effect.andThen(
        Effect.annotateCurrentSpan({
          "scenario.storage.origin": SourceOrigin.of(links),
          "scenario.transfer.bytes": received,
          "scenario.transfer.retries": retries
        }),
        Outcome.count(Metrics.transfers, exit)
      )
    )
  )
}

/** What is to be read. */
const wanted = (part: Part | undefined, resume: ReadOptions["resume"]): Array<RangeRules.Position> => {
  const position = ([offset, end]: readonly [number, number | undefined]): RangeRules.Position => ({
    offset,
    end,
    whole: false,
    unconfirmed: false
  })
  if (part !== undefined) {
    return "suffix" in part ? [{ ...position([0, undefined]), suffix: part.suffix }] : part.ranges.map(position)
  }
  if (resume === undefined) return [position([0, undefined])]
  const { object, ranges } = resume
  const gaps = Ranges.gaps(ranges, object.size)
  // Where nothing is missing, the host is asked for what comes behind the end: whether this is still the object, it alone knows.
  return gaps.length > 0 || object.size === undefined ? gaps.map(position) : [position([object.size, object.size])]
}

/** Over one connection, which nobody else waits for: as what takes the bytes pulls them. */
const oneAfterAnother = <E, R>(
  todo: ReadonlyArray<RangeRules.Position>,
  begun: RangeRules.Begun,
  links: Links.Links<E, R>,
  settings: Settings
) => Stream.flatMap(Stream.fromIterable(todo), (at) => RangeReader.read(at, begun, links, settings))
