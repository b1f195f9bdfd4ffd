import { assert, describe, it } from "@effect/vitest"
import { Asset, type AssetDownload, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Clock, Effect, Exit, Fiber, Random, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as FakeServer from "./FakeServer.ts"

const { answer, broken, connect, delayed } = FakeServer

const jobId = Asset.JobId.make("job_a")
const right = answer(200, { jobId, jobStatus: "queued", url: "https://cdn.test/a" })

const calls = {
  requestBatch: (api: FakeServer.Api) =>
    Effect.flatMap(Effect.orDie(Selection.make({ assetIds: ["asset_a"] })), (selection) =>
      api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
    ),
  getStatus: (api: FakeServer.Api) => api.getStatus(jobId),
  request: (api: FakeServer.Api) => api.request(Asset.AssetId.make("asset_a"))
}
type Operation = keyof typeof calls
const operations: ReadonlyArray<Operation> = ["requestBatch", "getStatus", "request"]

/** As if every throw of the dice came out like this. */
const dice = (value: number) =>
  Effect.provideService(Random.Random, { nextDoubleUnsafe: () => value, nextIntUnsafe: () => 0 })

/** Runs one call to its end while the test's clock goes on. */
const run = Effect.fnUntraced(function* (
  operation: Operation,
  server: FakeServer.FakeServer,
  options: AssetDownload.Options & { readonly dice?: number } = {}
) {
  const call: FakeServer.Call = calls[operation]
  const start = yield* Clock.currentTimeMillis
  const fiber = yield* Effect.flatMap(Effect.orDie(connect(server, options)), call).pipe(
    dice(options.dice ?? 0.5),
    Effect.exit,
    Effect.flatMap((exit) => Effect.map(Clock.currentTimeMillis, (end) => ({ exit, elapsed: end - start }))),
    Effect.forkChild
  )
  yield* TestClock.adjust("1 day")
  const { elapsed, exit } = yield* Fiber.join(fiber)
  const times = server.received.map(({ time }) => time - start)
  const reason = Exit.isFailure(exit) ? (yield* Effect.flip(exit)).reason : undefined
  return { elapsed, exit, reason, times, tries: times.length }
})

const transient = [408, 429, 500, 502, 503, 504]
const lasting = [400, 401, 402, 403, 404, 405, 409, 410, 413, 422, 425, 501, 505, 520, 301, 302, 307]

describe("AssetDownload repeats", () => {
  const repeated: ReadonlyArray<readonly [Operation, ReadonlyArray<number>]> = [
    ["getStatus", transient],
    ["request", transient],
    ["requestBatch", [429, 503]]
  ]

  it.effect.each(repeated.flatMap(([operation, statuses]) => statuses.map((status) => ({ operation, status }))))(
    "$operation after $status, four times by default",
    ({ operation, status }) =>
      Effect.gen(function* () {
        const lucky = yield* run(operation, FakeServer.make(answer(status), answer(status), right))
        assert.isTrue(Exit.isSuccess(lucky.exit))
        assert.strictEqual(lucky.tries, 3)

        const unlucky = yield* run(operation, FakeServer.make(answer(status)))
        assert.strictEqual(unlucky.tries, 5)
        assert(unlucky.reason !== undefined && "response" in unlucky.reason)
        assert.strictEqual(unlucky.reason.response.status, status)
      })
  )

  const lost: ReadonlyArray<readonly [what: string, answer: FakeServer.Answer]> = [
    ["a reset", broken("ECONNRESET")],
    ["a closed socket", broken("UND_ERR_SOCKET")],
    ["a network that is gone", broken("EHOSTUNREACH")],
    ["a pipe that is broken", broken("EPIPE", { syscall: "write" })],
    ["a body that breaks", FakeServer.brokenBody]
  ]
  const neverSent: ReadonlyArray<readonly [what: string, answer: FakeServer.Answer]> = [
    ["a refused connection", broken("ECONNREFUSED", { syscall: "connect" })],
    ["an unknown host", broken("ENOTFOUND", { syscall: "getaddrinfo" })],
    ["a host that cannot be reached", broken("EHOSTUNREACH", { syscall: "connect" })],
    ["a connection that was not made in time", broken("UND_ERR_CONNECT_TIMEOUT")]
  ]

  it.effect.each([
    ...operations.flatMap((operation) => neverSent.map(([what, answer]) => ({ operation, what, answer }))),
    ...(["getStatus", "request"] as const).flatMap((operation) =>
      lost.map(([what, answer]) => ({ operation, what, answer }))
    )
  ])("$operation after $what", ({ answer, operation }) =>
    Effect.gen(function* () {
      const lucky = yield* run(operation, FakeServer.make(answer, answer, right))
      assert.isTrue(Exit.isSuccess(lucky.exit))
      assert.strictEqual(lucky.tries, 3)
      const unlucky = yield* run(operation, FakeServer.make(answer))
      assert.strictEqual(unlucky.tries, 5)
      assert.strictEqual(unlucky.reason?._tag, "ConnectionFailed")
    })
  )

  it.effect.each([
    ...transient
      .filter((status) => status !== 429 && status !== 503)
      .map((status) => ({ what: String(status), answer: answer(status) })),
    ...lost.map(([what, answer]) => ({ what, answer }))
  ])("never requestBatch after $what: a second job could start", ({ answer }) =>
    Effect.gen(function* () {
      const { elapsed, exit, tries } = yield* run("requestBatch", FakeServer.make(answer, right))
      assert.isTrue(Exit.isFailure(exit))
      assert.strictEqual(tries, 1)
      assert.strictEqual(elapsed, 0)
    })
  )

  it.effect.each(operations.flatMap((operation) => lasting.map((status) => ({ operation, status }))))(
    "not $operation after $status",
    ({ operation, status }) =>
      Effect.gen(function* () {
        const { elapsed, exit, tries } = yield* run(operation, FakeServer.make(answer(status), right))
        assert.isTrue(Exit.isFailure(exit))
        assert.strictEqual(tries, 1)
        assert.strictEqual(elapsed, 0)
      })
  )

  it.effect.each(operations)("not %s after an answer that is none", (operation) =>
    Effect.gen(function* () {
      const { reason, tries } = yield* run(operation, FakeServer.make(answer(200, "<html>"), right))
      assert.strictEqual(reason?._tag, "InvalidResponse")
      assert.strictEqual(tries, 1)
    })
  )

  it.effect.each([0, 1, 7])("as often as it is told: %d times", (retries) =>
    Effect.gen(function* () {
      const { tries } = yield* run("getStatus", FakeServer.make(answer(503)), { retries, timeLimit: "1 hour" })
      assert.strictEqual(tries, retries + 1)
    })
  )

  it.effect("the same request", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(answer(503), right)
      yield* run("requestBatch", server)
      const [first, second] = server.received.map(
        ({ headers: { b3: _b3, traceparent: _parent, ...headers }, method, url, body }) => ({
          request: `${method} ${url.href}`,
          headers,
          body
        })
      )
      assert.deepStrictEqual(second, first)
    })
  )
})

