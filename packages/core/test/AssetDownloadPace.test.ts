import { assert, describe, it } from "@effect/vitest"
import { type ApiError, ApiRetry, Asset, type AssetDownload } from "@scenario-assets/core"
import { Array as Arr, Clock, Duration, Effect, Exit, Fiber, Random } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as FakeServer from "./FakeServer.ts"

const { answer, broken, delayed } = FakeServer

const jobId = Asset.JobId.make("job_a")
const right = answer(200, { jobId, jobStatus: "queued" })
const reset = broken("ECONNRESET")
const refused = broken("ECONNREFUSED", { syscall: "connect" })

/** How long each answer takes at least. */
const latency = 10

/** A server whose answers depend on when it is asked, and that counts the requests it has at once. */
const scripted = (answerAt: (millis: number, count: number) => FakeServer.Answer) => {
  const times: Array<number> = []
  const state = { now: 0, most: 0 }
  const client = HttpClient.make((request) =>
    Effect.gen(function* () {
      const time = yield* Clock.currentTimeMillis
      times.push(time)
      state.now++
      state.most = Math.max(state.most, state.now)
      return yield* delayed(latency, answerAt(time, times.length))(request)
    }).pipe(Effect.ensuring(Effect.sync(() => void state.now--)))
  )
  return { client, state, times }
}

const connect = (server: ReturnType<typeof scripted>, options: AssetDownload.Options = {}) =>
  Effect.orDie(FakeServer.connect(server, options))

/** As if every throw of the dice came out like this: a pause is half as long as it may be. */
const dice = Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 })

const start = (api: FakeServer.Api, count: number) =>
  Effect.forEach(Arr.range(1, count), () =>
    Effect.forkChild(dice(Effect.exit(Effect.andThen(api.getStatus(jobId), Clock.currentTimeMillis))))
  )

const reasonOf = <A>(exit: Exit.Exit<A, ApiError.ApiError>) =>
  Exit.isFailure(exit) ? Effect.map(Effect.flip(exit), ({ reason }) => reason) : Effect.die(new Error("no failure"))

