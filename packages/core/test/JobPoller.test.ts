import { assert, describe, it } from "@effect/vitest"
import { ApiError, Asset, AssetDownload, DownloadJob, JobPoller } from "@scenario-assets/core"
import {
  Array as Arr,
  Cause,
  Clock,
  Duration,
  Effect,
  Equal,
  Exit,
  Fiber,
  Layer,
  Logger,
  Ref,
  Schedule,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import { signedUrl } from "../../../test-support/SignedUrls.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Time from "./Time.ts"

const jobId = Asset.JobId.make("job_1")
const url = signedUrl("https://storage.test/archive.zip?Signature=secret")

const job = (jobStatus: string, withUrl = false) =>
  new DownloadJob.DownloadJob({ jobId, jobStatus, details: {}, ...(withUrl ? { downloadUrl: url } : {}) })

const response = (status: number) => ({ status, headers: {}, body: "" })
const failure = (reason: ApiError.Reason) => new ApiError.ApiError({ operation: "getStatus", subject: jobId, reason })
const notFound = failure(new ApiError.Reason.cases.NotFound({ response: response(404) }))
const unavailable = failure(new ApiError.Reason.cases.ServerError({ response: response(503) }))
const malformed = failure(
  new ApiError.Reason.cases.InvalidResponse({ response: response(200), description: "expected JSON" })
)

type Look = DownloadJob.DownloadJob | ApiError.ApiError

/** A server that answers one look after the other, the last one for ever; and when it was looked at, in milliseconds. */
const scripted = Effect.fnUntraced(function* (first: Look, ...looks: ReadonlyArray<Look>) {
  const script = [first, ...looks]
  const times = yield* Ref.make<ReadonlyArray<number>>([])
  const layer = AssetDownload.layerTest({
    getStatus: () =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const index = (yield* Ref.getAndUpdate(times, Arr.append(now))).length
        const look = script[Math.min(index, script.length - 1)] ?? first
        return look instanceof ApiError.ApiError ? yield* look : look
      })
  })
  return { times, poller: Layer.provide(JobPoller.layer(), layer) }
})

const wait = (options?: JobPoller.Options) =>
  Effect.flatMap(JobPoller.JobPoller, (poller) => poller.wait(jobId, options))

const states = (options?: JobPoller.Options) =>
  Effect.flatMap(JobPoller.JobPoller, (poller) =>
    Stream.runCollect(Stream.map(poller.states(jobId, options), (job) => job.jobStatus))
  )

const pauses = (times: ReadonlyArray<number>) => Arr.zipWith(times, times.slice(1), (before, after) => after - before)

