/** No more bytes a second than so many, and those evenly. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Source } from "../Source.ts"
import type { TransferEvent } from "../TransferEvent.ts"

/** A piece holds no more bytes than may pass in this time. */
const mostPerPiece = Duration.millis(250)

/** A limit that a transfer keeps, or several together. */
export interface RateLimit {
  /** How many bytes pass at once. */
  readonly pieceSize: number
  /** Bytes come faster than they may pass. */
  readonly isReached: () => boolean
  /** Bytes wait until their time has come. */
  readonly apply: <E, R>(events: Stream.Stream<TransferEvent, E, R>) => Stream.Stream<TransferEvent, E, R>
}

const limits = new WeakMap<Source<unknown, unknown>, { readonly bytesPerSecond: number; readonly limit: RateLimit }>()

/** The limit that all transfers of a source share: several reads of one object are to be no faster than one. */
export const of = (source: Source<unknown, unknown>, bytesPerSecond: number): RateLimit => {
  const kept = limits.get(source)
  if (kept?.bytesPerSecond === bytesPerSecond) return kept.limit
  const limit = make(bytesPerSecond)
  limits.set(source, { bytesPerSecond, limit })
  return limit
}

export const make = (bytesPerSecond: number): RateLimit => {
  const pieceSize = Math.max(1, Math.floor(bytesPerSecond * Duration.toSeconds(mostPerPiece)))
  /** When the next bytes may pass. */
  let due = 0
  let isReached = false

  const pass = (bytes: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      isReached = due > now
      const wait = Math.max(0, due - now)
      due = now + wait + (bytes / bytesPerSecond) * 1000
      return wait === 0 ? Effect.void : Effect.sleep(wait)
    })

  return {
    pieceSize,
    isReached: () => isReached,
    apply: (events) =>
      events.pipe(
        Stream.map((event) => cut(event, pieceSize)),
        Stream.flattenIterable,
        // One at a time, so that they do not come in gushes, and none waits for others.
        Stream.rechunk(1),
        Stream.mapArrayEffect((all) => {
          const [event] = all
          return event._tag === "Bytes" ? Effect.as(pass(event.bytes.length), all) : Effect.succeed(all)
        })
      )
  }
}

/** Both limits. */
export const both = (one: RateLimit, other: RateLimit): RateLimit => ({
  pieceSize: Math.min(one.pieceSize, other.pieceSize),
  isReached: () => one.isReached() || other.isReached(),
  apply: (events) => other.apply(one.apply(events))
})

/** Pieces in memory of their own: what a transport gathers in is used again as a whole. */
const cut = (event: TransferEvent, size: number): ReadonlyArray<TransferEvent> => {
  if (event._tag !== "Bytes" || event.bytes.length <= size) return [event]
  return Array.from({ length: Math.ceil(event.bytes.length / size) }, (_, index) => ({
    _tag: "Bytes",
    offset: event.offset + index * size,
    bytes: new Uint8Array(event.bytes.subarray(index * size, (index + 1) * size))
  }))
}
