/**
 * Events on their way to a consumer that may be slow. Facts wait until there is room for them, which holds whoever tells them;
 * of progress only the latest waits. So there are never more than a few, however long the consumer takes.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"

/** Tells an event: a fact as soon as there is room, progress at once. */
export type Tell<A> = (event: A) => Effect.Effect<void>

/** So many facts may wait: enough to go on with the next while the consumer is at the last. */
const mostFacts = 2

/**
 * What `run` tells, and its end. `progressOf` gives what an event is the progress of, and nothing for a fact: later progress of
 * the same takes the place of what waits.
 */
export const stream = <A, E, R>(
  progressOf: (event: A) => unknown,
  run: (tell: Tell<A>) => Effect.Effect<void, E, R>
): Stream.Stream<A, E, Exclude<R, Scope.Scope>> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const room = yield* Semaphore.make(mostFacts)
      const something = yield* Latch.make()
      let waiting: Array<A> = []
      let end: Exit.Exit<void, E> | undefined
      const isFact = (event: A) => progressOf(event) === undefined

      /** At once: whoever finds the latch open finds an event, or the end. */
      const put = (event: A, subject: unknown) =>
        Effect.sync(() => {
          if (subject !== undefined) waiting = waiting.filter((other) => progressOf(other) !== subject)
          waiting.push(event)
          something.openUnsafe()
        })
      const tell: Tell<A> = (event) => {
        const subject = progressOf(event)
        return subject === undefined
          ? Effect.uninterruptibleMask((restore) => Effect.andThen(restore(room.take(1)), put(event, subject)))
          : put(event, subject)
      }

      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E> = Effect.andThen(
        something.await,
        Effect.suspend((): Pull.Pull<Arr.NonEmptyReadonlyArray<A>, E> => {
          const all = waiting
          if (Arr.isArrayNonEmpty(all)) {
            waiting = []
            if (end === undefined) something.closeUnsafe()
            return Effect.as(room.release(all.filter(isFact).length), all)
          }
          if (end === undefined) return pull
          return Exit.isSuccess(end) ? Cause.done() : Effect.failCause(end.cause)
        })
      )

      yield* run(tell).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            end = exit
            something.openUnsafe()
          })
        ),
        Effect.forkScoped
      )
      return Stream.fromPull(Effect.succeed(pull))
    })
  )
