/** Why a call failed, for every status and every way to have no answer. */
import { assert, describe, it } from "@effect/vitest"
import { ApiError } from "@scenario-assets/core"
import { Cause, Effect, Schema } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Leaks from "./Leaks.ts"
import { jobId, assetId, url, operations, all } from "./Operations.ts"

const { answer, connect } = FakeServer

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
