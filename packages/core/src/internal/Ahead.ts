/** Work that runs ahead of whoever takes its events, but only so far. */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** Tells of an event that is not the last one of an item. It never waits for who takes it. */
export type Tell<E> = (event: E) => Effect.Effect<void>

/**
 * Works on items, and gives their events as they happen. Of one item `work` tells the events, and returns the last one. So many
 * items are worked on at once, and each counts until its last event was taken. A slow consumer delays the next items, never
 * those in work.
 */
export const stream = <A, E>(
  items: ReadonlyArray<A>,
  concurrency: number,
  work: (item: A, index: number, tell: Tell<E>) => Effect.Effect<E>
): Stream.Stream<E> =>
  Stream.callback<{ readonly event: E; readonly taken?: Effect.Effect<unknown> }>((queue) => {
    const tell: Tell<E> = (event) => Effect.asVoid(Queue.offer(queue, { event }))
    return Effect.forEach(
      items,
      Effect.fnUntraced(function* (item, index) {
        const event = yield* work(item, index, tell)
        const latch = yield* Latch.make()
        yield* Queue.offer(queue, { event, taken: latch.open })
        yield* latch.await
      }),
      { concurrency, discard: true }
    ).pipe(Effect.andThen(Queue.end(queue)))
  }).pipe(Stream.mapEffect(({ event, taken = Effect.void }) => Effect.as(taken, event)))
