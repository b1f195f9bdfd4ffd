/** Options that mean nothing: defects that name them, at the call and where a layer is built. */
import { assert, describe, it } from "@effect/vitest"
import {
  Archives,
  Asset,
  AssetCatalog,
  AssetDownload,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { Cause, Effect, Exit, Layer, Redacted, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"

const size = 1000
const http = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) => {
    const response = new Response(new Uint8Array(size), { headers: { "content-length": String(size) } })
    return Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
)
const config = Layer.orDie(ScenarioConfig.layer({ apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") }))
const storage = Layer.merge(Layer.provide(StorageClient.layerHttpClient, http), config)
const source: Transfer.Source = { refresh: Effect.succeed(signedUrl("https://storage.test/a.zip")) }

/** The one message of a run that ends with a defect. */
const refusal = <A, E, R>(run: Effect.Effect<A, E, R>) =>
  Effect.map(Time.letPass(run), (exit) => {
    assert(Exit.isFailure(exit))
    const [defect, ...others] = exit.cause.reasons.flatMap((reason) =>
      Cause.isDieReason(reason) ? [reason.defect] : []
    )
    assert.instanceOf(defect, RangeError)
    assert.isEmpty(others)
    return defect.message
  })

const transfers: ReadonlyArray<readonly [options: Transfer.Options, message: string]> = [
  [{ limitRate: 0 }, "limitRate is 0; give a number of more than 0"],
  [{ limitRate: -5 }, "limitRate is -5; give a number of more than 0"],
  [{ limitRate: Number.NaN }, "limitRate is NaN; give a number of more than 0"],
  [{ connections: 0 }, "connections is 0; give a whole number of at least 1"],
  [{ connections: -1 }, "connections is -1; give a whole number of at least 1"],
  [{ connections: 1.5 }, "connections is 1.5; give a whole number of at least 1"],
  [{ connections: Number.NaN }, "connections is NaN; give a whole number of at least 1"],
  [{ retries: Number.NaN }, "retries is NaN; give a whole number of at least 0"],
  [{ retries: -1 }, "retries is -1; give a whole number of at least 0"],
  [{ redirects: -1 }, "redirects is -1; give a whole number of at least 0"],
  [{ redirects: 0.5 }, "redirects is 0.5; give a whole number of at least 0"],
  [{ idleTimeout: 0 }, "idleTimeout is 0; give a duration of more than 0"],
  [{ backoffBase: "-1 seconds" }, "backoffBase is -1 seconds; give a duration of at least 0"],
  [{ backoffCap: Number.NaN }, "backoffCap is NaN; give a duration of at least 0"],
  [{ timeLimit: -1 }, "timeLimit is -1; give a duration of more than 0"]
]

describe("Transfer", () => {
  it.effect.each(transfers)("%o is refused", ([options, message]) =>
    Effect.gen(function* () {
      const read = (given?: Transfer.Options) =>
        Effect.flatMap(Transfer.Transfer, ({ events }) => Stream.runDrain(events(source, given)))
      const refused = `Transfer: the option ${message}`
      assert.strictEqual(
        yield* refusal(Effect.provide(read(options), Layer.provide(Transfer.layer(), storage))),
        refused
      )
      const layer = Layer.provide(Transfer.layer(options), storage)
      assert.strictEqual(yield* refusal(Effect.provide(Effect.asVoid(Transfer.Transfer), layer)), refused)
    })
  )

  it.effect.each<Transfer.Options>([
    { limitRate: Infinity },
    { limitRate: 999.5 },
    { connections: Infinity },
    { connections: 1000 },
    { retries: 0, redirects: 0, backoffBase: 0, backoffCap: 0 },
    { retries: Infinity, redirects: Infinity, idleTimeout: "Infinity", timeLimit: "Infinity" }
  ])("%o is taken", (options) =>
    Effect.gen(function* () {
      const { bytes } = yield* Transfer.Transfer
      const exit = yield* Time.letPass(Stream.runCollect(bytes(source, options)))
      assert(Exit.isSuccess(exit))
      assert.strictEqual(
        exit.value.reduce((sum, { length }) => sum + length, 0),
        size
      )
    }).pipe(Effect.provide(Layer.provide(Transfer.layer(), storage)))
  )
})

describe("AssetDownload", () => {
  it.effect.each<readonly [options: AssetDownload.Options, message: string]>([
    [{ retries: Number.NaN }, "retries is NaN; give a whole number of at least 0"],
    [{ retries: 0.5 }, "retries is 0.5; give a whole number of at least 0"],
    [{ timeLimit: 0 }, "timeLimit is 0; give a duration of more than 0"],
    [{ backoffBase: -1 }, "backoffBase is -1; give a duration of at least 0"],
    [{ backoffCap: -1 }, "backoffCap is -1; give a duration of at least 0"],
    [{ retryAfterCap: -1 }, "retryAfterCap is -1; give a duration of at least 0"]
  ])("%o is refused", ([options, message]) =>
    Effect.gen(function* () {
      const layer = Layer.provide(AssetDownload.layer(options), Layer.merge(http, config))
      assert.strictEqual(
        yield* refusal(Effect.provide(Effect.asVoid(AssetDownload.AssetDownload), layer)),
        `AssetDownload: the option ${message}`
      )
    })
  )
})

describe("JobPoller", () => {
  it.effect("a deadline of less than nothing is refused", () =>
    Effect.gen(function* () {
      const api = AssetDownload.layerTest({ getStatus: () => Effect.never })
      const refused = "JobPoller: the option deadline is -1; give a duration of at least 0"
      const options = { deadline: -1 }
      const wait = Effect.flatMap(JobPoller.JobPoller, ({ wait }) => wait(Asset.JobId.make("job_1"), options))
      assert.strictEqual(yield* refusal(Effect.provide(wait, Layer.provide(JobPoller.layer(), api))), refused)
      const layer = Layer.provide(JobPoller.layer(options), api)
      assert.strictEqual(yield* refusal(Effect.provide(Effect.asVoid(JobPoller.JobPoller), layer)), refused)
    })
  )
})

describe("Archives", () => {
  const layer = Archives.layer.pipe(
    Layer.provide([JobPoller.layer(), JobJournal.layerNone]),
    Layer.provide([AssetDownload.layerTest({}), AssetCatalog.layerTest({}), config])
  )

  it.effect.each<readonly [options: Partial<Archives.Request>, message: string]>([
    [{ concurrency: 0 }, "concurrency is 0; give a whole number of at least 1"],
    [{ concurrency: Number.NaN }, "concurrency is NaN; give a whole number of at least 1"],
    [{ batchSize: 0 }, "batchSize is 0; give a whole number of at least 1"],
    [{ batchSize: 2.5 }, "batchSize is 2.5; give a whole number of at least 1"]
  ])("%o is refused", ([options, message]) =>
    Effect.gen(function* () {
      const archives = yield* Archives.Archives
      const selection = yield* Selection.make({ assetIds: ["asset_1"] })
      const request = { selection, fileNameTemplate: FileNameTemplate.defaultTemplate, ...options }
      const runs = [
        Stream.runDrain(archives.events(request)),
        Stream.runDrain(archives.begin(request)),
        Stream.runDrain(archives.stream(request))
      ]
      for (const run of runs) {
        assert.strictEqual(yield* refusal(run), `Archives: the option ${message}`)
      }
    }).pipe(Effect.provide(layer))
  )
})