describe("JobPoller", () => {
  it.effect("looks at once, and gives the finished job with its URL", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("success", true))
      const ready = yield* wait().pipe(Effect.provide(poller))
      assert.isTrue(Equal.equals(ready.downloadUrl, url))
      assert.deepStrictEqual(yield* Ref.get(times), [0])
    })
  )

  it.effect("waits longer each time, up to 15 seconds, jittered by a fifth", () =>
    Effect.gen(function* () {
      const looks = Array.from({ length: 20 }, () => job("in-progress"))
      const { poller, times } = yield* scripted(job("queued"), ...looks, job("success", true))
      const exit = yield* Time.letPass(wait().pipe(Effect.provide(poller)))
      assert.isTrue(Exit.isSuccess(exit))
      const found = pauses(yield* Ref.get(times))
      found.forEach((pause, index) => {
        const base = Math.min(15_000, 1000 * 1.5 ** index)
        // The clock of this test goes in steps of a second.
        assert.isAtLeast(pause, base * 0.8 - 1000)
        assert.isAtMost(pause, base * 1.2 + 1000)
      })
      assert.isAbove(new Set(found.slice(10)).size, 1, "the pauses are varied")
    })
  )

  it.effect("shows each state once, as it comes", () =>
    Effect.gen(function* () {
      const { poller } = yield* scripted(
        job("queued"),
        job("queued"),
        job("warming-up"),
        job("in-progress"),
        job("in-progress"),
        job("finalizing"),
        job("success", true)
      )
      const exit = yield* Time.letPass(states().pipe(Effect.provide(poller)))
      assert.deepStrictEqual(exit, Exit.succeed(["queued", "warming-up", "in-progress", "finalizing", "success"]))
    })
  )

  it.effect("shows a state when it is seen, not when the next look is due", () =>
    Effect.gen(function* () {
      const { poller } = yield* scripted(job("queued"), job("success", true))
      const first = yield* Effect.flatMap(JobPoller.JobPoller, (poller) => Stream.runHead(poller.states(jobId))).pipe(
        Effect.provide(poller)
      )
      assert.strictEqual(first._tag === "Some" ? first.value.jobStatus : undefined, "queued")
    })
  )

  it.effect("ends the stream with a failed job as a value, and the wait with an error", () =>
    Effect.gen(function* () {
      const failed = new DownloadJob.DownloadJob({ jobId, jobStatus: "failure", details: { error: "no space" } })
      const { poller } = yield* scripted(job("in-progress"), failed)
      assert.deepStrictEqual(
        yield* Time.letPass(states().pipe(Effect.provide(poller))),
        Exit.succeed(["in-progress", "failure"])
      )
      const error = yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(poller))))
      assert(error._tag === "JobError" && error.reason._tag === "JobFailed")
      assert.deepStrictEqual(error.reason.job.details, { error: "no space" })
      assert.include(error.message, "job_1")
      assert.include(error.message, "no space")
      assert.isFalse(error.isRetryable)
    })
  )

  it.effect("tells a canceled job from a failed one", () =>
    Effect.gen(function* () {
      const { poller } = yield* scripted(job("canceled"))
      const error = yield* Effect.flip(wait().pipe(Effect.provide(poller)))
      assert(error._tag === "JobError")
      assert.strictEqual(error.reason._tag, "JobCanceled")
    })
  )

  it.effect("waits through an unknown state slowly, and warns once", () =>
    Effect.gen(function* () {
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn") warnings.push(message)
      })
      const { poller, times } = yield* scripted(
        job("dreaming"),
        job("dreaming"),
        job("pondering"),
        job("success", true)
      )
      const exit = yield* Time.letPass(states().pipe(Effect.provide(poller))).pipe(
        Effect.provide(Logger.layer([logger]))
      )
      assert.deepStrictEqual(exit, Exit.succeed(["dreaming", "pondering", "success"]))
      assert.isTrue(pauses(yield* Ref.get(times)).every((pause) => pause >= 15_000))
      assert.strictEqual(warnings.length, 1)
      assert.include(String(warnings[0]), "dreaming")
    })
  )

  it.effect("looks again for the URL of a finished job, a few times", () =>
    Effect.gen(function* () {
      const late = yield* scripted(job("success"), job("success"), job("success", true))
      const exit = yield* Time.letPass(wait().pipe(Effect.provide(late.poller)))
      assert(Exit.isSuccess(exit))
      assert.isTrue(Equal.equals(exit.value.downloadUrl, url))

      const never = yield* scripted(job("success"))
      const error = yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(never.poller))))
      assert(error._tag === "JobError")
      assert.strictEqual(error.reason._tag, "MissingDownloadUrl")
      assert.strictEqual((yield* Ref.get(never.times)).length, 6)

      // That it is not finished would not be true.
      const cut = yield* Time.letPass(wait({ deadline: "2 seconds" }).pipe(Effect.provide(never.poller)))
      const missing = yield* Time.errorOf(cut)
      assert(missing._tag === "JobError")
      assert.strictEqual(missing.reason._tag, "MissingDownloadUrl")
    })
  )

  it.effect("forgives 404 before the job was first seen, a few times, and never after", () =>
    Effect.gen(function* () {
      const late = yield* scripted(notFound, notFound, notFound, job("success", true))
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(wait().pipe(Effect.provide(late.poller)))))

      const never = yield* scripted(notFound)
      assert.strictEqual(yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(never.poller)))), notFound)
      assert.strictEqual((yield* Ref.get(never.times)).length, 6)

      const gone = yield* scripted(job("queued"), notFound)
      assert.strictEqual(yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(gone.poller)))), notFound)
      assert.strictEqual((yield* Ref.get(gone.times)).length, 2)
    })
  )

  it.effect("forgives no 404 of a job that was begun long ago", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(notFound)
      const error = yield* Effect.flip(wait({ justBegun: false }).pipe(Effect.provide(poller)))
      assert.strictEqual(error, notFound)
      assert.deepStrictEqual(yield* Ref.get(times), [0])
    })
  )

  it.effect.each([401, 402, 403] as const)("fails at once on %s", (status) =>
    Effect.gen(function* () {
      const details = { response: response(status) }
      const refused = failure(
        status === 401
          ? new ApiError.Reason.cases.Unauthorized(details)
          : status === 402
            ? new ApiError.Reason.cases.QuotaExceeded(details)
            : new ApiError.Reason.cases.Forbidden(details)
      )
      const { poller, times } = yield* scripted(job("queued"), refused)
      assert.strictEqual(yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(poller)))), refused)
      assert.strictEqual((yield* Ref.get(times)).length, 2)
    })
  )

  it.effect("takes malformed answers for passing ones, five in a row at the most", () =>
    Effect.gen(function* () {
      const four = [malformed, malformed, malformed, malformed]
      const passing = yield* scripted(malformed, ...four, job("queued"), malformed, ...four, job("success", true))
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(wait().pipe(Effect.provide(passing.poller)))))

      const lasting = yield* scripted(malformed)
      assert.strictEqual(
        yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(lasting.poller)))),
        malformed
      )
      assert.strictEqual((yield* Ref.get(lasting.times)).length, 6)
    })
  )

  it.effect("goes on after a server that was away, and ends with its error when it stays away", () =>
    Effect.gen(function* () {
      const passing = yield* scripted(job("queued"), unavailable, unavailable, unavailable, job("success", true))
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(wait().pipe(Effect.provide(passing.poller)))))

      const lasting = yield* scripted(unavailable)
      assert.strictEqual(
        yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(lasting.poller)))),
        unavailable
      )
      assert.strictEqual((yield* Ref.get(lasting.times)).length, 11)
    })
  )

  it.effect("waits as long as the server asks for", () =>
    Effect.gen(function* () {
      const limited = failure(
        new ApiError.Reason.cases.RateLimited({ response: response(429), retryAfter: Duration.seconds(40) })
      )
      const { poller, times } = yield* scripted(limited, job("success", true))
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(wait().pipe(Effect.provide(poller)))))
      assert.deepStrictEqual(yield* Ref.get(times), [0, 40_000])
    })
  )

  it.effect("ends at the deadline, after one last look at it", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("queued"), job("in-progress"))
      const exit = yield* Time.letPass(wait({ deadline: "100 seconds" }).pipe(Effect.provide(poller)))
      const error = yield* Time.errorOf(exit)
      assert(error._tag === "JobError" && error.reason._tag === "DeadlineExceeded")
      assert.strictEqual(error.jobId, jobId)
      assert.strictEqual(error.reason.lastStatus, "in-progress")
      assert.strictEqual(error.reason.endedBy, "deadline")
      assert.strictEqual(Duration.toSeconds(error.reason.elapsed), 100)
      assert.isTrue(error.isRetryable)
      assert.strictEqual((yield* Ref.get(times)).at(-1), 100_000)
    })
  )

  it.effect("says at the deadline why the last look failed", () =>
    Effect.gen(function* () {
      const down = failure(new ApiError.Reason.cases.ServerError({ response: response(503) }))
      const { poller } = yield* scripted(down, down, job("queued"), down)
      const unseen = yield* Time.errorOf(
        yield* Time.letPass(
          wait({ deadline: 1000, schedule: Schedule.spaced("2 seconds") }).pipe(Effect.provide(poller))
        )
      )
      assert(unseen._tag === "JobError" && unseen.reason._tag === "DeadlineExceeded")
      assert.strictEqual(unseen.reason.lastError?.reason._tag, "ServerError")
      assert.include(
        unseen.message,
        "could not be checked for 1s, and the deadline has passed (the last check failed: "
      )
      assert.notInclude(unseen.message, "continues at Scenario")
    })
  )

  it.effect("takes a job that is ready at the very deadline", () =>
    Effect.gen(function* () {
      const { poller } = yield* scripted(job("queued"), job("success", true))
      const schedule = Schedule.spaced("1 hour")
      const exit = yield* Time.letPass(wait({ deadline: "10 seconds", schedule }).pipe(Effect.provide(poller)))
      assert.isTrue(Exit.isSuccess(exit))
    })
  )

  describe("ends at the deadline, though the server hangs:", () => {
    /** How a wait ends, and when, in seconds. */
    const endOf = Effect.fnUntraced(function* (
      deadline: string & Duration.Input,
      poller: Layer.Layer<JobPoller.JobPoller>,
      schedule?: JobPoller.Options["schedule"]
    ) {
      const start = yield* Clock.currentTimeMillis
      const exit = yield* Time.letPass(wait({ deadline, schedule }).pipe(Effect.provide(poller)))
      const error = yield* Time.errorOf(exit)
      assert(error._tag === "JobError" && error.reason._tag === "DeadlineExceeded")
      assert.strictEqual(error.reason.endedBy, "deadline")
      const elapsed = Duration.toSeconds(error.reason.elapsed)
      assert.isAtMost(((yield* Clock.currentTimeMillis) - start) / 1000, elapsed + 1)
      return [error.reason.lastStatus, elapsed] as const
    })

    /** The service over a server in the place of the network. */
    const over = (...answers: Parameters<typeof FakeServer.make>) => {
      const server = FakeServer.make(...answers)
      const api = Layer.effect(AssetDownload.AssetDownload, Effect.orDie(FakeServer.connect(server)))
      return { server, poller: Layer.provide(JobPoller.layer(), api) }
    }
    const queued = FakeServer.answer(200, { jobId, jobStatus: "queued" })

    it.effect("at the first look", () =>
      Effect.gen(function* () {
        for (const answer of [FakeServer.silence, FakeServer.hangingBody]) {
          assert.deepStrictEqual(yield* endOf("5 seconds", over(answer).poller), [undefined, 5])
          assert.deepStrictEqual(yield* endOf("40 seconds", over(answer).poller), [undefined, 40])
        }
        const { poller, server } = over(FakeServer.silence)
        yield* endOf("5 seconds", poller)
        assert.strictEqual(server.interrupted(), 1)
      })
    )

    it.effect("at a later one, of which the last state is told", () =>
      Effect.gen(function* () {
        const { poller } = over(queued, FakeServer.silence)
        assert.deepStrictEqual(yield* endOf("20 seconds", poller), ["queued", 20])
      })
    )

    it.effect("while a look is tried again", () =>
      Effect.gen(function* () {
        const busy = FakeServer.answer(503, "", { "retry-after": "25" })
        const { poller, server } = over(queued, busy)
        assert.deepStrictEqual(yield* endOf("10 seconds", poller), ["queued", 10])
        assert.lengthOf(server.received, 2)
      })
    )

    it.effect("at the last look, which has five seconds", () =>
      Effect.gen(function* () {
        const rare = Schedule.spaced("1 hour")
        const { poller } = over(queued, FakeServer.silence)
        assert.deepStrictEqual(yield* endOf("60 seconds", poller, rare), ["queued", 65])
        const late = over(queued, FakeServer.silence)
        assert.deepStrictEqual(yield* endOf("60 seconds", late.poller, Schedule.spaced("58 seconds")), ["queued", 63])
        assert.deepStrictEqual(yield* endOf("0 seconds", over(FakeServer.silence).poller), [undefined, 5])
      })
    )
  })

  it.effect("has a deadline of 30 minutes where none is given", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("queued"))
      yield* Time.errorOf(yield* Time.letPass(wait().pipe(Effect.provide(poller))))
      assert.strictEqual((yield* Ref.get(times)).at(-1), 30 * 60_000)
    })
  )

  it.effect("takes the caller's schedule, and ends when it does", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("queued"))
      const schedule = Schedule.max([Schedule.spaced("7 seconds"), Schedule.recurs(3)])
      const error = yield* Time.errorOf(yield* Time.letPass(wait({ schedule }).pipe(Effect.provide(poller))))
      assert.deepStrictEqual(yield* Ref.get(times), [0, 7000, 14_000, 21_000])
      assert(error._tag === "JobError" && error.reason._tag === "DeadlineExceeded")
      assert.strictEqual(error.reason.endedBy, "schedule")
    })
  )

  it.effect("lets the schedule see the job", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("queued"), job("in-progress"), job("success", true))
      const schedule = Schedule.identity<DownloadJob.DownloadJob | undefined>().pipe(
        Schedule.addDelay(({ input }) => Effect.succeed(input?.jobStatus === "queued" ? "20 seconds" : "3 seconds"))
      )
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(wait({ schedule }).pipe(Effect.provide(poller)))))
      assert.deepStrictEqual(yield* Ref.get(times), [0, 20_000, 23_000])
    })
  )

  it.effect("ends quickly when it is interrupted", () =>
    Effect.gen(function* () {
      const { poller, times } = yield* scripted(job("queued"))
      const fiber = yield* Effect.forkChild(wait().pipe(Effect.provide(poller)))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(fiber)
      const looks = (yield* Ref.get(times)).length
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* Ref.get(times)).length, looks)
    })
  )
})

describe("JobPoller.layerTest", () => {
  it.effect("takes the operations that are given", () =>
    Effect.gen(function* () {
      const poller = yield* JobPoller.JobPoller
      assert.deepStrictEqual(yield* Stream.runCollect(poller.states(jobId)), [job("queued")])
    }).pipe(Effect.provide(JobPoller.layerTest({ states: () => Stream.make(job("queued")) })))
  )

  it.effect.each<readonly [name: string, call: (poller: JobPoller.JobPoller["Service"]) => Effect.Effect<void>]>([
    ["states", (poller) => Effect.ignore(Stream.runDrain(poller.states(jobId)))],
    ["wait", (poller) => Effect.ignore(poller.wait(jobId))]
  ])("makes %s, when it was not given, a defect that names it", ([name, call]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.flatMap(JobPoller.JobPoller, call))
      assert(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.include(Cause.pretty(exit.cause), `JobPoller.layerTest: the test called ${name} and gave no ${name}`)
    }).pipe(Effect.provide(JobPoller.layerTest({})))
  )
})
