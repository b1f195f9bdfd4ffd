/** What is sent, and how the service is made. */
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, ScenarioConfig } from "@scenario-assets/core"
import { Cause, Effect, Exit, Layer, Redacted, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as Canary from "../../../test-support/Canary.ts"
import * as Spans from "../../../test-support/Spans.ts"
import * as FakeServer from "./FakeServer.ts"
import { jobId, assetId, url, batch, operations, all } from "./Operations.ts"

const { answer, canaryCredentials, connect } = FakeServer

describe("AssetDownload sends", () => {
  const sent = Effect.fnUntraced(function* <A, E>(
    call: (api: FakeServer.Api) => Effect.Effect<A, E>,
    config?: ScenarioConfig.Options
  ) {
    const server = FakeServer.make(answer(200, { jobId, jobStatus: "queued", url }))
    yield* call(yield* connect(server, config === undefined ? {} : { config }))
    const { body, headers, method, url: to } = yield* server.only
    return { line: `${method} ${to.href}`, body: body === "" ? undefined : JSON.parse(body), headers }
  })

  it.effect("requestBatch with all three arrays, whatever is selected", () =>
    Effect.gen(function* () {
      const { body, line } = yield* sent((api) =>
        Effect.flatMap(batch({ modelIds: ["model_b", "model_a"] }), api.requestBatch)
      )
      assert.strictEqual(line, "POST https://api.cloud.scenario.com/v1/assets/download")
      assert.deepStrictEqual(body, {
        options: { fileNameTemplate: "<generator>-<prompt>-<num>-<seed>" },
        query: { assetIds: [], inferenceIds: [], modelIds: ["model_a", "model_b"] }
      })
    })
  )

  it.effect.each([true, false, undefined])("flat only when it is given (%s)", (flat) =>
    Effect.gen(function* () {
      const request = { ...(yield* batch({ assetIds: ["asset_a"], inferenceIds: ["inf_a"] })), flat }
      const { body } = yield* sent((api) => api.requestBatch(request))
      assert.deepStrictEqual(body, {
        options: { fileNameTemplate: "<generator>-<prompt>-<num>-<seed>", ...(flat === undefined ? {} : { flat }) },
        query: { assetIds: ["asset_a"], inferenceIds: ["inf_a"], modelIds: [] }
      })
    })
  )

  it.effect("getStatus without a body", () =>
    Effect.gen(function* () {
      const { body, headers, line } = yield* sent((api) => api.getStatus(jobId))
      assert.strictEqual(line, "GET https://api.cloud.scenario.com/v1/assets/download/job_8Xv2")
      assert.isUndefined(body)
      assert.notProperty(headers, "content-type")
    })
  )

  it.effect.each([undefined, ...Asset.TargetFormat.literals])("request with the format %s", (targetFormat) =>
    Effect.gen(function* () {
      const { body, line } = yield* sent((api) => api.request(assetId, { targetFormat }))
      assert.strictEqual(line, "POST https://api.cloud.scenario.com/v1/assets/asset_mE2cb2p4/download")
      assert.deepStrictEqual(body, targetFormat === undefined ? {} : { targetFormat })
    })
  )

  it.effect("ids as one segment of the path", () =>
    Effect.gen(function* () {
      const id = "a:b@c;d=é&+"
      const segment = "a%3Ab%40c%3Bd%3D%C3%A9%26%2B"
      const status = yield* sent((api) => api.getStatus(Asset.JobId.make(id)))
      assert.strictEqual(status.line, `GET https://api.cloud.scenario.com/v1/assets/download/${segment}`)
      const link = yield* sent((api) => api.request(Asset.AssetId.make(id)))
      assert.strictEqual(link.line, `POST https://api.cloud.scenario.com/v1/assets/${segment}/download`)
    })
  )

  it.effect.each(all)("the project with $name, to the base URL that is set", ({ call }) =>
    Effect.gen(function* () {
      const config = { ...canaryCredentials, baseUrl: "http://localhost:4010/proxy/", projectId: "proj_a&b" }
      const { line } = yield* sent(call, config)
      assert.match(line, /^(GET|POST) http:\/\/localhost:4010\/proxy\/assets\/[a-zA-Z0-9_/]+\?projectId=proj_a%26b$/)
    })
  )

  it.effect.each(all)("Basic credentials with $name: the documented vector", ({ call }) =>
    Effect.gen(function* () {
      const config = { apiKey: Redacted.make("hello"), apiSecret: Redacted.make("world") }
      const { headers } = yield* sent(call, config)
      assert.strictEqual(headers["authorization"], "Basic aGVsbG86d29ybGQ=")
    })
  )

  it.effect.each(all)("a bearer token with $name", ({ call }) =>
    Effect.gen(function* () {
      const { headers } = yield* sent(call, { bearerToken: Redacted.make(Canary.secret) })
      assert.strictEqual(headers["authorization"], `Bearer ${Canary.secret}`)
    })
  )

  it.effect.each(all)("no header with $name but these", ({ call, name }) =>
    Effect.gen(function* () {
      const { headers } = yield* sent(call)
      const ofBody = name === "getStatus" ? [] : ["content-length", "content-type"]
      assert.sameMembers(Object.keys(headers), ["accept", "authorization", ...ofBody])
      assert.strictEqual(headers["accept"], "application/json")
      if (name !== "getStatus") assert.strictEqual(headers["content-type"], "application/json")
    })
  )

  it.effect.each(all)("the trace with $name, where a tracer is installed", ({ call }) =>
    Effect.gen(function* () {
      const { tracer } = Spans.recorder()
      const { headers } = yield* Effect.provideService(sent(call), Tracer.Tracer, tracer)
      assert.match(headers["traceparent"] ?? "", /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    })
  )

  it.effect("1000 ids, and of 1001 nothing", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(answer(200, { jobId }))
      const api = yield* connect(server)
      const ids = (count: number) => Array.from({ length: count }, (_, index) => `id_${index}`)
      yield* api.requestBatch(yield* batch({ assetIds: ids(400), inferenceIds: ids(300), modelIds: ids(300) }))
      assert.lengthOf(server.received, 1)

      const error = yield* Effect.flip(
        api.requestBatch(yield* batch({ assetIds: ids(400), inferenceIds: ids(300), modelIds: ids(301) }))
      )
      assert.lengthOf(server.received, 1)
      assert.strictEqual(error.reason._tag, "BatchTooLarge")
      assert.deepInclude(error.reason, { size: 1001, limit: 1000 })
      assert.isFalse(error.isRetryable)
      assert.isUndefined(error.response)
      assert.strictEqual(
        error.message,
        "requestBatch: 1001 ids exceed the limit of 1000 per batch, and nothing was sent; " +
          "split the selection with Selection.batches, or use Archives."
      )
    })
  )
})

