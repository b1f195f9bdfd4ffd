/** Waiting until something is the case that only callbacks tell of. */
import * as Effect from "effect/Effect"

export interface Watchers {
  /** Something has happened. */
  readonly notify: () => void
  /** What the test gives, as soon as it is not `undefined`. */
  readonly when: <A>(test: () => A | undefined) => Effect.Effect<A>
}

export const make = (): Watchers => {
  const watchers = new Set<() => void>()
  return {
    notify: () => watchers.forEach((watch) => watch()),
    when: (test) =>
      Effect.callback((resume) => {
        const watch = () => {
          const found = test()
          if (found === undefined) return
          watchers.delete(watch)
          resume(Effect.succeed(found))
        }
        watchers.add(watch)
        watch()
        return Effect.sync(() => watchers.delete(watch))
      })
  }
}
