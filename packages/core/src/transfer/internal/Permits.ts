/** So many connections for several transfers. Each needs one; what is left over goes to those that more of them pay for. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export interface Permits {
  /** Runs with a connection, once there is one; who has waited longest comes first. */
  readonly withOne: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Takes one more, if nobody waits for it. It must be released. */
  readonly takeIfAvailable: Effect.Effect<boolean>
  readonly release: Effect.Effect<unknown>
  /** Others wait, and should be given one: who is told so releases one soon, and is told once for each that waits. */
  readonly isAskedFor: () => boolean
}

export const make = (most: number): Permits => (most === Infinity ? unlimited : limited(most))

/** Each may have as many as it likes. */
export const unlimited: Permits = {
  withOne: (effect) => effect,
  takeIfAvailable: Effect.succeed(true),
  release: Effect.void,
  isAskedFor: () => false
}

const limited = (most: number): Permits => {
  const semaphore = Semaphore.makeUnsafe(most)
  let waiting = 0
  /** Releases that were asked for and are still to come. */
  let promised = 0
  const keepPromise = Effect.sync(() => {
    promised = Math.max(0, promised - 1)
  })
  return {
    withOne: (effect) =>
      Effect.suspend(() => {
        let isWaiting = true
        waiting++
        const isServed = Effect.sync(() => {
          if (isWaiting) waiting--
          isWaiting = false
        })
        const served = Effect.ensuring(Effect.andThen(isServed, effect), keepPromise)
        return Effect.ensuring(semaphore.withPermits(1)(served), isServed)
      }),
    takeIfAvailable: Effect.suspend(() => (waiting > 0 ? Effect.succeed(false) : semaphore.takeIfAvailable(1))),
    release: Effect.andThen(keepPromise, semaphore.release(1)),
    isAskedFor: () => {
      if (waiting <= promised) return false
      promised++
      return true
    }
  }
}