describe("AssetDownload sends", () => {
  const settings = {
    headers: { "x-program": "gallery", accept: "text/html" },
    dispatcher: "its own",
    redirect: "follow"
  } as const
  const init = Layer.succeed(FetchHttpClient.RequestInit, settings)

  it.effect.each(["to the client", "around the call"] as const)("what a program tells fetch, given %s", (where) =>
    Effect.gen(function* () {
      const told: Array<RequestInit> = []
      const fetch: typeof globalThis.fetch = (_, init) => {
        told.push(init ?? {})
        return Promise.resolve(Response.json({ jobId, jobStatus: "queued" }))
      }
      const given = Layer.succeed(FetchHttpClient.Fetch, fetch)
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(where === "to the client" ? Layer.merge(given, init) : given)
      )
      const api = AssetDownload.layer().pipe(
        Layer.provide(client),
        Layer.provide(ScenarioConfig.layer(canaryCredentials))
      )
      yield* Effect.flatMap(AssetDownload.AssetDownload, ({ getStatus }) => getStatus(jobId)).pipe(
        Effect.provide(where === "to the client" ? api : Layer.merge(api, init))
      )
      assert.lengthOf(told, 1)
      assert.deepInclude(Object.fromEntries(Object.entries(told[0] ?? {})), {
        redirect: "manual",
        dispatcher: "its own"
      })
      const headers = new Headers(told[0]?.headers)
      assert.strictEqual(headers.get("x-program"), "gallery")
      assert.strictEqual(headers.get("accept"), "application/json")
    })
  )

  it.effect.each(all)(
    "nothing, and says so at once, where a program adds a header that cannot be sent ($name)",
    ({ call }) =>
      Effect.gen(function* () {
        const server = FakeServer.make(answer(200, { jobId }))
        const client = HttpClient.mapRequest(server.client, HttpClientRequest.setHeader("x-name", "\u0394"))
        const error = yield* Effect.flip(call(yield* connect({ client })))
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        assert.isFalse(error.isRetryable)
        assert.include(error.message, `"x-name"`)
        assert.isEmpty(server.received)
      })
  )
})

describe("AssetDownload.layerTest", () => {
  it.effect("takes the operations that are given", () =>
    Effect.gen(function* () {
      const api = yield* AssetDownload.AssetDownload
      assert.strictEqual(yield* api.requestBatch(yield* batch()), jobId)
    }).pipe(Effect.provide(AssetDownload.layerTest({ requestBatch: () => Effect.succeed(jobId) })))
  )

  it.effect.each(all)("makes $name, when it was not given, a defect that names it", ({ call, name }) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.flatMap(AssetDownload.AssetDownload, call))
      assert(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.include(Cause.pretty(exit.cause), `AssetDownload.layerTest: the test called ${name} and gave no ${name}`)
    }).pipe(Effect.provide(AssetDownload.layerTest({})))
  )
})

describe("AssetDownload.layer", () => {
  it.effect("needs a transport and a configuration, and nothing else", () =>
    Effect.gen(function* () {
      const server = FakeServer.make(answer(200, { jobId }))
      const started = yield* Effect.flatMap(AssetDownload.AssetDownload, operations.requestBatch).pipe(
        Effect.provide(Layer.provide(AssetDownload.layer(), ScenarioConfig.layer(canaryCredentials))),
        Effect.provideService(HttpClient.HttpClient, server.client)
      )
      assert.strictEqual(started, jobId)
    })
  )
})
