import { assert, describe, it } from "@effect/vitest"
import { Asset, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Cause, Effect, Logger, Redacted, References, Tracer } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as Spans from "../../../test-support/Spans.ts"
import * as FakeServer from "./FakeServer.ts"
import * as Leaks from "./Leaks.ts"

const { answer, connect } = FakeServer

const jobId = Asset.JobId.make("job_a")
const assetId = Asset.AssetId.make("asset_a")
const signed = `https://cdn.test/a.zip?Policy=abc&Signature=${Canary.signature}&Key-Pair-Id=K1`

const calls: ReadonlyArray<readonly [operation: keyof FakeServer.Api, call: FakeServer.Call]> = [
  [
    "requestBatch",
    (api) =>
      Effect.flatMap(Effect.orDie(Selection.make({ assetIds: [assetId] })), (selection) =>
        api.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
      )
  ],
  ["getStatus", (api) => api.getStatus(jobId)],
  ["request", (api) => api.request(assetId, { targetFormat: "png" })]
]

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&#60;", '"': "&#x22;" }

/** A secret whose every form differs: as it is, in JSON, in a URL. */
const awkward = `${Canary.secret}/+"\\&<~`

describe("AssetDownload keeps secrets that a server repeats out of its errors", () => {
  const credentials = {
    "key and secret": {
      config: { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) },
      secrets: [Canary.key, Canary.secret, Canary.basic]
    },
    "a key that holds the secret": {
      config: { apiKey: Redacted.make(`${Canary.key}-${Canary.secret}`), apiSecret: Redacted.make(Canary.secret) },
      secrets: [`${Canary.key}-${Canary.secret}`, Canary.secret]
    },
    "a secret that holds the key": {
      config: { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(`${Canary.key}+${Canary.secret}`) },
      secrets: [Canary.key, `${Canary.key}+${Canary.secret}`]
    },
    "an awkward secret": {
      config: { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(awkward) },
      secrets: [awkward, Buffer.from(`${Canary.key}:${awkward}`).toString("base64")]
    },
    "a bearer token": { config: { bearerToken: Redacted.make(Canary.secret) }, secrets: [Canary.secret] }
  }

  const forms: Readonly<Record<string, (secret: string) => string>> = {
    text: (secret) => `The key ${secret} is not known`,
    JSON: (secret) => JSON.stringify({ message: `The key ${secret} is not known`, infos: { credentials: [secret] } }),
    "JSON with escaped slashes": (secret) => JSON.stringify({ message: secret }).replaceAll("/", "\\/"),
    "JSON with escaped signs": (secret) =>
      JSON.stringify({ message: secret }).replace(/[&<+]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    "a URL": (secret) => `POST /login?next=a&key=${encodeURIComponent(secret)}&b=c`,
    "a URL in lower case": (secret) =>
      `/login?key=${encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())}`,
    HTML: (secret) => `<p>Wrong key: ${secret.replace(/[&<"]/g, (sign) => entities[sign] ?? sign)}</p>`
  }

  const cases = Object.entries(credentials).flatMap(([kind, { config, secrets }]) =>
    secrets.flatMap((secret) => Object.entries(forms).map(([form, repeat]) => ({ kind, config, secret, form, repeat })))
  )

  it.effect.each(cases)("$kind in $form", ({ config, repeat, secret }) =>
    Effect.gen(function* () {
      const text = repeat(secret)
      for (const [status, headers] of [
        [401, { "x-request-id": text, "www-authenticate": text, "x-echo": text }],
        [500, {}],
        [200, {}]
      ] as const) {
        const api = yield* connect(FakeServer.make(answer(status, text, headers)), { config, retries: 0 })
        const error = yield* Effect.flip(api.getStatus(jobId))
        const { response } = error
        assert(response?.status === status)
        assert.include(response.body, "<redacted>")
        for (const kept of [response.body, ...Object.values(response.headers)]) assert.notInclude(kept, "+")
        Leaks.assertNone(error)
      }
    })
  )

  it.effect("a short secret goes as a whole word, and a letter garbles nothing", () =>
    Effect.gen(function* () {
      const config = { apiKey: Redacted.make("a"), apiSecret: Redacted.make("zx81") }
      const message = "a bad key at a zx8100, zx81"
      const api = yield* connect(FakeServer.make(answer(401, { message })), { config })
      const error = yield* Effect.flip(api.getStatus(jobId))
      assert.include(error.message, `"a bad key at a zx8100, <redacted>"`)
    })
  )

  it.effect("in a job's further fields", () =>
    Effect.gen(function* () {
      const body = { jobId, jobStatus: "failure", error: `${Canary.key}:${Canary.secret}`, list: [{ signed }] }
      const job = yield* (yield* connect(FakeServer.make(answer(200, body)))).getStatus(jobId)
      assert.deepStrictEqual(job.details, {
        error: "<redacted>:<redacted>",
        list: [{ signed: "https://cdn.test/a.zip?<redacted>" }]
      })
      Leaks.assertNone(job)
    })
  )

  it.effect.each<readonly [code: string, reason: string]>([
    ["ERR_INVALID_CHAR", "InvalidRequest"],
    ["ECONNRESET", "ConnectionFailed"]
  ])("in the failure of a connection: %s", ([code, reason]) =>
    Effect.gen(function* () {
      const broken = FakeServer.broken(code, { message: `Invalid value "Basic ${Canary.basic}" for ${signed}` })
      const error = yield* Effect.flip((yield* connect(FakeServer.make(broken), { retries: 0 })).getStatus(jobId))
      assert.strictEqual(error.reason._tag, reason)
      assert.include(error.message, `Invalid value "Basic <redacted>" for https://cdn.test/a.zip?<redacted>`)
      assert("cause" in error.reason && error.reason.cause instanceof Error)
      assert.include(error.reason.cause.stack, "Basic <redacted>")
      Leaks.assertNone(error, error.reason.cause)
    })
  )

  it.effect("beyond what is kept of a body", () =>
    Effect.gen(function* () {
      const text = "x".repeat(65_530) + Canary.secret
      const error = yield* Effect.flip((yield* connect(FakeServer.make(answer(404, text)))).getStatus(jobId))
      assert.strictEqual(error.response?.body, `${"x".repeat(65_530)}<redac`)
    })
  )

  it.effect("and signed URLs too", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        (yield* connect(FakeServer.make(answer(400, { message: `no: ${signed}` })))).getStatus(jobId)
      )
      assert.include(error.message, `"no: https://cdn.test/a.zip?<redacted>"`)
      Leaks.assertNone(error)
    })
  )
})

