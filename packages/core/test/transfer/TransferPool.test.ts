/** Limits that transfers keep together. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient, Transfer, TransferPool } from "@scenario-assets/core"
import { Clock, Duration, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"

const mebibyte = 1024 * 1024
const size = 64 * mebibyte
const piece = new Uint8Array(mebibyte / 4)

/** A host that gives each connection 5 MiB a second. */
const make = () => {
  let open = 0
  let mostOpen = 0
  const client = Layer.succeed(StorageClient.StorageClient, {
    get: (_link, { headers }) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          mostOpen = Math.max(mostOpen, ++open)
        }),
        () => Effect.sync(() => open--)
      ).pipe(
        Effect.map(() => {
          const [, first = "0", last] = /^bytes=(\d+)-(\d*)$/.exec(headers["range"] ?? "") ?? []
          const [start, end] = [Number(first), last ? Number(last) + 1 : size]
          const body = Stream.fromIterable(
            Array.from({ length: Math.ceil((end - start) / piece.length) }, (_, index) => index)
          ).pipe(
            Stream.rechunk(1),
            Stream.mapEffect((index) => {
              const bytes = piece.subarray(0, Math.min(piece.length, end - start - index * piece.length))
              return Effect.as(Effect.sleep(50), bytes)
            })
          )
          const range = { "content-range": `bytes ${start}-${end - 1}/${size}` }
          const length = { "content-length": String(size), "accept-ranges": "bytes" }
          const isAll = headers["range"] === undefined
          return { status: isAll ? 200 : 206, headers: { etag: '"1"', ...(isAll ? length : range) }, body }
        })
      )
  })
  const layer = Layer.provide(Transfer.layer({ connections: 16 }), client)
  return { open: () => open, mostOpen: () => mostOpen, layer }
}

const source = { refresh: Effect.sync(() => signedUrl("https://storage.test/a.zip")) }

/** How long it takes, and how much came. */
const timed = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
  Effect.gen(function* () {
    const start = yield* Clock.currentTimeMillis
    const length = yield* Stream.runFold(
      bytes,
      () => 0,
      (sum, { length }) => sum + length
    )
    assert.strictEqual(length, size)
    return (yield* Clock.currentTimeMillis) - start
  })

describe("TransferPool", () => {
  it.effect("holds several transfers to one rate", () =>
    Effect.gen(function* () {
      const host = make()
      const pool = yield* TransferPool.make({ limitRate: 4 * mebibyte })
      const exit = yield* Effect.flatMap(Transfer.Transfer, ({ bytes }) =>
        Effect.all([timed(bytes(source, { pool })), timed(bytes({ ...source }, { pool }))], {
          concurrency: "unbounded"
        })
      ).pipe(Effect.provide(host.layer), Time.letPass)
      assert(Exit.isSuccess(exit))
      assert.approximately(Math.max(...exit.value), Duration.toMillis("32 seconds"), 1500)
    })
  )

  it.effect("gives a transfer that comes later a connection of one that has several", () =>
    Effect.gen(function* () {
      const host = make()
      const pool = yield* TransferPool.make({ connections: 4 })
      yield* Effect.gen(function* () {
        const { bytes } = yield* Transfer.Transfer
        const first = yield* Effect.forkChild(timed(bytes(source, { pool })))
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(host.open(), 4)
        const second = yield* Effect.forkChild(
          Stream.runHead(Stream.filter(bytes({ ...source }, { pool }), ({ length }) => length > 0))
        )
        yield* TestClock.adjust("1 second")
        assert.isDefined(second.pollUnsafe(), "it has read something")
        yield* Time.letPass(Fiber.join(first))
      }).pipe(Effect.provide(host.layer))
      assert.strictEqual(host.mostOpen(), 4)
      assert.strictEqual(host.open(), 0)
    })
  )

  it.effect("has all its connections after transfers that were interrupted, also while they waited", () =>
    Effect.gen(function* () {
      const host = make()
      const pool = yield* TransferPool.make({ connections: 2 })
      yield* Effect.gen(function* () {
        const { bytes } = yield* Transfer.Transfer
        for (const millis of [0, 50, 199, 200, 401, 1000]) {
          const reading = Stream.runDrain(bytes({ ...source }, { pool }))
          const fibers = yield* Effect.all([1, 2, 3, 4].map(() => Effect.forkChild(reading)))
          yield* TestClock.adjust(millis)
          yield* Fiber.interruptAll(fibers)
          assert.strictEqual(host.open(), 0)
        }
        const exit = yield* Time.letPass(timed(bytes(source, { pool })))
        assert(Exit.isSuccess(exit))
        assert.isBelow(exit.value, Duration.toMillis("10 seconds"), "it has had both")
      }).pipe(Effect.provide(host.layer))
    })
  )

  it.effect.each<readonly [limit: number, connections: ReadonlyArray<number>]>([
    // One connection brings 5 MiB a second.
    [4, []],
    // Less than half as much again, which without a limit would not pay.
    [7, [4]]
  ])("a rate of %i MiB a second is reached by no more connections than it takes, and those stay", ([limit, due]) =>
    Effect.gen(function* () {
      const host = make()
      const told: Array<number> = []
      const reading = Effect.flatMap(Transfer.Transfer, ({ events }) =>
        Stream.runForEach(events(source, { limitRate: limit * mebibyte }), (event) =>
          Effect.sync(() => {
            if (event._tag === "Segments") told.push(event.connections)
          })
        )
      )
      assert(Exit.isSuccess(yield* Time.letPass(Effect.provide(reading, host.layer))))
      assert.deepStrictEqual(told, due)
    })
  )

  it.effect("takes no number that means nothing", () =>
    Effect.gen(function* () {
      for (const options of [{ connections: 0 }, { connections: 1.5 }, { limitRate: 0 }, { limitRate: Number.NaN }]) {
        const exit = yield* Effect.exit(TransferPool.make(options))
        assert(Exit.hasDies(exit))
      }
    })
  )
})
