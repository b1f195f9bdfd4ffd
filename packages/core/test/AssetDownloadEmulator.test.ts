import { assert, describe, it } from "@effect/vitest"
import {
  Asset,
  AssetDownload,
  DownloadJob,
  FileNameTemplate,
  ScenarioConfig,
  Selection,
  SignedUrl
} from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault, JobScript } from "@scenario-assets/core/testing"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Canary from "../../../test-support/Canary.ts"
import * as Leaks from "./Leaks.ts"

/** The service on an emulator in memory that knows the canaries, and nothing about sockets. */
const emulated = (
  options: {
    readonly emulator?: Emulator.Options
    readonly config?: ScenarioConfig.Options
    readonly client?: AssetDownload.Options
  } = {}
) =>
  Layer.provideMerge(
    AssetDownload.layer({ backoffBase: 0, ...options.client }),
    Layer.mergeAll(
      Layer.provideMerge(
        EmulatorHttpClient.layer,
        Emulator.layer({
          credentials: { key: Canary.key, secret: Canary.secret, token: Canary.secret },
          signaturePrefix: Canary.signature,
          job: { pace: 0 },
          ...options.emulator
        })
      ),
      ScenarioConfig.layer({
        baseUrl: "https://api.emulator.test/v1",
        ...(options.config ?? { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) })
      })
    )
  )

/** A model of the catalogue, asked for. */
const start = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const selection = yield* Selection.make({ modelIds: catalogue.models.slice(0, 1).map(({ id }) => id) })
  const api = yield* AssetDownload.AssetDownload
  return yield* api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
})

const getStatus = (jobId: Asset.JobId) => Effect.flatMap(AssetDownload.AssetDownload, (api) => api.getStatus(jobId))

const anAsset = Effect.flatMap(Emulator.Emulator, ({ catalogue }) =>
  Effect.fromNullishOr(catalogue.assets.find(({ kind }) => kind === "image"))
)

const targets = Effect.flatMap(Emulator.Emulator, ({ requests }) =>
  Effect.map(requests, (all) => all.map(({ target }) => target))
)