describe("AssetDownload waits", () => {
  it.effect("half of 0.5, 1, 2, 4 seconds where the dice say half", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(answer(503)), { dice: 0.5 })
      assert.deepStrictEqual(times, [0, 250, 750, 1750, 3750])
    })
  )

  it.effect("no longer than 10 seconds, however often it fails", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(answer(503)), {
        dice: 1,
        retries: 8,
        timeLimit: "1 hour"
      })
      assert.deepStrictEqual(times, [0, 500, 1500, 3500, 7500, 15_500, 25_500, 35_500, 45_500])
    })
  )

  it.effect("not at all where the dice say nothing", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(answer(503)), { dice: 0 })
      assert.deepStrictEqual(times, [0, 0, 0, 0, 0])
    })
  )

  it.effect.prop(
    "anything from nothing to the whole step, in any step that is set, up to any cap",
    {
      seed: Schema.String,
      backoffBase: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5000 })),
      backoffCap: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20_000 }))
    },
    ({ backoffBase, backoffCap, seed }) =>
      Effect.gen(function* () {
        const server = FakeServer.make(answer(500))
        const options = { backoffBase, backoffCap, retries: 6, timeLimit: "1 hour" } as const
        const fiber = yield* Effect.flatMap(connect(server, options), calls.request).pipe(
          Effect.exit,
          Random.withSeed(seed),
          Effect.forkChild
        )
        yield* TestClock.adjust("1 hour")
        yield* Fiber.join(fiber)
        const pauses = server.received
          .slice(1)
          .map(({ time }, index) => time - (server.received[index]?.time ?? Number.NaN))
        assert.lengthOf(pauses, 6)
        for (const [index, pause] of pauses.entries()) {
          assert.isAtLeast(pause, 0)
          assert.isAtMost(pause, Math.min(backoffCap, backoffBase * 2 ** index))
        }
      }),
    { arbitrary: { runs: 30 } }
  )

  it.effect("anew for each call, differently", () =>
    Effect.gen(function* () {
      const pauses = new Set<number | undefined>()
      for (const seed of ["a", "b", "c", "d"]) {
        const server = FakeServer.make(answer(500), right)
        const fiber = yield* Effect.forkChild(
          Effect.flatMap(connect(server), calls.getStatus).pipe(Random.withSeed(seed))
        )
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        const [first, second] = server.received
        pauses.add(second && first && second.time - first.time)
      }
      assert.strictEqual(pauses.size, 4)
    })
  )
})

