/** Callbacks that fail, are slow or late, and readers that are interrupted. */
import { truncateSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Stream } from "effect"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"
import {
  mebibyte,
  isLarge,
  archives,
  concurrencies,
  onHost,
  forEach,
  whole,
  others,
  isOpen,
  reasonOf
} from "../support/ReadingEntries.ts"

describe("What ends ArchiveReader.forEach", () => {
  it.live.each(concurrencies)("is a callback that fails, and the others are interrupted: %s at once", (concurrency) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const file = Extracting.fileOf(archives.stored)
      for (const location of [onHost(host), { file }]) {
        let running = 0
        const error = yield* Effect.flip(
          forEach(
            location,
            (name, content) => {
              running++
              return (
                name === "large"
                  ? Effect.andThen(Stream.runDrain(Stream.take(content, 1)), Effect.fail("full" as const))
                  : concurrency === 1
                    ? Stream.runDrain(content)
                    : Effect.andThen(Stream.runDrain(content), Effect.never)
              ).pipe(Effect.ensuring(Effect.sync(() => running--)))
            },
            { concurrency }
          )
        )
        assert.strictEqual(error, "full")
        assert.strictEqual(running, 0)
        assert.isFalse(isOpen(file))
      }
      yield* host.idle
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is an archive that cannot be read any further, and the callbacks that run are interrupted", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes, {
        fate: (number) => (number < 2 ? {} : { status: 503 })
      })
      let interrupted = 0
      const exit = yield* Effect.exit(
        forEach(
          onHost(host),
          (name) =>
            isLarge(name) ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++)) : Effect.void,
          { concurrency: 20, retries: 0 }
        )
      )
      assert.strictEqual(reasonOf(exit), "RetriesExhausted")
      assert.isAbove(interrupted, 0)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is an object that was replaced", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const exit = yield* Effect.exit(
        forEach(onHost(host), (name, content) => {
          if (name === "noise") Object.assign(host, { etag: '"2"', object: archives.deflated.bytes })
          return whole(name, content)
        })
      )
      assert.strictEqual(reasonOf(exit), "ObjectChanged")
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is a file that becomes shorter", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archives.stored)
      const error = yield* Effect.flip(
        forEach({ file }, (name, content) => {
          truncateSync(file, 18 * mebibyte)
          return whole(name, content)
        })
      )
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, "Changed")
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live.each(concurrencies)("is an interruption at any step, which leaves nothing open: %s at once", (concurrency) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.deflated.bytes)
      const file = Extracting.fileOf(archives.deflated)
      for (const location of [onHost(host), { file }]) {
        for (let steps = 0; ; steps = steps * 2 + 1) {
          let step = 0
          const reached = yield* Deferred.make<void>()
          const next = Effect.suspend(() =>
            step++ === steps ? Effect.andThen(Deferred.succeed(reached, undefined), others) : Effect.void
          )
          const fiber = yield* Effect.forkChild(
            forEach(
              location,
              (_, content) => next.pipe(Effect.andThen(Stream.runForEach(content, () => next)), Effect.andThen(next)),
              { concurrency }
            )
          )
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.await(fiber))
          yield* Fiber.interrupt(fiber)
          const exit = yield* Fiber.await(fiber)
          yield* host.idle
          assert.isFalse(isOpen(file))
          if (Exit.isSuccess(exit)) break
          assert.isTrue(Cause.hasInterruptsOnly(exit.cause))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: Number.NaN },
    { memory: 0 },
    { memory: Number.NaN }
  ])("is an option that means nothing, a defect: %o", (options) =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archives.stored)
      const exit = yield* Effect.exit(forEach({ file }, () => Effect.void, options))
      assert(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.instanceOf(Cause.squash(exit.cause), RangeError)
      assert.include(Cause.pretty(exit.cause), Object.keys(options).join())
    }).pipe(Effect.provide(Extracting.layer))
  )
})
