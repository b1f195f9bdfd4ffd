import { assert, describe, it } from "@effect/vitest"
import {
  ApiError,
  Asset,
  AssetDownload,
  FileNameTemplate,
  ScenarioConfig,
  Selection,
  SignedUrl
} from "@scenario-assets/core"
import { Cause, Effect, Exit, Layer, Redacted, Schema, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import * as Canary from "../../../test-support/Canary.ts"
import * as Spans from "../../../test-support/Spans.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Leaks from "./Leaks.ts"

const { answer, canaryCredentials, connect } = FakeServer

const jobId = Asset.JobId.make("job_8Xv2")
const assetId = Asset.AssetId.make("asset_mE2cb2p4")
const fileNameTemplate = FileNameTemplate.defaultTemplate
const url = `https://cdn.test/a.zip?Expires=1800000000&Signature=${Canary.signature}`

const batch = Effect.fnUntraced(function* (ids: Parameters<typeof Selection.make>[0] = { assetIds: [assetId] }) {
  return { selection: yield* Selection.make(ids), fileNameTemplate }
})

/** Each operation, called with what the reference asks for at least. */
const operations = {
  requestBatch: (api: FakeServer.Api) => Effect.flatMap(Effect.orDie(batch()), api.requestBatch),
  getStatus: (api: FakeServer.Api) => api.getStatus(jobId),
  request: (api: FakeServer.Api) => api.request(assetId)
}
const all = (["requestBatch", "getStatus", "request"] as const).map(
  (name): { readonly name: keyof FakeServer.Api; readonly call: FakeServer.Call } => ({
    name,
    call: operations[name]
  })
)

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

describe("AssetDownload gives the reason", () => {
  const refused = (answer: FakeServer.Answer, call: FakeServer.Call = operations.getStatus) =>
    Effect.orDie(connect(FakeServer.make(answer), { retries: 0 })).pipe(Effect.flatMap(call), Effect.flip)

  const reasons: ReadonlyArray<readonly [tag: string, isRetryable: boolean, statuses: ReadonlyArray<number>]> = [
    ["Unauthorized", false, [401]],
    ["QuotaExceeded", false, [402]],
    ["Forbidden", false, [403]],
    ["NotFound", false, [404]],
    ["RateLimited", true, [429]],
    ["Rejected", true, [408]],
    ["Rejected", false, [400, 405, 406, 409, 410, 413, 415, 418, 422, 425, 428, 431, 451, 499]],
    ["ServerError", true, [500, 502, 503, 504]],
    ["ServerError", false, [501, 505, 507, 511, 520, 599]],
    ["InvalidResponse", true, [204, 206, 300, 301, 302, 303, 304, 307, 308]]
  ]

  it.effect.each(
    reasons.flatMap(([tag, isRetryable, statuses]) =>
      statuses.flatMap((status) => all.map(({ call, name }) => ({ status, tag, isRetryable, call, name })))
    )
  )("$tag for $status to $name", ({ call, isRetryable, name, status, tag }) =>
    Effect.gen(function* () {
      const error = yield* refused(answer(status, "the text", { "x-request-id": "req_1", "x-other": "kept" }), call)
      assert.strictEqual(error._tag, "ApiError")
      assert.strictEqual(error.reason._tag, tag)
      assert.strictEqual(error.operation, name)
      assert.strictEqual(error.subject, { requestBatch: undefined, getStatus: jobId, request: assetId }[name])
      assert.strictEqual(error.isRetryable, isRetryable)
      const { headers, ...response } = error.response ?? {}
      assert.deepStrictEqual(response, { status, body: "the text", requestId: "req_1" })
      assert.strictEqual(headers?.["x-other"], "kept")
      assert.include(error.message, String(status))
      assert.include(error.message, "[request req_1]")
    })
  )

  it.effect("of a refusal that a program can match", () =>
    Effect.gen(function* () {
      const api = yield* connect(FakeServer.make(answer(404)))
      const found = yield* api
        .getStatus(jobId)
        .pipe(Effect.catchReason("ApiError", "NotFound", (reason) => Effect.succeed(reason.response.status)))
      assert.strictEqual(found, 404)
    })
  )

  const messages: ReadonlyArray<readonly [status: number, body: unknown, message: string]> = [
    [
      401,
      { message: "Unauthorized" },
      `the credentials were rejected (401): "Unauthorized"; check the API key and secret, or the token`
    ],
    [402, "", "the quota of the account is used up (402); check your plan at Scenario"],
    [
      403,
      { error: "Forbidden", infos: {} },
      `not allowed (403): "Forbidden"; check the project id, the scope of the API key, and that the ids belong to that project`
    ],
    [404, { reason: "No such job" }, `not found (404): "No such job"; check the id, and the project of the API key`],
    [
      400,
      { error: "Invalid target format", apiError: "BadRequest" },
      `the request was rejected (400): "Invalid target format"; change the request`
    ],
    [429, { apiError: "TooManyRequests" }, `too many requests (429): "TooManyRequests"; try again later`],
    [500, { message: "", error: "boom" }, `the server failed (500): "boom"; try again later`],
    [502, "<html><body>Bad gateway</body></html>", "the server failed (502); try again later"],
    [503, { error: { message: "nested" } }, "the server failed (503); try again later"],
    [
      500,
      { message: "two\nlines\t and  \u001b[31mcolour" },
      `the server failed (500): "two lines and \\u001b[31mcolour"; try again later`
    ],
    [500, { message: "x".repeat(300) }, `the server failed (500): "${"x".repeat(200)}"; try again later`],
    [500, "null", "the server failed (500); try again later"],
    [302, "", "unexpected response (302): expected no redirect; check the base URL, and try again later"]
  ]

  it.effect.each(messages)("in words: %d %j", ([status, body, message]) =>
    Effect.gen(function* () {
      const error = yield* refused(answer(status, body))
      assert.strictEqual(error.message, `getStatus of job_8Xv2: ${message}.`)
    })
  )

  it.effect("with the server's wish, where it has one", () =>
    Effect.gen(function* () {
      const limited = yield* refused(answer(429, "", { "retry-after": "90" }))
      assert.include(limited.message, "too many requests (429); try again in 1m 30s")
    })
  )

  it.effect.each(["x-request-id", "x-amzn-requestid", "apigw-requestid", "x-amz-request-id", "x-amz-cf-id", "cf-ray"])(
    "with the request id of %s",
    (name) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* refused(answer(500, "", { [name]: "req_1" }))).response?.requestId, "req_1")
      })
  )

  it.effect("with the server's own request id before the gateway's", () =>
    Effect.gen(function* () {
      const { response } = yield* refused(answer(500, "", { "cf-ray": "gateway", "x-request-id": "server" }))
      assert.strictEqual(response?.requestId, "server")
    })
  )

  it.effect("without a request id, where there is none", () =>
    Effect.gen(function* () {
      assert.notProperty((yield* refused(answer(500))).response, "requestId")
    })
  )

  it.effect("with headers, of which secret ones are redacted", () =>
    Effect.gen(function* () {
      const secret = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "x-amz-security-token",
        "x-auth-token"
      ]
      const { response } = yield* refused(
        answer(401, "", {
          ...Object.fromEntries(secret.map((name) => [name, `x ${Canary.secret}`])),
          location: url,
          "www-authenticate": `Basic realm="api"`
        })
      )
      for (const name of secret) assert.strictEqual(response?.headers[name], "<redacted>")
      assert.strictEqual(response?.headers["location"], "https://cdn.test/a.zip?<redacted>")
      assert.strictEqual(response?.headers["www-authenticate"], `Basic realm="api"`)
    })
  )

  it.effect("with at most 64 KiB of the body", () =>
    Effect.gen(function* () {
      const { response } = yield* refused(answer(500, "x".repeat(70_000)))
      assert.strictEqual(response?.body, "x".repeat(65_536))
    })
  )

  const connections: ReadonlyArray<readonly [syscall: string, code: string, maybeSent: boolean]> = [
    ["connect", "ECONNREFUSED", false],
    ["connect", "EHOSTUNREACH", false],
    ["connect", "ENETUNREACH", false],
    ["connect", "ETIMEDOUT", false],
    ["getaddrinfo", "ENOTFOUND", false],
    ["getaddrinfo", "EAI_AGAIN", false],
    ["read", "EHOSTUNREACH", true],
    ["read", "ENETUNREACH", true],
    ["read", "ENETDOWN", true],
    ["read", "ETIMEDOUT", true],
    ["read", "ECONNRESET", true],
    ["write", "EHOSTUNREACH", true],
    ["write", "EPIPE", true]
  ]

  it.effect.each(connections)("ConnectionFailed for %s %s (may have been sent: %s)", ([syscall, code, maybeSent]) =>
    Effect.gen(function* () {
      const message = `${syscall} ${code} 127.0.0.1:443`
      const error = yield* refused(FakeServer.broken(code, { syscall, message }))
      assert(error.reason._tag === "ConnectionFailed")
      assert.deepInclude(error.reason, { description: message, code, syscall, maybeSent })
      assert(error.reason.cause instanceof Error)
      assert.strictEqual(error.reason.cause.message, message)
      assert.deepStrictEqual(Object.entries(error.reason.cause).slice(-2), Object.entries({ code, syscall }))
      assert.isTrue(error.isRetryable)
      assert.isUndefined(error.response)
      assert.strictEqual(
        error.message,
        `getStatus of job_8Xv2: cannot connect: ${message}; check the network and the base URL.`
      )
    })
  )

  const socketError = FakeServer.socketError
  const refusal = socketError("ECONNREFUSED", { syscall: "connect" })
  const fetchFailed = (cause: unknown) => new TypeError("fetch failed", { cause })
  const undici = (code: string, message: string) => Object.assign(new Error(message), { code })
  const causes: ReadonlyArray<readonly [what: string, cause: unknown, maybeSent: boolean]> = [
    ["of fetch that was not connected", fetchFailed(refusal), false],
    ["of fetch that was connected", fetchFailed(socketError("EHOSTUNREACH")), true],
    [
      "of fetch that took too long to connect",
      fetchFailed(undici("UND_ERR_CONNECT_TIMEOUT", "Connect Timeout")),
      false
    ],
    ["of fetch whose host closed it", fetchFailed(undici("UND_ERR_SOCKET", "other side closed")), true],
    ["of fetch that had no answer", fetchFailed(undici("UND_ERR_HEADERS_TIMEOUT", "Headers Timeout")), true],
    [
      "to two addresses that refused it",
      Object.assign(new AggregateError([refusal, refusal]), { code: "ECONNREFUSED" }),
      false
    ],
    [
      "to two addresses, one of which was connected",
      Object.assign(new AggregateError([refusal, socketError("ECONNRESET")]), { code: "ECONNREFUSED" }),
      true
    ],
    ["to no address", new AggregateError([]), true],
    ["with a code alone", Object.assign(new Error("oh"), { code: "ECONNREFUSED" }), true],
    ["without a code", new Error("oh"), true],
    ["without an error", "oh", true]
  ]

  it.effect.each(causes)("ConnectionFailed for a connection %s", ([, cause, maybeSent]) =>
    Effect.gen(function* () {
      const { reason } = yield* refused(FakeServer.brokenBy(cause))
      assert(reason._tag === "ConnectionFailed")
      assert.strictEqual(reason.maybeSent, maybeSent)
    })
  )

  it.effect("with the errors behind it as causes, and as JSON", () =>
    Effect.gen(function* () {
      const inner = socketError("ECONNRESET", { message: `read ECONNRESET ${url}` })
      const error = yield* refused(FakeServer.brokenBy(fetchFailed(inner)))
      assert(error.reason._tag === "ConnectionFailed" && error.reason.cause instanceof Error)
      assert.deepInclude(error.reason, { code: "ECONNRESET", syscall: "read" })
      assert.strictEqual(error.reason.cause.message, "fetch failed")
      assert(error.reason.cause.cause instanceof Error)
      assert.strictEqual(error.reason.cause.cause.message, "read ECONNRESET https://cdn.test/a.zip?<redacted>")
      assert.include(Cause.pretty(Cause.fail(error)), "fetch failed")
      Leaks.assertNone(error)

      const json = yield* Schema.encodeEffect(Schema.toCodecJson(ApiError.ApiError))(error)
      Leaks.assertNone(json)
      assert.include(JSON.stringify(json), `"code":"ECONNRESET"`)
      const decoded = yield* Schema.decodeEffect(Schema.toCodecJson(ApiError.ApiError))(json)
      assert.strictEqual(decoded.message, error.message)
    })
  )

  it.effect("UntrustedHost with the code of TLS", () =>
    Effect.gen(function* () {
      const cause = undici("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate")
      const { reason } = yield* refused(FakeServer.brokenBy(fetchFailed(cause)))
      assert(reason._tag === "UntrustedHost")
      assert.strictEqual(reason.code, "DEPTH_ZERO_SELF_SIGNED_CERT")
      assert.notProperty(reason, "syscall")
    })
  )

  it.effect("ConnectionFailed for a body that breaks", () =>
    Effect.gen(function* () {
      const error = yield* refused(FakeServer.brokenBody)
      assert(error.reason._tag === "ConnectionFailed")
      assert.isTrue(error.reason.maybeSent)
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
