/** What is made of answers that are none of refusals: whole ones, long ones, redirects. */
import { assert, describe, it } from "@effect/vitest"
import { AssetDownload, ScenarioConfig, SignedUrl } from "@scenario-assets/core"
import { Effect, Layer } from "effect"
import { FetchHttpClient, HttpClientResponse } from "effect/http"
import * as Canary from "../../../test-support/Canary.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Leaks from "./Leaks.ts"
import { jobId, url, operations, all } from "./Operations.ts"

const { answer, canaryCredentials, connect } = FakeServer

describe("AssetDownload understands", () => {
  const answered = <A, E>(call: (api: FakeServer.Api) => Effect.Effect<A, E>, body: unknown, status = 200) =>
    Effect.flatMap(connect(FakeServer.make(answer(status, body)), { retries: 0 }), call)

  const job = (fields: object) => answered((api) => api.getStatus(jobId), { jobId, jobStatus: "queued", ...fields })

  it.effect("the id of a new job, among unknown fields", () =>
    Effect.gen(function* () {
      const started = yield* answered(operations.requestBatch, { jobId, createdAt: "now", job: { jobId: "other" } })
      assert.strictEqual(started, jobId)
    })
  )

  it.effect("the link to an asset, among unknown fields", () =>
    Effect.gen(function* () {
      const link = yield* answered(operations.request, { url, expiresIn: 3600 })
      assert.strictEqual(SignedUrl.reveal(link).href, url)
      Leaks.assertNone({ link })
    })
  )

  it.effect("a finished job", () =>
    Effect.gen(function* () {
      const finished = yield* job({ jobStatus: "success", downloadUrl: url })
      assert.strictEqual(finished.jobId, jobId)
      assert.strictEqual(finished.jobStatus, "success")
      assert.strictEqual(finished.downloadUrl && SignedUrl.reveal(finished.downloadUrl).href, url)
      assert.deepStrictEqual(finished.details, {})
      Leaks.assertNone(finished)
    })
  )

  it.effect.each([{}, { downloadUrl: null }, { downloadUrl: "" }])("no URL in %j", (fields) =>
    Effect.gen(function* () {
      assert.notProperty(yield* job(fields), "downloadUrl")
    })
  )

  it.effect("a state that nobody has documented, as it is", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* job({ jobStatus: "Gathering stardust " })).jobStatus, "Gathering stardust ")
    })
  )

  it.effect("further fields of a job, and removes the queries of URLs in them", () =>
    Effect.gen(function* () {
      const { details } = yield* job({
        progress: 0.5,
        error: `GET ${url} failed`,
        metadata: { input: [{ url }, null, true, ["https://docs.test/help"]], count: 3 }
      })
      assert.deepStrictEqual(details, {
        progress: 0.5,
        error: "GET https://cdn.test/a.zip?<redacted> failed",
        metadata: {
          input: [{ url: "https://cdn.test/a.zip?<redacted>" }, null, true, ["https://docs.test/help"]],
          count: 3
        }
      })
    })
  )

  it.effect("further fields with the names of JavaScript's own", () =>
    Effect.gen(function* () {
      const body = `{"jobId":"${jobId}","jobStatus":"queued","__proto__":{"polluted":true},"constructor":1,"toString":2}`
      const { details } = yield* answered((api) => api.getStatus(jobId), body)
      assert.deepStrictEqual(Object.entries(details), [
        ["__proto__", { polluted: true }],
        ["constructor", 1],
        ["toString", 2]
      ])
      assert.notProperty({}, "polluted")
    })
  )

  it.effect.each([200, 201, 202, 299])("a right answer of status %d", (status) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* answered(operations.requestBatch, { jobId }, status), jobId)
    })
  )

  const malformed: ReadonlyArray<readonly [body: string, operations?: ReadonlyArray<string>]> = [
    [""],
    ["null"],
    ["[]"],
    ["{}"],
    [`{"jobId":"job_`],
    ["<!doctype html><title>Please wait</title>"],
    [`{"jobId":""}`],
    [`{"jobId":"../v2"}`],
    [`{"jobId":7}`],
    [`{"jobId":"job_a","jobStatus":""}`, ["getStatus", "request"]],
    [`{"jobId":"job_a","jobStatus":null}`, ["getStatus", "request"]],
    [`{"jobId":"job_a","jobStatus":"success","downloadUrl":"/a.zip"}`, ["getStatus", "request"]],
    [`{"url":"asset_a"}`],
    [`{"url":null}`]
  ]
  const expected = {
    requestBatch: "expected JSON with a jobId",
    getStatus: "expected JSON with a jobId, a jobStatus and, for a finished job, a downloadUrl",
    request: "expected JSON with a url"
  }

  it.effect.each(
    malformed.flatMap(([body, names = Object.keys(operations)]) =>
      all.filter(({ name }) => names.includes(name)).map(({ call, name }) => ({ body, call, name }))
    )
  )("that $body is no answer to $name", ({ body, call, name }) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(answered(call, body))
      assert(error._tag === "ApiError" && error.reason._tag === "InvalidResponse")
      assert.strictEqual(error.reason.description, expected[name])
      assert.strictEqual(error.reason.response.status, 200)
      assert.strictEqual(error.reason.response.body, body)
      assert.isTrue(error.isRetryable)
    })
  )
})

