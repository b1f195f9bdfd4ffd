/** A content that can be run for as long as somebody has it. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * Lends a content to `use`, which may run it any number of times, also at once. Once `use` has ended, every run ends with
 * `closed`, those that are under way as well, and what they hold is let go.
 */
export const lend = <A, E, R, B, E2, R2, E3>(
  content: Stream.Stream<A, E, R>,
  closed: () => E3,
  use: (content: Stream.Stream<A, E | E3, R>) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E2, R2> =>
  Effect.scopedWith((scope) => {
    const end = Deferred.makeUnsafe<never, E3>()
    const lent = Stream.unwrap(
      Effect.gen(function* () {
        const run = yield* Scope.fork(scope)
        yield* Effect.addFinalizer((exit) => Scope.close(run, exit))
        const pull = yield* Scope.provide(Stream.toPull(content), run)
        return Stream.fromPull(Effect.succeed(Effect.raceFirst(Deferred.await(end), pull)))
      })
    )
    return Effect.onExit(use(lent), () => Deferred.fail(end, closed()))
  })

/** The same for a content that is there: it is let go as well. */
export const lendHeld = <A, B, E2, R2, E3>(
  content: A,
  closed: () => E3,
  use: (content: Stream.Stream<A, E3>) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E2, R2> =>
  Effect.suspend(() => {
    let held: { readonly content: A } | undefined = { content }
    return Effect.ensuring(
      use(Stream.suspend(() => (held === undefined ? Stream.fail(closed()) : Stream.succeed(held.content)))),
      Effect.sync(() => (held = undefined))
    )
  })
