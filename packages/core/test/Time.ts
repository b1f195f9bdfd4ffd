import { assert } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Runs what waits while the test's clock goes on, a second at a time, until it has ended. */
export const letPass = <A, E, R>(effect: Effect.Effect<A, E, R>, limit: Duration.Input = "2 hours") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    const seconds = Duration.toSeconds(limit)
    for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second++)
      yield* TestClock.adjust("1 second")
    assert.isDefined(fiber.pollUnsafe(), "it has not ended in time")
    return yield* Fiber.join(fiber)
  })

export const errorOf = <A, E>(exit: Exit.Exit<A, E>) =>
  Exit.isFailure(exit) ? Effect.flip(exit) : Effect.die(new Error("expected a failure"))