describe("AssetDownload reads no more than it needs", () => {
  const mebibyte = 1024 * 1024
  const failing = (answer: FakeServer.Answer) =>
    Effect.flip(Effect.flatMap(Effect.orDie(connect(FakeServer.make(answer), { retries: 0 })), operations.getStatus))

  it.effect("of an answer, which has at most 16 MiB", () =>
    Effect.gen(function* () {
      const { answer, state } = FakeServer.endless(200, " ".repeat(mebibyte))
      const error = yield* failing(answer)
      assert(error.reason._tag === "InvalidResponse")
      assert.strictEqual(error.reason.description, "expected at most 16 MiB")
      assert.strictEqual(error.reason.limit, 16 * mebibyte)
      assert.isAtMost(error.reason.response.body.length, 65_536)
      assert.isAtMost(state.sent, 20 * mebibyte)
      assert.strictEqual(state.ended, 1)
    })
  )

  it.effect("and understands one that is long", () =>
    Effect.gen(function* () {
      const job = { jobId, jobStatus: "queued", note: "x".repeat(15 * mebibyte) }
      const api = yield* connect(FakeServer.make(answer(200, job)))
      assert.strictEqual((yield* api.getStatus(jobId)).jobStatus, "queued")
    })
  )

  it.effect.each([401, 404, 500])("of a refusal, which is told by its status: %d", (status) =>
    Effect.gen(function* () {
      const { answer, state } = FakeServer.endless(status, "x".repeat(10_000))
      const error = yield* failing(answer)
      assert.strictEqual(error.response?.status, status)
      assert.strictEqual(error.response?.body, "x".repeat(65_536))
      assert.isAtMost(state.sent, 4 * mebibyte)
      assert.strictEqual(state.ended, 1)
    })
  )

  it.effect("and shows no half of a secret where it stops", () =>
    Effect.gen(function* () {
      for (let shift = 0; shift < 50; shift++) {
        const { answer } = FakeServer.endless(500, `${Canary.secret}${"-".repeat(shift)}`)
        const { response } = yield* failing(answer)
        assert.match(response?.body ?? "", /^(?:<redacted>-*)*<?r?e?d?a?c?t?e?d?$/)
      }
    })
  )

  it.effect("and takes a body that is not there for an empty one", () =>
    Effect.gen(function* () {
      const none: FakeServer.Answer = (request) =>
        Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(null, { status: 500 })))
      const error = yield* failing(none)
      assert.strictEqual(error.reason._tag, "ServerError")
      assert.strictEqual(error.response?.body, "")
    })
  )
})

describe("AssetDownload follows no redirect", () => {
  it.effect.each([301, 302, 303, 307, 308])("of status %d", (status) =>
    Effect.gen(function* () {
      const server = FakeServer.make(
        answer(status, "", { location: `https://elsewhere.test/?Signature=${Canary.signature}` })
      )
      const error = yield* Effect.flip((yield* connect(server)).getStatus(jobId))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
      assert.strictEqual(error.response?.headers["location"], "https://elsewhere.test/?<redacted>")
      assert.lengthOf(server.received, 1)
      Leaks.assertNone(error)
    })
  )

  /** As `fetch` is: unless it is told not to, it follows redirects, and takes the headers along. */
  const makeFetch = () => {
    const asked: Array<string> = []
    const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const to = new URL(input instanceof Request ? input.url : input)
      asked.push(`${to.origin} ${new Headers(init?.headers).get("authorization")}`)
      if (to.hostname !== "api.cloud.scenario.com") return Response.json({ jobId, jobStatus: "queued", url })
      return init?.redirect === "manual"
        ? new Response(null, { status: 307, headers: { location: "https://elsewhere.test/" } })
        : fetch("https://elsewhere.test/", init)
    }
    return { asked, fetch }
  }

  const through = (
    fetch: typeof globalThis.fetch,
    init: Layer.Layer<never> | Layer.Layer<FetchHttpClient.RequestInit>
  ) =>
    AssetDownload.layer().pipe(
      Layer.provide(Layer.provide(FetchHttpClient.layer, [Layer.succeed(FetchHttpClient.Fetch, fetch), init])),
      Layer.provide(ScenarioConfig.layer(canaryCredentials))
    )

  it.effect.each(
    all.flatMap(({ call, name }) => [
      { name, call, how: "fetch itself", init: Layer.empty },
      {
        name,
        call,
        how: "a program's own settings",
        init: Layer.succeed(FetchHttpClient.RequestInit, { redirect: "follow" })
      }
    ])
  )("by $how, and credentials go nowhere else ($name)", ({ call, init }) =>
    Effect.gen(function* () {
      const { asked, fetch } = makeFetch()
      const error = yield* Effect.flatMap(AssetDownload.AssetDownload, call).pipe(
        Effect.provide(through(fetch, init)),
        Effect.flip
      )
      assert.include(error.message, "expected no redirect")
      assert.deepStrictEqual(asked, [`https://api.cloud.scenario.com Basic ${Canary.basic}`])
    })
  )
})
