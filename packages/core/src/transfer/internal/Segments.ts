/**
 * An object read in several ranges at once. Everybody who reads has a range; who has none takes the farther half of the
 * longest one. There are as many as pay: more as long as that brings more bytes, fewer when it does not.
 */
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { TransferError } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import type * as Exchange from "./Exchange.ts"
import type { Links } from "./Links.ts"
import * as RangeReader from "./RangeReader.ts"
import type { RateLimit } from "./RateLimit.ts"

export interface Settings extends RangeReader.Settings {
  /** The most ranges at once. */
  readonly connections: number
  /** What holds the bytes back that are read here. */
  readonly rateLimit: RateLimit | undefined
}

/** How often the rate is looked at. */
const interval = Duration.millis(200)
/** Bytes a second of one connection that make a second one pointless. */
const fastEnough = 50_000_000
/** A range is not halved below this. */
const shortest = 4 * 1024 * 1024
/** Ranges begin at multiples of this, which suits disks. */
const alignment = 1024 * 1024
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

/** Reads `todo`, ranges of the object begun, in any order. */
export const read = <E, R>(
  todo: Array<Exchange.Position>,
  begun: Exchange.Begun,
  links: Links<E, R>,
  settings: Settings
): Stream.Stream<TransferEvent, Failure<E>, R> =>
  Stream.callback<TransferEvent, Failure<E>, R>(
    Effect.fnUntraced(function* (queue) {
      const scope = yield* Effect.scope
      const done = yield* Deferred.make<void, Failure<E>>()
      const active = new Set<Exchange.Position>()
      let target = 1
      /** As many as the host bears. */
      let limit = settings.connections
      let received = 0

      const take = (at: Exchange.Position): Exchange.Position => {
        active.add(at)
        return at
      }

      /** A range that waits, or the farther half of the longest one that is being read. */
      const claim = (): Exchange.Position | undefined => {
        const waiting = todo.pop()
        if (waiting !== undefined) return take(waiting)
        const [longest] = [...active].toSorted((a, b) => left(b) - left(a))
        if (longest?.end === undefined || left(longest) < 2 * shortest) return undefined
        const middle = Math.ceil((longest.offset + left(longest) / 2) / alignment) * alignment
        const half = { offset: middle, end: longest.end, whole: false, unconfirmed: false }
        longest.end = middle
        return take(half)
      }

      /** The rest of a range goes back to whom it was taken from, or waits for anybody. */
      const giveBack = (at: Exchange.Position): void => {
        active.delete(at)
        const before = [...active].find((other) => other.end === at.offset && !other.whole)
        if (before === undefined) todo.push({ ...at })
        else before.end = at.end
      }

      /** More connections would only wait as well. */
      const isLimited = () => settings.rateLimit?.isReached() === true

      const isAlone = () => active.size === 1

      /** Reads one range. A failure of one of several costs that range's connection only. */
      const work = (at: Exchange.Position): Effect.Effect<void, Failure<E>, R> =>
        RangeReader.read(at, begun, links, settings).pipe(
          Stream.runForEachArray((events) => {
            for (const event of events) if (event._tag === "Bytes") received += event.bytes.length
            at.end ??= begun.object?.size
            const [first] = events
            // A host that is asked too much is asked less.
            const isTooMuch = first._tag === "Retrying" && (first.status === 429 || first.status === 503)
            if (isTooMuch && !isAlone()) limit = target = active.size - 1
            const told = Queue.offerAll(queue, events)
            // Who has all of its range has nothing to leave to others, and ends by itself.
            return active.size > target && left(at) > 0 ? Effect.andThen(told, Effect.fail(new Surrender())) : told
          }),
          Effect.catch((error) => {
            if (error instanceof Surrender) return Effect.sync(() => giveBack(at))
            if (isAlone() || !isOneConnections(error)) return Effect.fail(error)
            return Effect.sync(() => {
              limit = target = active.size - 1
              giveBack(at)
            })
          })
        )

      const worker = Effect.fnUntraced(function* (first: Exchange.Position) {
        let at: Exchange.Position | undefined = first
        while (at !== undefined) {
          yield* work(at)
          active.delete(at)
          at = active.size < target ? claim() : undefined
        }
        if (active.size === 0) yield* Deferred.succeed(done, undefined)
      })

      const start = (at: Exchange.Position) =>
        Effect.forkIn(
          Effect.catchCause(worker(at), (cause) => Deferred.failCause(done, cause)),
          scope
        )

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
          for (let at = claim(); at !== undefined; at = active.size < target ? claim() : undefined) yield* start(at)
          yield* tell()
          // What is new has to begin first; and one look may be the wrong moment.
          yield* Effect.sleep(interval)
          const after = Math.max(yield* rate, yield* rate)
          rest = 0
          if (after < before * gain && active.size === target && !isLimited()) {
            target = from
            rest = patience *= 4
            yield* tell()
          }
        }
      })

      const first = claim()
      if (first !== undefined) {
        yield* start(first)
        yield* Effect.raceFirst(Deferred.await(done), adapt)
      }
      yield* Queue.end(queue)
    }),
    { bufferSize: settings.rateLimit === undefined ? bufferSize : limitedBufferSize }
  )

const left = (at: Exchange.Position): number => (at.end === undefined ? 0 : at.end - at.offset)

/** What one connection meets and others need not: it is cut off again and again, or refused a range. */
const isOneConnections = (error: unknown): boolean =>
  error instanceof RangeReader.Restart
    ? error.now === "same"
    : error instanceof TransferError && error.reason._tag === "RetriesExhausted"
