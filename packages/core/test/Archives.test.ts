import { assert, describe, it } from "@effect/vitest"
import {
  ApiError,
  Archives,
  Asset,
  AssetCatalog,
  AssetDownload,
  AssetRecord,
  DownloadJob,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection,
  SignedUrl
} from "@scenario-assets/core"
import { Cause, Duration, Effect, Exit, Fiber, Latch, Layer, Option, Random, Ref, Stream } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import * as Canary from "../../../test-support/Canary.ts"
import { signedUrl } from "../../../test-support/SignedUrls.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Time from "./Time.ts"

const url = (jobId: string) => signedUrl(`https://storage.test/${jobId}.zip?Signature=${Canary.signature}`)
const response = (status: number) => ({ status, headers: {}, body: "" })

interface ServerOptions {
  /** The state of a job at each look, counted from 1. */
  readonly ends?: (jobId: string, look: number) => string
  /** How a batch is refused; its first asset says which. */
  readonly refuses?: (assetId: string) => ApiError.Reason | undefined
  /** How long it takes to begin a job. */
  readonly latency?: Duration.Input
}

/** It knows every asset. */
const catalog = AssetCatalog.layerTest({
  get: (ids) =>
    Stream.fromIterable(ids).pipe(
      Stream.map((id) => new AssetRecord.AssetRecord({ id, tags: [], collectionIds: [], details: {} }))
    ),
  list: () => Stream.empty
})

const config = Layer.orDie(ScenarioConfig.layer(FakeServer.canaryCredentials))

/** A server on which job n holds batch n. */
const server = Effect.fnUntraced(function* ({
  ends = () => "success",
  latency = 0,
  refuses = () => undefined
}: ServerOptions = {}) {
  const log = yield* Ref.make<ReadonlyArray<string>>([])
  const looks = new Map<string, number>()
  let jobs = 0
  const say = (line: string) => Ref.update(log, (lines) => [...lines, line])
  const download = AssetDownload.layerTest({
    requestBatch: ({ selection }) =>
      Effect.gen(function* () {
        yield* say(`request ${selection.size}`)
        yield* Effect.sleep(latency)
        const reason = refuses(selection.assetIds[0] ?? "")
        if (reason !== undefined) return yield* new ApiError.ApiError({ operation: "requestBatch", reason })
        return Asset.JobId.make(`job_${++jobs}`)
      }),
    getStatus: (jobId) =>
      Effect.gen(function* () {
        yield* say(`look ${jobId}`)
        const look = (looks.get(jobId) ?? 0) + 1
        looks.set(jobId, look)
        const jobStatus = ends(jobId, look)
        if (jobStatus === "404") {
          return yield* new ApiError.ApiError({
            operation: "getStatus",
            subject: jobId,
            reason: new ApiError.Reason.cases.NotFound({ response: response(404) })
          })
        }
        return new DownloadJob.DownloadJob({
          jobId,
          jobStatus,
          details: {},
          ...(jobStatus === "success" ? { downloadUrl: url(jobId) } : {})
        })
      })
  })
  const over = (journal: Layer.Layer<JobJournal.JobJournal>) =>
    Archives.layer.pipe(Layer.provide([JobPoller.layer(), journal]), Layer.provide([download, catalog, config]))
  return { log, layer: over(JobJournal.layerNone), over, say }
})

const request = Effect.fnUntraced(function* (size: number, options: Partial<Archives.Request> = {}) {
  const selection = yield* Selection.make({ assetIds: Array.from({ length: size }, (_, index) => `asset_${index}`) })
  return { selection, fileNameTemplate: FileNameTemplate.defaultTemplate, concurrency: 1, ...options }
})

const eventsOf = (request: Archives.Request) =>
  Effect.flatMap(Archives.Archives, (archives) => Stream.runCollect(archives.events(request)))

const begunBy = (request: Archives.Request) =>
  Effect.flatMap(Archives.Archives, (archives) => Stream.runCollect(archives.begin(request)))

