/** No more bytes a second than so many. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { TransferEvent } from "../TransferEvent.ts"

/** Bytes wait until their time has come. */
export const apply = <E, R>(
  events: Stream.Stream<TransferEvent, E, R>,
  bytesPerSecond: number
): Stream.Stream<TransferEvent, E, R> =>
  Stream.suspend(() => {
    let due = 0
    // One at a time, so that they do not come in gushes, and none waits for others.
    return Stream.mapArrayEffect(Stream.rechunk(events, 1), (all) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const bytes = all.reduce((sum, event) => (event._tag === "Bytes" ? sum + event.bytes.length : sum), 0)
        due = Math.max(due, now) + (bytes / bytesPerSecond) * 1000
        return Effect.as(Effect.sleep(Duration.millis(due - now)), all)
      })
    )
  })