describe("AssetDownload tells traces and logs", () => {
  /** Runs a call, and gives its spans, what was logged, and how it ended. */
  const observe = Effect.fnUntraced(function* (
    call: FakeServer.Call,
    ...answers: readonly [FakeServer.Answer, ...ReadonlyArray<FakeServer.Answer>]
  ) {
    const { spans, tracer } = Spans.recorder()
    const logs: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
    const lines: Array<string> = []
    const loggers = [
      Logger.make<unknown, void>((options) => {
        logs.push({ message: options.message, annotations: options.fiber.getRef(References.CurrentLogAnnotations) })
      }),
      ...[Logger.formatJson, Logger.formatLogFmt].map((format) => Logger.map(format, (line) => void lines.push(line)))
    ]
    const server = FakeServer.make(...answers)
    const exit = yield* Effect.flatMap(connect(server, { backoffBase: 0 }), call).pipe(
      Effect.exit,
      Effect.provide(Logger.layer(loggers)),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.provideService(Tracer.Tracer, tracer)
    )
    return { exit, lines, logs, server, spans }
  })

  const right = answer(200, { jobId, jobStatus: "success", url: signed, downloadUrl: signed })
  const attributes = {
    requestBatch: { "scenario.batch.size": 1, "scenario.job.id": jobId },
    getStatus: { "scenario.job.id": jobId },
    request: { "scenario.asset.id": assetId, "scenario.target.format": "png" }
  }
  const annotations = {
    requestBatch: { operation: "requestBatch" },
    getStatus: { operation: "getStatus", jobId },
    request: { operation: "request", assetId }
  }

  it.effect.each(calls)("the operation and the ids of %s", ([name, call]) =>
    Effect.gen(function* () {
      const { logs, spans } = yield* observe(call, answer(503), right)

      const [span, ...attempts] = spans
      assert(span?.name === `AssetDownload.${name}`)
      assert.deepStrictEqual(Object.fromEntries(span.attributes), attributes[name])
      assert.deepStrictEqual(
        attempts.map((attempt) => [attempt.kind, attempt.attributes.get("http.response.status_code")]),
        [
          ["client", 503],
          ["client", 200]
        ]
      )

      assert.lengthOf(logs, name === "requestBatch" ? 2 : 1, "a job that is begun is told")
      assert.deepStrictEqual(logs[0]?.annotations, annotations[name])
      assert.deepStrictEqual(logs[0]?.message, [
        `${name} failed and is tried again: the server failed (503); try again later`
      ])
    })
  )

  const echo = answer(
    500,
    { message: `${Canary.key}:${Canary.secret} ${Canary.basic} ${signed}` },
    { "x-echo": signed }
  )
  const endings: ReadonlyArray<{
    readonly how: string
    readonly answers: readonly [FakeServer.Answer, ...ReadonlyArray<FakeServer.Answer>]
  }> = [
    { how: "success", answers: [right] },
    { how: "retries", answers: [answer(429, signed), right] },
    { how: "a refusal", answers: [echo] },
    { how: "a redirect", answers: [answer(302, "", { location: signed })] },
    { how: "a wrong answer", answers: [answer(200, `<a href="${signed}">`)] },
    { how: "a broken connection", answers: [FakeServer.broken("ECONNRESET")] }
  ]

  it.effect.each(calls.flatMap(([operation, call]) => endings.map((ending) => ({ operation, call, ...ending }))))(
    "no secret ($operation, $how)",
    ({ answers, call }) =>
      Effect.gen(function* () {
        const { exit, lines, logs, server, spans } = yield* observe(call, ...answers)
        assert.include(server.received[0]?.headers["authorization"], Canary.basic)
        assert.isNotEmpty(spans)
        for (const { attributes, events, name, status } of spans) {
          Leaks.assertNone(name, [...attributes], events)
          assert.strictEqual(status._tag, "Ended")
          if (status._tag === "Ended" && status.exit._tag === "Failure") {
            Leaks.assertNone(Cause.pretty(status.exit.cause), status.exit)
          }
        }
        Leaks.assertNone(lines.join("\n"), logs, exit)
      })
  )
})