describe("AssetDownload obeys Retry-After", () => {
  const after = (value: string, status = 429) => answer(status, "", { "retry-after": value })
  /** The test's clock starts in 1970. */
  const dates: ReadonlyArray<readonly [what: string, date: string]> = [
    ["an HTTP-date", "Thu, 01 Jan 1970 00:00:20 GMT"],
    ["the date of RFC 850", "Thursday, 01-Jan-70 00:00:20 GMT"],
    ["the date of asctime", "Thu Jan  1 00:00:20 1970"]
  ]

  it.effect.each(transient)("in seconds, of %d", (status) =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(after("20", status), right), { dice: 1 })
      assert.deepStrictEqual(times, [0, 20_000])
    })
  )

  it.effect.each([429, 503])("for requestBatch, of %d", (status) =>
    Effect.gen(function* () {
      const { times } = yield* run("requestBatch", FakeServer.make(after("20", status), right))
      assert.deepStrictEqual(times, [0, 20_000])
    })
  )

  it.effect.each(dates)("as %s", ([, date]) =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(after(date), right))
      assert.deepStrictEqual(times, [0, 20_000])
    })
  )

  it.effect("from the time the answer came, not from the start of the call", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(delayed(5000, after("Thu, 01 Jan 1970 00:00:20 GMT")), right)
      assert.deepStrictEqual((yield* run("getStatus", server)).times, [0, 20_000])
      const seconds = FakeServer.make(delayed(5000, after("20")), right)
      assert.deepStrictEqual((yield* run("getStatus", seconds)).times, [0, 25_000])
    })
  )

  it.effect("and no less than the backoff", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(after("1")), { dice: 1, backoffBase: "4 seconds" })
      assert.deepStrictEqual(times, [0, 4000, 12_000, 22_000, 32_000])
    })
  )

  it.effect.each(["0", "", "soon", "-5", "1.5", "20 seconds", "Thu, 01 Jan 1960 00:00:20 GMT", "9".repeat(40)])(
    "but not %j, which says nothing of use",
    (value) =>
      Effect.gen(function* () {
        const { times } = yield* run("getStatus", FakeServer.make(after(value), right), { dice: 0.5 })
        assert.deepStrictEqual(times, [0, 250])
      })
  )

  it.effect("up to 30 seconds", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(after("31"), right))
      assert.deepStrictEqual(times, [0, 30_000])
    })
  )

  it.effect("up to another cap that is set", () =>
    Effect.gen(function* () {
      const { times } = yield* run("getStatus", FakeServer.make(after("50"), right), { retryAfterCap: "3 seconds" })
      assert.deepStrictEqual(times, [0, 3000])
    })
  )

  it.effect.each([
    ["60", "1 minute"],
    ["3600", "1 minute"],
    ["Thu, 01 Jan 1970 00:01:00 GMT", "1 minute"],
    ["2", "2 seconds"]
  ] as const)("and fails at once for %s, where the time limit is %s", ([value, timeLimit]) =>
    Effect.gen(function* () {
      for (const operation of operations) {
        const server = FakeServer.make(after(value, 503), right)
        yield* TestClock.setTime(0)
        const { elapsed, reason, tries } = yield* run(operation, server, { timeLimit })
        assert.strictEqual(tries, 1)
        assert.strictEqual(elapsed, 0)
        assert.strictEqual(reason?._tag, "ServerError")
        assert(reason?._tag === "ServerError" && reason.retryAfter !== undefined)
      }
    })
  )

  it.effect("within what is left of the time limit", () =>
    Effect.gen(function* () {
      const { elapsed, reason, times } = yield* run("getStatus", FakeServer.make(after("25")))
      assert.deepStrictEqual(times, [0, 25_000, 50_000])
      assert.strictEqual(elapsed, 50_000)
      assert.strictEqual(reason?._tag, "RateLimited")
    })
  )
})