const brief = (event: Archives.ArchiveEvent): string => {
  switch (event._tag) {
    case "Started":
      return `started ${event.index} of ${event.idCount}`
    case "Retrying":
      return `retrying ${event.index} ${event.jobId ?? "no job"} ${event.error.reason._tag} ${event.tries}`
    case "Planned":
      return `planned ${event.batches} of ${event.idCount}`
    case "NotFound":
      return `not found ${event.index}: ${event.ids.join(" ")}`
    case "Requested":
      return `${event.resumed ? "resumed" : "requested"} ${event.index} ${event.jobId}`
    case "Waiting":
      return `${event.job.jobStatus} ${event.index}`
    case "Ready":
      return `ready ${event.index} ${event.archive.jobId}`
    case "Failed":
      return `failed ${event.index} ${event.error._tag === "JournalError" ? event.error._tag : event.error.reason._tag}`
  }
}

const run = <R>(effect: Effect.Effect<ReadonlyArray<Archives.ArchiveEvent>, never, R>) =>
  Effect.map(Time.letPass(effect), (exit) => {
    assert(Exit.isSuccess(exit))
    return exit.value.map(brief)
  })

describe("Archives", () => {
  it.effect("turns a selection of any size into batches, jobs and archives", () =>
    Effect.gen(function* () {
      const { layer, log } = yield* server({ ends: (_, look) => (look === 1 ? "queued" : "success") })
      const events = yield* run(eventsOf(yield* request(2001)).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(events, [
        "planned 3 of 2001",
        ...[0, 1, 2].flatMap((index) => [
          `started ${index} of ${index < 2 ? 1000 : 1}`,
          `requested ${index} job_${index + 1}`,
          `queued ${index}`,
          `ready ${index} job_${index + 1}`
        ])
      ])
      assert.deepStrictEqual(
        (yield* Ref.get(log)).filter((line) => line.startsWith("request")),
        ["request 1000", "request 1000", "request 1"]
      )
    })
  )

  it.effect("tells of each batch from its beginning to its end, and of every call that is repeated meanwhile", () =>
    Effect.gen(function* () {
      const job = (jobStatus: string, more: object = {}) =>
        FakeServer.answer(200, { jobId: "job_1", jobStatus, ...more })
      const api = FakeServer.make(
        FakeServer.answer(429, "", { "retry-after": "3" }),
        FakeServer.answer(200, { jobId: "job_1" }),
        FakeServer.answer(404),
        job("queued"),
        FakeServer.answer(503),
        job("in-progress"),
        job("success", { downloadUrl: SignedUrl.reveal(url("job_1")).href })
      )
      const layer = Archives.layer.pipe(
        Layer.provide([JobPoller.layer(), JobJournal.layerNone]),
        Layer.provide([AssetDownload.layer(), catalog]),
        Layer.provide([Layer.succeed(HttpClient.HttpClient, api.client), config])
      )
      const exit = yield* Time.letPass(Effect.provide(eventsOf(yield* request(2)), layer))
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(exit.value.map(brief), [
        "planned 1 of 2",
        "started 0 of 2",
        "retrying 0 no job RateLimited 1",
        "requested 0 job_1",
        "retrying 0 job_1 NotFound 1",
        "queued 0",
        "retrying 0 job_1 ServerError 1",
        "in-progress 0",
        "ready 0 job_1"
      ])
      for (const event of exit.value.slice(1)) assert.deepInclude(event, { index: 0, idCount: 2 })
      for (const event of exit.value.slice(3)) assert.deepInclude(event, { jobId: Asset.JobId.make("job_1") })
      const pauses = exit.value.flatMap((event) => (event._tag === "Retrying" ? [Duration.toMillis(event.pause)] : []))
      assert.isAtLeast(pauses[0] ?? 0, 3000)
      assert.isTrue(pauses.every((pause) => pause > 0))
    })
  )

  it.effect("names the job of a batch that fails, where there is one", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({
        ends: (jobId) => (jobId === "job_1" ? "failure" : "success"),
        refuses: (assetId) =>
          assetId === "asset_1" ? new ApiError.Reason.cases.Rejected({ response: response(400) }) : undefined
      })
      const events = yield* Effect.provide(eventsOf(yield* request(2, { batchSize: 1 })), layer)
      const failed = events.flatMap((event) => (event._tag === "Failed" ? [event.jobId] : []))
      assert.deepStrictEqual(failed, [Asset.JobId.make("job_1"), undefined])
    })
  )

  it.effect("keeps a bounded number of jobs in work at once", () =>
    Effect.gen(function* () {
      let pending = 0
      let most = 0
      const { layer } = yield* server({
        ends: (_, look) => {
          if (look === 1) most = Math.max(most, ++pending)
          if (look < 3) return "in-progress"
          pending--
          return "success"
        }
      })
      const events = yield* run(
        eventsOf(yield* request(10, { batchSize: 1, concurrency: 3 })).pipe(Effect.provide(layer))
      )
      assert.strictEqual(events.filter((event) => event.startsWith("ready")).length, 10)
      assert.strictEqual(most, 3)
    })
  )

  it.effect("gives archives in the order in which they get ready, and a slow job holds none of the others", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({
        ends: (jobId, look) => {
          const looks = jobId === "job_1" ? 100 : jobId === "job_2" ? 2 : 4
          return look < looks ? "in-progress" : "success"
        }
      })
      const wanted = yield* request(20, { batchSize: 1, concurrency: 2 })
      const events = yield* run(eventsOf(wanted).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        events.filter((event) => event.startsWith("ready")),
        [...Array.from({ length: 19 }, (_, index) => `ready ${index + 1} job_${index + 2}`), "ready 0 job_1"]
      )
    })
  )

  const hour = Effect.forEach(Array.from({ length: 3600 }), () => TestClock.adjust("1 second"))

  /** A consumer that takes the first archive and holds it until it is told to go on. */
  const holding = Effect.fnUntraced(function* (layer: Layer.Layer<Archives.Archives>, wanted: Archives.Request) {
    const held = yield* Latch.make()
    const taken: Array<number> = []
    const fiber = yield* Effect.flatMap(Archives.Archives, (archives) =>
      Stream.runForEach(archives.stream(wanted), ({ index }) =>
        Effect.andThen(
          Effect.sync(() => taken.push(index)),
          held.await
        )
      )
    ).pipe(Effect.provide(layer), Effect.forkChild)
    yield* hour
    return { fiber, held, taken }
  })

  it.effect("waits for jobs however slow the consumer is", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({
        ends: (jobId, look) => (jobId === "job_1" || look > 60 ? "success" : look % 2 === 0 ? "in-progress" : "queued")
      })
      const { fiber, held, taken } = yield* holding(layer, yield* request(5, { batchSize: 1, concurrency: 5 }))
      assert.deepStrictEqual(taken, [0])
      yield* held.open
      assert.isTrue(Exit.isSuccess(yield* Time.letPass(Fiber.join(fiber))))
      assert.lengthOf(taken, 5)
    })
  )

  it.effect.each([
    [undefined, 8],
    [1, 1],
    [3, 3]
  ] as const)(
    "with a concurrency of %s, begins %d jobs ahead of the archive that is being saved",
    ([concurrency, ahead]) =>
      Effect.gen(function* () {
        const { layer, log } = yield* server()
        const requests = Effect.map(Ref.get(log), (lines) => lines.filter((line) => line.startsWith("request")).length)
        const { fiber, held } = yield* holding(layer, yield* request(30, { batchSize: 1, concurrency }))
        assert.strictEqual(yield* requests, 1 + ahead)
        yield* held.release
        yield* hour
        assert.strictEqual(yield* requests, 2 + ahead, "one more for each that is taken")
        yield* held.open
        assert.isTrue(Exit.isSuccess(yield* Time.letPass(Fiber.join(fiber))))
        assert.strictEqual(yield* requests, 30)
      })
  )

  it.effect("looks at no job after the consumer has left", () =>
    Effect.gen(function* () {
      const { layer, log } = yield* server({ ends: (jobId) => (jobId === "job_2" ? "success" : "queued") })
      const wanted = yield* request(4, { batchSize: 1, concurrency: 4 })
      yield* Effect.gen(function* () {
        const archives = yield* Archives.Archives
        const [archive] = yield* Stream.runCollect(Stream.take(archives.stream(wanted), 1))
        assert.strictEqual(archive?.index, 1)
        const before = yield* Ref.get(log)
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* Ref.get(log), before)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("passes a defect on, and does not hang", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({
        ends: () => {
          throw new Error("a mistake")
        }
      })
      const exit = yield* Time.letPass(Effect.provide(eventsOf(yield* request(2)), layer))
      assert(Exit.isFailure(exit))
      assert.isTrue(Cause.hasDies(exit.cause))
    })
  )

  it.effect("gives each archive a link, and asks getStatus for fresh ones", () =>
    Effect.gen(function* () {
      const { layer, log } = yield* server()
      yield* Effect.gen(function* () {
        const archives = yield* Archives.Archives
        const [archive] = yield* Stream.runCollect(archives.stream(yield* request(1)))
        assert(archive?.source.url !== undefined)
        assert.strictEqual(SignedUrl.reveal(archive.source.url).pathname, "/job_1.zip")
        const before = (yield* Ref.get(log)).length
        assert.strictEqual(SignedUrl.reveal(yield* archive.source.refresh).pathname, "/job_1.zip")
        assert.deepStrictEqual((yield* Ref.get(log)).slice(before), ["look job_1"])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("goes on with the other batches when one fails", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({ ends: (jobId) => (jobId === "job_2" ? "failure" : "success") })
      const events = yield* run(eventsOf(yield* request(3, { batchSize: 1 })).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        events.filter((event) => /^(?:ready|failed)/.test(event)),
        ["ready 0 job_1", "failed 1 JobFailed", "ready 2 job_3"]
      )
    })
  )

  it.effect("gives all archives that can be had, before the stream of them fails with the first failure", () =>
    Effect.gen(function* () {
      const { layer } = yield* server({
        ends: (jobId) => (jobId === "job_2" ? "canceled" : jobId === "job_3" ? "failure" : "success")
      })
      const wanted = yield* request(4, { batchSize: 1 })
      const jobIds: Array<string> = []
      const exit = yield* Effect.flatMap(Archives.Archives, (archives) =>
        Stream.runForEach(archives.stream(wanted), ({ jobId }) => Effect.sync(() => jobIds.push(jobId)))
      ).pipe(Effect.provide(layer), Time.letPass)
      const error = yield* Time.errorOf(exit)
      assert(error._tag === "JobError")
      assert.strictEqual(error.reason._tag, "JobCanceled")
      assert.deepStrictEqual(jobIds, ["job_1", "job_4"])
    })
  )

  it.effect.each([
    ["Forbidden", "not allowed"],
    ["NotFound", "not found"],
    ["Rejected", "rejected"]
  ] as const)("sends the other batches when one is refused with %s", ([tag, words]) =>
    Effect.gen(function* () {
      const { layer, log } = yield* server({
        refuses: (assetId) =>
          assetId === "asset_0" ? new ApiError.Reason.cases[tag]({ response: response(400) }) : undefined
      })
      const wanted = yield* request(3, { batchSize: 1 })
      const events = yield* run(eventsOf(wanted).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        events.filter((event) => /^(?:ready|failed)/.test(event)),
        [`failed 0 ${tag}`, "ready 1 job_1", "ready 2 job_2"]
      )
      const begun = yield* run(begunBy(wanted).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(begun, [
        "planned 3 of 3",
        "started 0 of 1",
        `failed 0 ${tag}`,
        "started 1 of 1",
        "requested 1 job_3",
        "started 2 of 1",
        "requested 2 job_4"
      ])
      assert.lengthOf(
        (yield* Ref.get(log)).filter((line) => line.startsWith("request")),
        6
      )

      const saved: Array<number> = []
      const exit = yield* Effect.flatMap(Archives.Archives, (archives) =>
        Stream.runForEach(archives.stream(wanted), ({ index }) => Effect.sync(() => saved.push(index)))
      ).pipe(Effect.provide(layer), Time.letPass)
      assert.include((yield* Time.errorOf(exit)).message, words)
      assert.deepStrictEqual(saved, [1, 2])
    })
  )

  it.effect.each(["Unauthorized", "QuotaExceeded"] as const)("sends no further batch after %s", (tag) =>
    Effect.gen(function* () {
      const { layer, log } = yield* server({
        refuses: () => new ApiError.Reason.cases[tag]({ response: response(400) })
      })
      const events = yield* run(eventsOf(yield* request(3, { batchSize: 1 })).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        events.slice(1),
        [0, 1, 2].flatMap((index) => [`started ${index} of 1`, `failed ${index} ${tag}`])
      )
      assert.deepStrictEqual(yield* Ref.get(log), ["request 1"])

      const begun = yield* run(begunBy(yield* request(2, { batchSize: 1 })).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        begun.filter((event) => event.startsWith("failed")),
        [`failed 0 ${tag}`, `failed 1 ${tag}`]
      )
      assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "request 1"])
    })
  )

  it.effect("takes the archive of a job begun earlier", () =>
    Effect.gen(function* () {
      const { layer } = yield* server()
      const archive = yield* Effect.flatMap(Archives.Archives, (archives) =>
        archives.ofJob(Asset.JobId.make("job_9"))
      ).pipe(Effect.provide(layer))
      assert.strictEqual(archive.jobId, "job_9")
    })
  )

  it.effect("looks once at a job begun earlier that nobody knows, unless told that it is new", () =>
    Effect.gen(function* () {
      const looks = Effect.fnUntraced(function* (poll?: JobPoller.Options) {
        const { layer, log } = yield* server({ ends: () => "404" })
        const archive = Effect.flatMap(Archives.Archives, ({ ofJob }) => ofJob(Asset.JobId.make("job_9"), poll))
        assert.isTrue(Exit.isFailure(yield* Time.letPass(Effect.provide(archive, layer))))
        return (yield* Ref.get(log)).length
      })
      assert.strictEqual(yield* looks(), 1)
      assert.strictEqual(yield* looks({ deadline: "1 hour" }), 1)
      assert.isAbove(yield* looks({ justBegun: true }), 1)
    })
  )

  it.effect("looks several times at a job of its own that the server does not know yet", () =>
    Effect.gen(function* () {
      const { layer, log } = yield* server({ ends: (_, look) => (look < 4 ? "404" : "success") })
      const exit = yield* Time.letPass(Effect.provide(eventsOf(yield* request(1)), layer))
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "look job_1", "look job_1", "look job_1", "look job_1"])
    })
  )

  describe("journal", () => {
    const withJournal = Effect.fnUntraced(function* (
      known: ReadonlyArray<readonly [batch: string, jobId: string]>,
      say: (line: string) => Effect.Effect<void>
    ) {
      const jobs = new Map(known.map(([batch, jobId]) => [batch, Asset.JobId.make(jobId)]))
      const name = (batch: JobJournal.BatchKey) => /asset_\d+/.exec(batch)?.[0] ?? ""
      return Layer.succeed(JobJournal.JobJournal, {
        find: (batch) =>
          Effect.succeed(
            Option.map(Option.fromUndefinedOr(jobs.get(name(batch))), (jobId) => ({ jobId, unknown: [] }))
          ),
        record: (batch, { jobId }) => say(`record ${name(batch)} ${jobId}`),
        forget: (jobId) => say(`forget ${jobId}`)
      })
    })

    it.effect("is written before the first look", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server()
        const journal = yield* withJournal([], say)
        yield* run(eventsOf(yield* request(1)).pipe(Effect.provide(over(journal))))
        assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "record asset_0 job_1", "look job_1"])
      })
    )

    it.effect("takes up the jobs of an earlier run", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server()
        const journal = yield* withJournal([["asset_1", "job_old"]], say)
        const events = yield* run(eventsOf(yield* request(2, { batchSize: 1 })).pipe(Effect.provide(over(journal))))
        assert.include(events, "resumed 1 job_old")
        assert.include(events, "ready 1 job_old")
        assert.deepStrictEqual(
          (yield* Ref.get(log)).filter((line) => line.startsWith("request")),
          ["request 1"]
        )
      })
    )

    it.effect.each(["404", "failure", "canceled"])("starts a job anew whose earlier one ended as %s", (end) =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server({ ends: (jobId) => (jobId === "job_old" ? end : "success") })
        const journal = yield* withJournal([["asset_0", "job_old"]], say)
        const events = yield* run(eventsOf(yield* request(1)).pipe(Effect.provide(over(journal))))
        assert.include(events, "resumed 0 job_old")
        assert.include(events, "requested 0 job_1")
        assert.include(events, "ready 0 job_1")
        assert.include(yield* Ref.get(log), "forget job_old")
      })
    )

    it.effect("forgets a job that failed, so that the next run starts another", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server({ ends: () => "failure" })
        yield* run(eventsOf(yield* request(1)).pipe(Effect.provide(over(yield* withJournal([], say)))))
        assert.strictEqual((yield* Ref.get(log)).at(-1), "forget job_1")
      })
    )

    it.effect("has a job before anybody hears of it", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server()
        const journal = yield* withJournal([], say)
        yield* Effect.gen(function* () {
          const archives = yield* Archives.Archives
          yield* archives.events(yield* request(1)).pipe(
            Stream.takeUntil(({ _tag }) => _tag === "Requested"),
            Stream.runDrain
          )
        }).pipe(Effect.provide(over(journal)))
        assert.include(yield* Ref.get(log), "record asset_0 job_1")
      })
    )

    it.effect("is written to the end, though the program is interrupted meanwhile", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server()
        const slow = Layer.succeed(JobJournal.JobJournal, {
          find: () => Effect.succeedNone,
          record: (_, { jobId }) =>
            say("recording").pipe(Effect.andThen(Effect.sleep("1 second")), Effect.andThen(say(`record ${jobId}`))),
          forget: () => Effect.void
        })
        const running = yield* Effect.forkChild(Effect.provide(eventsOf(yield* request(1)), over(slow)))
        yield* TestClock.adjust("500 millis")
        const interruption = yield* Effect.forkChild(Fiber.interrupt(running))
        yield* TestClock.adjust("500 millis")
        yield* Fiber.join(interruption)
        assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "recording", "record job_1"])
      })
    )

    it.effect("gets the job of a request that is answered soon after the program was interrupted", () =>
      Effect.gen(function* () {
        const { log, over, say } = yield* server({ latency: "2 seconds" })
        const journal = yield* withJournal([], say)
        const running = yield* Effect.forkChild(Effect.provide(eventsOf(yield* request(1)), over(journal)))
        yield* TestClock.adjust("1 second")
        const interruption = yield* Effect.forkChild(Fiber.interrupt(running))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(interruption)
        assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "record asset_0 job_1"])
      })
    )

    it.effect("does not keep an interrupted program waiting for a server that does not answer", () =>
      Effect.gen(function* () {
        const { layer, log } = yield* server({ latency: "1 hour" })
        const running = yield* Effect.forkChild(Effect.provide(eventsOf(yield* request(1)), layer))
        yield* TestClock.adjust("1 second")
        const interruption = yield* Effect.forkChild(Fiber.interrupt(running))
        yield* TestClock.adjust("5 seconds")
        assert.isDefined(interruption.pollUnsafe())
        assert.deepStrictEqual(yield* Ref.get(log), ["request 1"])
      })
    )

    const broken = Layer.succeed(JobJournal.JobJournal, {
      find: () => Effect.succeedNone,
      record: (_, { jobId }) =>
        Effect.fail(new JobJournal.JournalError({ jobId, message: `Job ${jobId} cannot be written down.` })),
      forget: (jobId) =>
        Effect.fail(new JobJournal.JournalError({ jobId, message: `Job ${jobId} cannot be forgotten.` }))
    })

    it.effect("that cannot be written costs no job: its id is told, and its archive comes", () =>
      Effect.gen(function* () {
        const { log, over } = yield* server()
        const events = yield* Effect.provide(eventsOf(yield* request(1)), over(broken))
        assert.deepStrictEqual(events.map(brief), [
          "planned 1 of 1",
          "started 0 of 1",
          "requested 0 job_1",
          "ready 0 job_1"
        ])
        const requested = events.find((event) => event._tag === "Requested")
        assert.strictEqual(requested?.unrecorded?.jobId, "job_1")
        assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "look job_1"])
      })
    )

    it.effect("that cannot forget a job does not hide why the job is of no use", () =>
      Effect.gen(function* () {
        const { over } = yield* server({ ends: () => "failure" })
        const events = yield* run(eventsOf(yield* request(1)).pipe(Effect.provide(over(broken))))
        assert.strictEqual(events.at(-1), "failed 0 JobFailed")
      })
    )

    it.effect("that cannot be read costs no second job: none is begun", () =>
      Effect.gen(function* () {
        const { log, over } = yield* server()
        const unreadable = Layer.succeed(JobJournal.JobJournal, {
          find: () => Effect.fail(new JobJournal.JournalError({ message: "The journal cannot be read." })),
          record: () => Effect.void,
          forget: () => Effect.void
        })
        const events = yield* run(eventsOf(yield* request(1)).pipe(Effect.provide(over(unreadable))))
        assert.deepStrictEqual(events, ["planned 1 of 1", "started 0 of 1", "failed 0 JournalError"])
        assert.deepStrictEqual(yield* Ref.get(log), [])
      })
    )

    it.effect("lets jobs be begun now and taken up later", () =>
      Effect.gen(function* () {
        const { log, over } = yield* server({ ends: (jobId) => (jobId === "job_2" ? "failure" : "success") })
        const wanted = yield* request(3, { batchSize: 1 })
        yield* Effect.gen(function* () {
          const jobs = (how: string) => [
            "planned 3 of 3",
            ...[0, 1, 2].flatMap((index) => [`started ${index} of 1`, `${how} ${index} job_${index + 1}`])
          ]
          assert.deepStrictEqual(yield* run(begunBy(wanted)), jobs("requested"))
          assert.deepStrictEqual(yield* Ref.get(log), ["request 1", "request 1", "request 1"], "none is looked at")

          assert.deepStrictEqual(yield* run(begunBy(wanted)), jobs("resumed"))
          assert.lengthOf(yield* Ref.get(log), 3, "nothing is sent")

          const taken = yield* run(eventsOf(wanted))
          assert.deepStrictEqual(
            taken.filter((event) => event.startsWith("ready")),
            ["ready 0 job_1", "ready 1 job_4", "ready 2 job_3"]
          )
        }).pipe(Effect.provide(over(JobJournal.layerMemory)))
      })
    )

    it.effect("finds the jobs of the same ids in another order, however many batches they are", () =>
      Effect.gen(function* () {
        const { log, over } = yield* server()
        const ids = Array.from({ length: 2500 }, (_, index) => `asset_${index}`)
        const fileNameTemplate = FileNameTemplate.defaultTemplate
        yield* Effect.gen(function* () {
          yield* begunBy({ selection: yield* Selection.make({ assetIds: ids }), fileNameTemplate })
          const shuffled = yield* Random.shuffle([...ids, "asset_7", "asset_1999"])
          const selections = [
            yield* Selection.make({ assetIds: shuffled }),
            new Selection.Selection({
              assetIds: [...new Set(shuffled)].map((id) => Asset.AssetId.make(id)),
              inferenceIds: [],
              modelIds: []
            })
          ]
          for (const selection of selections) {
            const events = yield* run(eventsOf({ selection, fileNameTemplate }))
            assert.sameMembers(
              events.filter((event) => /^re(?:sumed|quested)/.test(event)),
              ["resumed 0 job_1", "resumed 1 job_2", "resumed 2 job_3"]
            )
          }
        }).pipe(Effect.provide(over(JobJournal.layerMemory)))
        assert.lengthOf(
          (yield* Ref.get(log)).filter((line) => line.startsWith("request")),
          3
        )
      })
    )
  })
})
