/** What goes to the API, and what is made of its answer. */
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, FileNameTemplate, ScenarioConfig, Selection } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { Agent, type Dispatcher } from "undici"

const jobId = Asset.JobId.make("job_one")

/** The operations on a server, over the client of Node or what is made of it. */
const services = (
  { origin }: RawServer.RawServer,
  {
    client = NodeScenario.layerApiClient,
    retries = 1
  }: { readonly client?: Layer.Layer<HttpClient.HttpClient>; readonly retries?: number } = {}
) =>
  AssetDownload.layer({ retries, backoffBase: "1 millis" }).pipe(
    Layer.provide(client),
    Layer.provide(
      ScenarioConfig.layer({ baseUrl: origin, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })
    )
  )

const json = (body: unknown, ...headers: ReadonlyArray<string>): RawServer.Handler => {
  const bytes = Buffer.from(JSON.stringify(body))
  return () => ({ send: RawServer.response("200 OK", [`Content-Length: ${bytes.length}`, ...headers], bytes) })
}
const state = { jobId, jobStatus: "queued" }
const broken: RawServer.Handler = () => ({ send: "", ending: "close" })

const getStatus = Effect.flatMap(AssetDownload.AssetDownload, (api) => api.getStatus(jobId))
const requestBatch = Effect.gen(function* () {
  const api = yield* AssetDownload.AssetDownload
  const selection = yield* Selection.make({ assetIds: ["asset_one"] })
  return yield* api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
})
/** A turn of the event loop, in which a connection comes to rest. */
const turn = Effect.callback<void>((resume) => void setImmediate(() => setImmediate(() => resume(Effect.void))))
const asked = ({ requests }: RawServer.RawServer) => Effect.map(requests, (all) => all.map(({ method }) => method))

describe("a call of the API", () => {
  it.live("says who asks, and understands an answer that is compressed", () =>
    Effect.gen(function* () {
      const body = gzipSync(JSON.stringify(state))
      const server = yield* RawServer.make(() => ({
        send: RawServer.response("200 OK", ["Content-Encoding: gzip", `Content-Length: ${body.length}`], body)
      }))
      const job = yield* Effect.provide(getStatus, services(server))
      assert.strictEqual(job.jobStatus, "queued")
      const headers = (yield* server.requests)[0]?.headers ?? {}
      assert.match(headers["user-agent"] ?? "", /^scenario-assets\/\S+ node\/\d+\.\d+\.\d+$/)
      assert.match(headers["accept-encoding"] ?? "", /\bgzip\b/)
    }).pipe(Effect.scoped)
  )

  it.live("leaves the name to a program that has one", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(json(state))
      const client = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(HttpClientRequest.setHeader("user-agent", "gallery/1")))
      ).pipe(Layer.provide(NodeScenario.layerApiClient))
      yield* Effect.provide(getStatus, services(server, { client }))
      assert.strictEqual((yield* server.requests)[0]?.headers["user-agent"], "gallery/1")
    }).pipe(Effect.scoped)
  )

  it.live("goes out on a connection that is kept", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(json(state))
      yield* Effect.replicateEffect(Effect.andThen(getStatus, turn), 3).pipe(Effect.provide(services(server)))
      assert.strictEqual(yield* server.connectionCount, 1)
    }).pipe(Effect.scoped)
  )

  it.live("on a connection that the server has closed meanwhile is no failure, where it may be sent twice", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(json(state), broken, json(state)))
      yield* Effect.replicateEffect(Effect.andThen(getStatus, turn), 2).pipe(
        Effect.provide(services(server, { retries: 0 }))
      )
      assert.deepStrictEqual(yield* asked(server), ["GET", "GET", "GET"])
      assert.strictEqual(yield* server.connectionCount, 2)
    }).pipe(Effect.scoped)
  )

  it.live("on a fresh connection that the server closes is a failure", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(broken, json(state)))
      const error = yield* Effect.flip(getStatus).pipe(Effect.provide(services(server, { retries: 0 })))
      assert(error.reason._tag === "ConnectionFailed")
      assert.isTrue(error.reason.maybeSent)
      assert.deepStrictEqual(yield* asked(server), ["GET"])
    }).pipe(Effect.scoped)
  )

  it.live("that starts a job is sent once, whatever becomes of the connection", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.sequence(json(state), broken, json({ jobId })))
      const error = yield* getStatus
        .pipe(Effect.andThen(turn), Effect.andThen(Effect.flip(requestBatch)))
        .pipe(Effect.provide(services(server)))
      assert(error._tag === "ApiError" && error.reason._tag === "ConnectionFailed")
      assert.isTrue(error.reason.maybeSent)
      assert.deepStrictEqual(yield* asked(server), ["GET", "POST"])
      assert.strictEqual(yield* server.connectionCount, 1)
    }).pipe(Effect.scoped)
  )

  it.live("that starts a job is sent once, also where another server is to be asked (421)", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(
        RawServer.sequence(
          () => ({ send: RawServer.response("421 Misdirected Request", ["Content-Length: 0"]) }),
          json({ jobId })
        )
      )
      const error = yield* Effect.flip(requestBatch).pipe(Effect.provide(services(server)))
      assert.strictEqual(error._tag, "ApiError")
      assert.deepStrictEqual(yield* asked(server), ["POST"])
    }).pipe(Effect.scoped)
  )

  it.live("that no server takes was not sent", () =>
    Effect.gen(function* () {
      const server = yield* Effect.scoped(RawServer.make(RawServer.sequence()))
      const error = yield* Effect.flip(requestBatch).pipe(Effect.provide(services(server)))
      assert(error._tag === "ApiError" && error.reason._tag === "ConnectionFailed")
      assert.isFalse(error.reason.maybeSent)
      assert.include(error.message, `connect ECONNREFUSED ${new URL(server.origin).host}`)
    }).pipe(Effect.scoped)
  )

  it.live("follows no redirect, and goes by the connections that a program chooses for fetch", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(() => ({
        send: RawServer.response("302 Found", ["Location: /elsewhere", "Content-Length: 0"])
      }))
      let dispatched = 0
      const own = new Agent().compose((dispatch): Dispatcher.Dispatch => (options, handler) => {
        dispatched++
        return dispatch(options, handler)
      })
      const init: RequestInit = { redirect: "follow", headers: { "x-program": "gallery" } }
      const error = yield* Effect.flip(getStatus).pipe(
        Effect.provide(services(server)),
        Effect.provideService(FetchHttpClient.RequestInit, Object.assign(init, { dispatcher: own }))
      )
      assert.strictEqual(error.reason._tag, "InvalidResponse")
      assert.strictEqual(dispatched, 1)
      assert.deepStrictEqual(yield* asked(server), ["GET"])
      assert.strictEqual((yield* server.requests)[0]?.headers["x-program"], "gallery")
    }).pipe(Effect.scoped)
  )
})