describe("AssetDownload ends in time", () => {
  const hanging: ReadonlyArray<readonly [what: string, answer: FakeServer.Answer]> = [
    ["no head comes", FakeServer.silence],
    ["the body does not go on after the head", FakeServer.hangingBody]
  ]

  it.effect.each(operations.flatMap((operation) => hanging.map(([what, answer]) => ({ operation, what, answer }))))(
    "when $what ($operation)",
    ({ answer, operation }) =>
      Effect.gen(function* () {
        const server = FakeServer.make(answer)
        const { elapsed, reason, tries } = yield* run(operation, server)
        assert.strictEqual(elapsed, 60_000)
        assert.strictEqual(tries, 1)
        assert.strictEqual(reason?._tag, "TimedOut")
        assert.strictEqual(reason?.message, "no response within 1m; try again later, or with a longer time limit")
      })
  )

  it.effect("whatever it has tried before", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(delayed(4000, answer(500)), delayed(4000, answer(500)), FakeServer.hangingBody)
      const { elapsed, reason, times } = yield* run("getStatus", server, { dice: 1, timeLimit: "10 seconds" })
      assert.deepStrictEqual(times, [0, 4500, 9500])
      assert.strictEqual(elapsed, 10_000)
      assert.strictEqual(reason?._tag, "TimedOut")
    })
  )

  it.effect("and gives up at once where the next pause would reach beyond", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(delayed(900, answer(500)))
      const { elapsed, reason, tries } = yield* run("getStatus", server, { dice: 1, timeLimit: "1 second" })
      assert.strictEqual(tries, 1)
      assert.strictEqual(elapsed, 900)
      assert.strictEqual(reason?._tag, "ServerError")
    })
  )

  it.effect("and the request is given up", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(FakeServer.silence)
      yield* run("getStatus", server)
      assert.strictEqual(server.interrupted(), 1)
    })
  )

  it.effect("with an error that says that it may be tried again", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.flatMap(
        connect(FakeServer.make(FakeServer.silence), { timeLimit: 1500 }),
        calls.getStatus
      ).pipe(Effect.flip, Effect.forkChild)
      yield* TestClock.adjust(1500)
      const error = yield* Fiber.join(fiber)
      assert.isTrue(error._tag === "ApiError" && error.isRetryable)
      assert.include(error.message, "getStatus of job_a: no response within 1s 500ms;")
    })
  )
})

describe("AssetDownload is interrupted at once", () => {
  const cases: ReadonlyArray<readonly [what: string, answer: FakeServer.Answer, interrupted: number]> = [
    ["while no head comes", FakeServer.silence, 1],
    ["while the body hangs", FakeServer.hangingBody, 0],
    ["between two tries", answer(503), 0]
  ]

  it.effect.each(cases)("%s", ([, answer, interrupted]) =>
    Effect.gen(function* () {
      const server = FakeServer.make(answer)
      const fiber = yield* Effect.flatMap(connect(server, { backoffBase: "10 seconds" }), calls.getStatus).pipe(
        dice(0.9),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.strictEqual(server.interrupted(), interrupted)
      yield* TestClock.adjust("1 hour")
      assert.lengthOf(server.received, 1)
    })
  )
})
