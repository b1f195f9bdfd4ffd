/**
 * An object read over several connections at once, as many as pay: more as long as that brings more bytes, fewer when it does
 * not. What each of them reads, `Division` decides.
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { TransferError } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Division from "./Division.ts"
import type * as Exchange from "./Exchange.ts"
import type { Links } from "./Links.ts"
import type { Permits } from "./Permits.ts"
import * as RangeReader from "./RangeReader.ts"
import type * as RangeRules from "./RangeRules.ts"
import type { RateLimit } from "./RateLimit.ts"

export interface Settings extends Exchange.Settings {
  /** The most ranges at once. */
  readonly connections: number
  /** Connections that other transfers use as well. */
  readonly permits: Permits
  /** Bytes come in the order of the ranges, without waiting much longer for it. */
  readonly inOrder: boolean
  /** What holds the bytes back that are read here. */
  readonly rateLimit: RateLimit | undefined
}

/** How often the rate is looked at. */
const interval = Duration.millis(200)
/** Bytes a second of one connection that make a second one pointless. */
const fastEnough = 50_000_000
/** From one step to the next there are so many times as many connections. */
const growth = 4
/** They must bring at least so many times as many bytes, or are given up again. */
const gain = 1.5
/** Events that wait for who takes them. */
const bufferSize = 8
/** The same where a rate is limited: each may stand for a quarter of a second. */
const limitedBufferSize = 1

/** Somebody stops reading, and leaves the rest of the range to others. */
class Surrender extends Data.TaggedError("Surrender") {}

type Failure<E> = TransferError | RangeReader.Restart | E

/** Reads `todo`, ranges of the object begun. */
export const read = <E, R>(
  todo: ReadonlyArray<RangeRules.Position>,
  begun: RangeRules.Begun,
  links: Links<E, R>,
  settings: Settings
): Stream.Stream<TransferEvent, Failure<E>, R> =>
  Stream.callback<TransferEvent, Failure<E>, R>(
    Effect.fnUntraced(function* (queue) {
      const scope = yield* Effect.scope
      const done = yield* Deferred.make<void, Failure<E>>()
      const division = (settings.inOrder ? Division.inOrder : Division.inHalves)(todo, (events) =>
        Queue.offerAll(queue, events)
      )
      const { active } = division
      const { permits } = settings
      let target = 1
      /** As many as the host bears. */
      let limit = settings.connections
      let received = 0

      /** More connections would only wait as well. */
      const isLimited = () => settings.rateLimit?.isReached() === true

      /** Those that have been told to stop. */
      const leaving = new Set<RangeRules.Position>()
      const staying = () => active.size - leaving.size

      const isAlone = () => active.size === 1

      /** Another one may stop: there are too many, or another transfer waits for a connection. */
      const isTooMany = () => staying() > target || (staying() > 1 && permits.isAskedFor())

      /** Reads one range. A failure of one of several costs that range's connection only. */
      const work = (at: RangeRules.Position): Effect.Effect<void, Failure<E>, R> =>
        RangeReader.read(at, begun, links, settings).pipe(
          Stream.runForEachArray((events) => {
            for (const event of events) if (event._tag === "Bytes") received += event.bytes.length
            at.end ??= begun.object?.size
            const [first] = events
            // A host that is asked too much is asked less.
            const isTooMuch = first._tag === "Retrying" && (first.status === 429 || first.status === 503)
            if (isTooMuch && !isAlone()) limit = target = active.size - 1
            // Who has all of its range has nothing to leave to others, and ends by itself.
            const surrenders = Division.left(at) > 0 && isTooMany()
            if (surrenders) leaving.add(at)
            const told = Effect.andThen(division.take(at, events), more)
            return surrenders ? Effect.andThen(told, Effect.fail(new Surrender())) : told
          }),
          Effect.catch((error) => {
            if (error instanceof Surrender) {
              return Effect.sync(() => {
                leaving.delete(at)
                division.giveBack(at)
              })
            }
            if (isAlone() || !isOneConnections(error, begun)) return Effect.fail(error)
            return Effect.sync(() => {
              limit = target = active.size - 1
              division.giveBack(at)
            })
          }),
          Effect.andThen(Effect.suspend(() => division.close(at)))
        )

      const start = (at: RangeRules.Position, reader: (work: Effect.Effect<void, Failure<E>, R>) => typeof work) =>
        reader(work(at)).pipe(
          Effect.andThen(fill),
          Effect.catchCause((cause) => Deferred.failCause(done, cause)),
          // At once, so that a connection that was taken is given back whatever happens.
          Effect.forkIn(scope, { startImmediately: true })
        )

      /** As many as there may be. The first one waits for its connection; others are there only where one is free. */
      const fill: Effect.Effect<void, never, R> = Effect.gen(function* () {
        while (staying() < target) {
          if (active.size === 0) {
            const first = division.claim(1)
            if (first === undefined) {
              yield* Deferred.succeed(done, undefined)
              return
            }
            yield* start(first, permits.withOne)
            continue
          }
          if (!(yield* permits.takeIfAvailable)) return
          const next = division.claim(target)
          if (next === undefined) {
            yield* permits.release
            return
          }
          yield* start(next, Effect.ensuring(permits.release))
        }
      }).pipe(Effect.uninterruptible)

      /** Bytes that were told make room for others to be read. */
      const more = Effect.suspend(() => (settings.inOrder && staying() < target ? fill : Effect.void))

      /** Bytes a second, over the next interval. */
      const rate = Effect.suspend(() => {
        const before = received
        return Effect.map(Effect.sleep(interval), () => (received - before) / Duration.toSeconds(interval))
      })

      const tell = () => Queue.offer(queue, { _tag: "Segments", connections: active.size })

      const adapt = Effect.gen(function* () {
        let patience = 1
        /** Looks to let pass before the next step. */
        let rest = 0
        while (true) {
          const before = yield* rate
          const most = Math.min(limit, settings.connections)
          if (!begun.acceptsRanges || before === 0 || target >= most) continue
          if (isLimited() || before / target > fastEnough) continue
          if (rest-- > 0) continue
          const from = target
          target = Math.min(most, target * growth)
          yield* fill
          yield* tell()
          // What is new has to begin first; and one look may be the wrong moment.
          yield* Effect.sleep(interval)
          const after = Math.max(yield* rate, yield* rate)
          rest = 0
          const isInUse = settings.inOrder || active.size === target
          if (after < before * gain && isInUse && !isLimited()) {
            target = from
            rest = patience *= 4
            yield* tell()
          }
        }
      })

      yield* fill
      yield* Effect.raceFirst(Deferred.await(done), adapt)
      yield* Queue.end(queue)
    }),
    { bufferSize: settings.rateLimit === undefined ? bufferSize : limitedBufferSize }
  )

/**
 * What one connection meets and others need not: it is cut off again and again, or refused a range. Or it is told another tag by a
 * host that may have one for each answer.
 */
const isOneConnections = (error: unknown, { hasJoined }: RangeRules.Begun): boolean =>
  error instanceof RangeReader.Restart
    ? error.now === "same" || (error.now === "retagged" && hasJoined !== true)
    : error instanceof TransferError && error.reason._tag === "RetriesExhausted"