describe("AssetDownload on the emulator", () => {
  it.effect("starts a job and sees it through", () =>
    Effect.gen(function* () {
      const jobId = yield* start
      const states: Array<string> = []
      for (let second = 0; second < 3; second++) {
        const job = yield* getStatus(jobId)
        assert.strictEqual(job.jobId, jobId)
        states.push(job.jobStatus)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(states, ["queued", "in-progress", "success"])
      const job = yield* getStatus(jobId)
      assert(DownloadJob.isReady(job))
      assert.strictEqual(SignedUrl.origin(job.downloadUrl), "https://storage.emulator.test")
      Leaks.assertNone(job)
    }).pipe(Effect.provide(emulated({ emulator: { job: { pace: "1 second" } } })))
  )

  it.effect("gives links to one asset, converted or not", () =>
    Effect.gen(function* () {
      const api = yield* AssetDownload.AssetDownload
      const { id } = yield* anAsset
      for (const targetFormat of [undefined, "png"] as const) {
        const link = yield* api.request(id, { targetFormat })
        assert.include(SignedUrl.reveal(link).pathname, id)
        Leaks.assertNone({ link })
      }
      const error = yield* Effect.flip(api.request(id, { targetFormat: "glb" }))
      assert.strictEqual(error.reason._tag, "Rejected")
      assert.include(error.message, `request of ${id}: the request was rejected (400): "Invalid target format"`)
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("says why a job failed, in the server's words", () =>
    Effect.gen(function* () {
      const api = yield* AssetDownload.AssetDownload
      const selection = yield* Selection.make({ modelIds: [JobScript.specialModels.fails] })
      const job = yield* api.getStatus(
        yield* api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
      )
      assert.strictEqual(DownloadJob.phase(job.jobStatus), "failed")
      assert.deepStrictEqual(job.details, { error: "The archive could not be made: out of disk space" })
    }).pipe(Effect.provide(emulated({ emulator: { job: { states: [] } } })))
  )

  it.effect("finds no unknown job and no unknown asset", () =>
    Effect.gen(function* () {
      const api = yield* AssetDownload.AssetDownload
      const job = yield* Effect.flip(api.getStatus(Asset.JobId.make("job_unknown")))
      const asset = yield* Effect.flip(api.request(Asset.AssetId.make("asset_unknown")))
      assert.deepStrictEqual([job.reason._tag, asset.reason._tag], ["NotFound", "NotFound"])
      assert.deepStrictEqual(yield* targets, ["getStatus", "request"])
    }).pipe(Effect.provide(emulated()))
  )

  it.effect("is let in with a bearer token", () =>
    Effect.gen(function* () {
      assert.match(yield* start, /^job_/)
    }).pipe(Effect.provide(emulated({ config: { bearerToken: Redacted.make(Canary.secret) } })))
  )

  it.effect.each([
    { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make("wrong") },
    { bearerToken: Redacted.make("wrong") }
  ])("is not let in with wrong credentials (%#)", (config) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(getStatus(Asset.JobId.make("job_a")))
      assert.strictEqual(error.reason._tag, "Unauthorized")
      assert.lengthOf(yield* targets, 1)
      Leaks.assertNone(error)
    }).pipe(Effect.provide(emulated({ config })))
  )

  it.effect.each([
    ["proj_a", "Success"],
    ["proj_b", "Failure"]
  ] as const)("names its project: %s gives %s", ([projectId, expected]) =>
    Effect.gen(function* () {
      const { id } = yield* anAsset
      const exit = yield* Effect.exit(Effect.flatMap(AssetDownload.AssetDownload, (api) => api.request(id)))
      assert.strictEqual(exit._tag, expected)
      if (Exit.isFailure(exit)) assert.strictEqual((yield* Effect.flip(exit)).reason._tag, "Forbidden")
    }).pipe(
      Effect.provide(
        emulated({
          emulator: { projectId: "proj_a" },
          config: { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret), projectId }
        })
      )
    )
  )
})

describe("AssetDownload on an emulator with faults", () => {
  it.effect("gets over what passes", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const jobId = yield* start
      yield* inject(
        Fault.status("getStatus", 500),
        Fault.drop("getStatus"),
        Fault.reset("getStatus", 5),
        Fault.cut("getStatus", 5)
      )
      assert.strictEqual((yield* getStatus(jobId)).jobId, jobId)
      assert.lengthOf(yield* targets, 1 + 5)
    }).pipe(Effect.provide(emulated()))
  )

  it.effect.each(["seconds", "date"] as const)("waits as long as it is told in a %s", (retryAfterAs) =>
    Effect.gen(function* () {
      const { inject, requests } = yield* Emulator.Emulator
      yield* inject(Fault.status("requestBatch", 429, { retryAfter: "12 seconds", retryAfterAs }))
      const fiber = yield* Effect.forkChild(start)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        (yield* requests).map(({ time }) => time),
        [0, 12_000]
      )
    }).pipe(Effect.provide(emulated()))
  )

  const once: ReadonlyArray<readonly [what: string, fault: Fault.Fault, reason: string]> = [
    ["a connection lost", Fault.drop("requestBatch"), "ConnectionFailed"],
    ["a reset", Fault.reset("requestBatch", 3), "ConnectionFailed"],
    ["a body cut off", Fault.cut("requestBatch", 3), "ConnectionFailed"],
    ["a body cut off unseen", Fault.cutUndeclared("requestBatch", 3), "InvalidResponse"],
    ["a failing server", Fault.status("requestBatch", 500), "ServerError"],
    ["a page of a gateway", Fault.html("requestBatch"), "InvalidResponse"],
    ["JSON that breaks off", Fault.malformedJson("requestBatch"), "InvalidResponse"],
    ["a redirect", Fault.redirect("requestBatch"), "InvalidResponse"],
    [
      "a redirect to storage",
      Fault.redirect("requestBatch", { location: "https://storage.emulator.test/" }),
      "InvalidResponse"
    ]
  ]

  it.effect.each(once)("starts no second job after %s", ([, fault, reason]) =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(fault)
      const error = yield* Effect.flip(start)
      assert(error._tag === "ApiError")
      assert.strictEqual(error.reason._tag, reason)
      assert.deepStrictEqual(yield* targets, ["requestBatch"])
      Leaks.assertNone(error)
    }).pipe(Effect.provide(emulated()))
  )

  it.effect.each([0, 5])("does not wait for ever for a server that stalls after %d bytes", (bytes) =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      yield* inject(Fault.stall("getStatus", bytes))
      const jobId = yield* start
      const fiber = yield* Effect.forkChild(Effect.flip(getStatus(jobId)))
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "TimedOut")
    }).pipe(Effect.provide(emulated()))
  )
})
