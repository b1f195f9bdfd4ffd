/** No more bytes a second than so many, and those evenly. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { TransferEvent } from "../TransferEvent.ts"

/** A piece holds no more bytes than may pass in this time. */
const mostPerPiece = Duration.millis(250)

/** How many bytes pass at once. */
export const pieceSize = (bytesPerSecond: number): number =>
  Math.max(1, Math.floor(bytesPerSecond * Duration.toSeconds(mostPerPiece)))

/** Bytes wait until their time has come. */
export const apply = <E, R>(
  events: Stream.Stream<TransferEvent, E, R>,
  bytesPerSecond: number
): Stream.Stream<TransferEvent, E, R> =>
  Stream.suspend(() => {
    const size = pieceSize(bytesPerSecond)
    /** When the next bytes may pass. */
    let due = 0
    return events.pipe(
      Stream.map((event) => cut(event, size)),
      Stream.flattenIterable,
      // One at a time, so that they do not come in gushes, and none waits for others.
      Stream.rechunk(1),
      Stream.mapArrayEffect((all) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const bytes = all.reduce((sum, event) => (event._tag === "Bytes" ? sum + event.bytes.length : sum), 0)
          const wait = bytes === 0 ? 0 : Math.max(0, due - now)
          if (bytes > 0) due = now + wait + (bytes / bytesPerSecond) * 1000
          return wait === 0 ? Effect.succeed(all) : Effect.as(Effect.sleep(wait), all)
        })
      )
    )
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