describe("AssetDownload keeps one pace for all calls", () => {
  it.effect("sends nothing while the API wants a pause of one call", () =>
    Effect.gen(function* () {
      const server = scripted((time, count) =>
        count === 1 ? answer(429, "", { "retry-after": "20" }) : time < 20_000 ? delayed(1000, right) : right
      )
      const api = yield* connect(server)
      const running = yield* start(api, 8)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(
        server.times,
        Arr.makeBy(8, () => 0)
      )

      const late = yield* start(api, 3)
      yield* TestClock.adjust(17_999)
      assert.lengthOf(server.times, 8)
      yield* TestClock.adjust(1 + latency)
      assert.deepStrictEqual(
        server.times.slice(8),
        Arr.makeBy(4, () => 20_000 + latency)
      )
      yield* TestClock.adjust("1 minute")
      for (const fiber of [...running, ...late]) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
    })
  )

  it.effect("cuts the pause to the longest that is obeyed", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count === 1 ? answer(429, "", { "retry-after": "59" }) : right))
      const api = yield* connect(server, { retryAfterCap: "3 seconds" })
      const [first] = yield* start(api, 1)
      assert(first !== undefined)
      yield* TestClock.adjust("1 second")
      const [second] = yield* start(api, 1)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(server.times, [0, 3000 + latency, 3000 + 2 * latency])
      assert(second !== undefined)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(second)))
    })
  )

  it.effect("runs half as many calls at once after 429, and one more after each round of answers", () =>
    Effect.gen(function* () {
      let isLimited = true
      const server = scripted(() =>
        isLimited ? answer(429, "", { "retry-after": "10" }) : delayed(1000 - latency, right)
      )
      const api = yield* connect(server, { timeLimit: "1 hour" })
      yield* start(api, 8)
      yield* TestClock.adjust("1 second")
      // All eight were refused together, which counts once.
      assert.lengthOf(server.times, 8)
      isLimited = false
      server.state.most = 0
      yield* start(api, 30)

      const atOnce: Array<number> = []
      yield* TestClock.adjust(9000 + latency)
      for (let round = 0; round < 5; round++) {
        atOnce.push(server.state.now)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(atOnce, [4, 5, 6, 7, 8])
    })
  )

  it.effect("never goes below one call, and halves again for every further 429", () =>
    Effect.gen(function* () {
      const server = scripted((time) =>
        time < 30_000 ? delayed(100 - latency, answer(429, "", { "retry-after": "10" })) : delayed(1000, right)
      )
      const api = yield* connect(server, { timeLimit: "1 hour", retries: 10 })
      const fibers = yield* start(api, 8)
      yield* TestClock.adjust("30 seconds")
      const atOnce = [0, 10_100, 20_200].map(
        (from) => server.times.filter((time) => time >= from && time < from + 5000).length
      )
      assert.deepStrictEqual(atOnce, [8, 4, 2])
      server.state.most = 0
      yield* TestClock.adjust("1 hour")
      assert.isAbove(server.state.most, 1)
      for (const fiber of fibers) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
    })
  )

  it.effect("does not limit calls before the API has refused one", () =>
    Effect.gen(function* () {
      const server = scripted(() => delayed(1000, right))
      yield* start(yield* connect(server), 500)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(server.state.now, 500)
    })
  )

  it.effect.each<readonly [what: string, down: FakeServer.Answer]>([
    ["connections are refused", refused],
    ["it answers 503", answer(503)],
    ["it answers 500", answer(500)],
    ["connections break after the first refusal", reset]
  ])("sends one request after each pause while the API is down: %s", ([, down]) =>
    Effect.gen(function* () {
      const first = down === reset ? refused : down
      const server = scripted((time) => (time === 0 ? first : time < 10_000 ? down : right))
      const api = yield* connect(server, { timeLimit: "1 hour", retries: 10 })
      const fibers = yield* start(api, 20)
      yield* TestClock.adjust("1 hour")
      // The pauses grow for all, whichever call probes.
      const probes = server.times.slice(20).filter((time) => time < 10_000)
      assert.deepStrictEqual(probes, [260, 770, 1780, 3790, 7800])
      for (const fiber of fibers) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
      const back = server.times.slice(25)
      assert.isAtLeast(back[0] ?? 0, 10_000)
      assert.lengthOf(back, 20)
    })
  )

  it.effect("waits for a probe that takes long, and sends no second one", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count <= 2 ? answer(503) : delayed(5000, right)))
      const fibers = yield* start(yield* connect(server), 2)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(server.state.now, 1)
      assert.lengthOf(server.times, 3)
      yield* TestClock.adjust("1 minute")
      for (const fiber of fibers) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
    })
  )

  it.effect("is not down for one call that fails while others are answered", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count === 1 ? answer(500) : delayed(count === 2 ? 90 : 0, right)))
      const api = yield* connect(server)
      yield* start(api, 2)
      yield* TestClock.adjust(50)
      const [held] = yield* start(api, 1)
      assert.lengthOf(server.times, 2)
      yield* TestClock.adjust(50)
      assert.deepStrictEqual(server.times, [0, 0, 100])
      assert.isDefined(held)
    })
  )

  it.effect("keeps the time limit of a call that waits, which fails with the reason for the wait", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count === 1 ? refused : FakeServer.silence))
      const api = yield* connect(server, { timeLimit: "10 seconds" })
      // The one that probes has no answer either.
      yield* start(api, 1)
      yield* TestClock.adjust("1 second")
      const [held] = yield* start(api, 1)
      assert(held !== undefined)
      yield* TestClock.adjust(8999)
      assert.isUndefined(held.pollUnsafe())
      // The second one probes from here on, for as long as it has left.
      yield* TestClock.adjust("1 second")
      assert.lengthOf(server.times, 3)
      const [third] = yield* start(api, 1)
      assert(third !== undefined)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* reasonOf(yield* Fiber.join(held)))._tag, "TimedOut")
      yield* TestClock.adjust("8 seconds")
      assert.isDefined(third.pollUnsafe())
      assert.lengthOf(server.times, 4)
    })
  )

  it.effect("fails a call at its time limit, without sending it", () =>
    Effect.gen(function* () {
      const server = scripted(() => answer(429, "", { "retry-after": "20" }))
      const api = yield* connect(server, { timeLimit: "5 seconds" })
      yield* start(api, 1)
      yield* TestClock.adjust("1 second")
      const [held] = yield* start(api, 1)
      assert(held !== undefined)
      yield* TestClock.adjust(4999)
      assert.isUndefined(held.pollUnsafe())
      yield* TestClock.adjust(1)
      const reason = yield* reasonOf(yield* Fiber.join(held))
      assert.strictEqual(reason._tag, "RateLimited")
      assert.lengthOf(server.times, 1)
    })
  )

  it.effect("lets another call probe when the one that does is interrupted", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count <= 3 ? refused : count === 4 ? FakeServer.silence : right))
      const api = yield* connect(server, { timeLimit: "1 hour" })
      const fibers = yield* start(api, 3)
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(server.times, 4)
      const [prober, ...others] = fibers
      assert(prober !== undefined)
      yield* Fiber.interrupt(prober)
      yield* TestClock.adjust(2 * latency)
      assert.deepStrictEqual(server.times.slice(4), [10_000, 10_000 + latency])
      for (const fiber of others) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
    })
  )

  it.effect("loses no place to calls that are interrupted, wherever they are", () =>
    Effect.gen(function* () {
      const server = scripted((_, count) => (count <= 2 ? answer(429) : delayed(1000, right)))
      const api = yield* connect(server, { timeLimit: "1 hour" })
      yield* start(api, 2)
      for (let round = 0; round < 40; round++) {
        const fibers = yield* start(api, 5)
        yield* TestClock.adjust(37 * (round % 9))
        yield* Effect.forEach(fibers, Fiber.interrupt)
      }
      assert.isAtMost(server.state.now, 2)
      const sent = server.times.length
      const fibers = yield* start(api, 3)
      yield* TestClock.adjust("1 minute")
      assert.isAtLeast(server.times.length, sent + 3)
      assert.strictEqual(server.state.now, 0)
      for (const fiber of fibers) assert.isTrue(Exit.isSuccess(yield* Fiber.join(fiber)))
    })
  )

  it.effect("tells those who listen why a call waits, and for how long", () =>
    Effect.gen(function* () {
      const told: Array<readonly [tag: string, tries: number, millis: number]> = []
      const server = scripted((_, count) => (count === 1 ? answer(429, "", { "retry-after": "20" }) : right))
      const api = yield* connect(server)
      yield* start(api, 1)
      yield* TestClock.adjust("5 seconds")
      yield* api.getStatus(jobId).pipe(
        Effect.provideService(ApiRetry.Listener, ({ error, pause, tries }) =>
          Effect.sync(() => void told.push([error.reason._tag, tries, Duration.toMillis(pause)]))
        ),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(told, [["RateLimited", 1, 15_000 + latency]])
    })
  )

  it.effect("keeps a pace of its own for each service", () =>
    Effect.gen(function* () {
      const limited = yield* connect(scripted(() => answer(429, "", { "retry-after": "20" })))
      const other = scripted(() => right)
      yield* start(limited, 1)
      yield* TestClock.adjust("1 second")
      yield* start(yield* connect(other), 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(other.times, [1000])
    })
  )
})
