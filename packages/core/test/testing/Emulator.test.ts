import { assert, describe, it } from "@effect/vitest"
import { SignedUrl } from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, JobScript } from "@scenario-assets/core/testing"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpMethod from "effect/http/HttpMethod"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

const layer = (options?: Emulator.Options) => EmulatorHttpClient.layer.pipe(Layer.provideMerge(Emulator.layer(options)))

const basic = (username: string, password: string) => HttpClientRequest.basicAuth(username, password)
const withKey = basic("emulator", "emulator-secret")

const Body = Schema.Struct({
  jobId: Schema.optionalKey(Schema.String),
  jobStatus: Schema.optionalKey(Schema.String),
  downloadUrl: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String),
  error: Schema.optionalKey(Schema.String),
  apiError: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  infos: Schema.optionalKey(Schema.JsonObject)
})
const decodeBody = Schema.decodeUnknownEffect(Schema.fromJsonString(Body))

const call = Effect.fnUntraced(function* (
  method: HttpMethod.HttpMethod,
  path: string,
  options: { readonly auth?: typeof withKey; readonly body?: unknown; readonly text?: string } = {}
) {
  const { config } = yield* Emulator.Emulator
  const request = HttpClientRequest.make(method)(`${config.apiUrl}${path}`).pipe(
    options.auth ?? withKey,
    options.text === undefined
      ? options.body === undefined
        ? (self) => self
        : HttpClientRequest.bodyJsonUnsafe(options.body)
      : HttpClientRequest.bodyText(options.text, "application/json")
  )
  const response = yield* HttpClient.execute(request)
  return { status: response.status, ...(yield* decodeBody(yield* response.text)) }
})

const query = { assetIds: [], inferenceIds: [], modelIds: [] }
const options = { fileNameTemplate: "<generator>-<prompt>-<num>-<seed>" }

const requestBatch = (ids: Partial<Record<keyof typeof query, ReadonlyArray<string>>>) =>
  call("POST", "/assets/download", { body: { options, query: { ...query, ...ids } } })
const getStatus = (jobId: string | undefined) => call("GET", `/assets/download/${jobId}`)
const request = (assetId: string, body: unknown) => call("POST", `/assets/${assetId}/download`, { body })

/** As the storage client asks: without credentials, without trace headers. */
const fetchFrom = (url: string | undefined, headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") =>
  HttpClientRequest.make(method)(url ?? "").pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClient.execute,
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )

const bytesOf = (url: string | undefined, headers?: Record<string, string>) =>
  Effect.flatMap(fetchFrom(url, headers), (response) =>
    Effect.map(response.arrayBuffer, (buffer) => new Uint8Array(buffer))
  )

/** A finished job of the first model. */
const finishedJob = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const { jobId } = yield* requestBatch({ modelIds: [catalogue.models[0]?.id ?? ""] })
  yield* TestClock.adjust("1 minute")
  return yield* getStatus(jobId)
})

describe("the API", () => {
  it.effect("takes key and secret, or the token, and nothing else", () =>
    Effect.gen(function* () {
      const status = (auth: typeof withKey) =>
        Effect.map(call("GET", "/assets/download/job_x", { auth }), (answer) => answer.status)
      assert.strictEqual(yield* status(withKey), 404)
      assert.strictEqual(yield* status(HttpClientRequest.bearerToken("emulator-token")), 404)
      for (const wrong of [
        basic("emulator", "wrong"),
        basic("wrong", "emulator-secret"),
        basic("", ""),
        HttpClientRequest.bearerToken("wrong"),
        HttpClientRequest.setHeader("authorization", "Basic ???"),
        HttpClientRequest.setHeader("x-api-key", "emulator")
      ]) {
        const answer = yield* call("GET", "/assets/download/job_x", { auth: wrong })
        assert.deepStrictEqual(answer, { status: 401, message: "Unauthorized" })
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("takes the credentials it was told", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* call("GET", "/assets/download/job_x", { auth: basic("a", "b:c") })).status, 404)
      assert.strictEqual((yield* call("GET", "/assets/download/job_x")).status, 401)
    }).pipe(Effect.provide(layer({ credentials: { key: "a", secret: "b:c" } })))
  )

  it.effect("takes any project, or one alone", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const id = catalogue.assets[0]?.id
      const asked = (project: string) => call("POST", `/assets/${id}/download${project}`, { body: {} })
      const statuses = [yield* asked(""), yield* asked("?projectId=proj_1"), yield* asked("?projectId=proj_2")]
      assert.deepStrictEqual(
        statuses.map((answer) => answer.status),
        [200, 200, 403]
      )
      assert.strictEqual((yield* call("GET", "/assets/download/job_x?projectId=proj_2")).status, 403)
    }).pipe(Effect.provide(layer({ projectId: "proj_1" })))
  )

  it.effect("wants all three arrays, a template and JSON", () =>
    Effect.gen(function* () {
      const post = (body: unknown) => call("POST", "/assets/download", { body })
      for (const wrong of [
        { options, query: { assetIds: ["asset_1"] } },
        { options, query: { assetIds: ["asset_1"], inferenceIds: [] } },
        { options, query: { ...query, modelIds: null } },
        { options: {}, query },
        { query },
        {},
        []
      ]) {
        const answer = yield* post(wrong)
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(answer.apiError, "BadRequest")
        assert.deepStrictEqual(answer.infos, { part: "Payload" })
      }
      assert.strictEqual((yield* call("POST", "/assets/download", { text: "{" })).status, 400)
      assert.strictEqual((yield* post({ options, query })).error, "Nothing is selected")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("takes 1000 ids and not one more", () =>
    Effect.gen(function* () {
      const ids = (count: number) => Array.from({ length: count }, (_, index) => `asset_${index}`)
      assert.strictEqual((yield* requestBatch({ assetIds: ids(1000) })).status, 200)
      const answer = yield* requestBatch({ assetIds: ids(999), inferenceIds: ["inf_1"], modelIds: ["model_1"] })
      assert.deepStrictEqual(answer, {
        status: 400,
        error: "Batch limited to 1000 assets",
        apiError: "BadRequest",
        infos: { size: 1001, limit: 1000 }
      })
    }).pipe(Effect.provide(layer({ catalogue: { anyId: true } })))
  )

  it.effect("does not know every id, job or path", () =>
    Effect.gen(function* () {
      const answer = yield* requestBatch({ assetIds: ["asset_x"], inferenceIds: ["inf_x"], modelIds: ["model_x"] })
      assert.deepStrictEqual([answer.status, answer.infos], [404, { ids: ["asset_x", "inf_x", "model_x"] }])
      assert.strictEqual((yield* getStatus("job_x")).status, 404)
      assert.strictEqual((yield* request("asset_x", {})).status, 404)
      assert.strictEqual((yield* call("GET", "/models")).status, 404)
      assert.strictEqual((yield* call("DELETE", "/assets/download/job_x")).status, 404)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("gives pictures as PNG and landscapes as OBJ, and converts to nothing else", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const id = (kind: string) => catalogue.assets.find((asset) => asset.kind === kind)?.id ?? ""
      for (const [kind, targetFormat, type] of [
        ["image", "png", "image/png"],
        ["3d", "obj", "model/obj"]
      ] as const) {
        for (const body of [{}, { targetFormat }]) {
          const response = yield* fetchFrom((yield* request(id(kind), body)).url)
          assert.deepStrictEqual([response.status, response.headers["content-type"]], [200, type])
          assert.strictEqual(String((yield* response.arrayBuffer).byteLength), response.headers["content-length"])
        }
      }
      const images = ["jpg", "jpeg", "gif", "svg", "webp", "obj"].map((format) => ["image", format] as const)
      for (const [kind, targetFormat] of [...images, ["3d", "png"], ["3d", "glb"]] as const) {
        const answer = yield* request(id(kind), { targetFormat })
        assert.deepStrictEqual([answer.status, answer.error], [400, "Invalid target format"])
      }
      assert.strictEqual((yield* request(id("image"), { targetFormat: "bmp" })).status, 400)
    }).pipe(Effect.provide(layer()))
  )
})

describe("jobs", () => {
  const looks = Effect.fnUntraced(function* (modelId: string, times: number, step: Duration.Input) {
    const { jobId } = yield* requestBatch({ modelIds: [modelId] })
    const states: Array<string> = []
    for (let i = 0; i < times; i++) {
      const { downloadUrl, error, jobStatus, status } = yield* getStatus(jobId)
      states.push([jobStatus ?? status, downloadUrl && "url", error].filter((part) => part !== undefined).join(" "))
      yield* TestClock.adjust(step)
    }
    return states
  })

  it.effect("go the usual way at the usual pace", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const states = yield* looks(catalogue.models[0]?.id ?? "", 6, "500 millis")
      assert.deepStrictEqual(states, ["queued", "queued", "in-progress", "in-progress", "success url", "success url"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("go at the pace that was chosen", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const states = yield* looks(catalogue.models[0]?.id ?? "", 4, "1 hour")
      assert.deepStrictEqual(states, ["pending", "warming-up", "warming-up", "success url"])
    }).pipe(Effect.provide(layer({ job: { states: ["pending", "warming-up", "warming-up"], pace: "1 hour" } })))
  )

  it.effect("may be finished at once", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      assert.deepStrictEqual(yield* looks(catalogue.models[0]?.id ?? "", 1, 0), ["success url"])
    }).pipe(Effect.provide(layer({ job: { pace: 0 } })))
  )

  it.effect("go special ways for special models", () =>
    Effect.gen(function* () {
      const ways = {
        fails: ["queued", "in-progress", "failure The archive could not be made: out of disk space"],
        canceled: ["queued", "in-progress", "canceled"],
        unknownState: ["queued", "gathering-stardust", "in-progress", "success url"],
        lateUrl: ["queued", "in-progress", "success", "success", "success url"],
        withoutUrl: ["queued", "in-progress", ...Array<string>(10).fill("success")],
        lateJob: ["404 Unknown job", "404 Unknown job", "success url"],
        slow: ["queued", ...Array<string>(19).fill("in-progress"), "success url"]
      }
      for (const [name, modelId] of Object.entries(JobScript.specialModels)) {
        const expected = Object.entries(ways).find(([way]) => way === name)?.[1] ?? []
        assert.deepStrictEqual(yield* looks(modelId, expected.length, "1 second"), expected, name)
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("follow the scripts that were given, one a job", () =>
    Effect.gen(function* () {
      const { catalogue, scriptJobs } = yield* Emulator.Emulator
      const model = catalogue.models[0]?.id ?? ""
      yield* scriptJobs(
        { outcome: "failure", details: { error: "no" } },
        { states: [], looksNotFound: 1, looksWithoutUrl: 1 }
      )
      assert.deepStrictEqual(yield* looks(model, 1, 0), ["failure no"])
      assert.deepStrictEqual(yield* looks(model, 3, 0), ["404 Unknown job", "success", "success url"])
      assert.deepStrictEqual(yield* looks(model, 1, 0), ["success url"])
    }).pipe(Effect.provide(layer({ job: { pace: 0 } })))
  )

  it.effect("have ids in the documented shape, of their own in every emulator", () =>
    Effect.gen(function* () {
      const id = Effect.map(
        Effect.provide(requestBatch({ modelIds: ["model_slow"] }), layer()),
        ({ jobId }) => jobId ?? ""
      )
      const first = yield* id
      assert.match(first, /^job_[0-9A-Za-z]{24}$/)
      assert.strictEqual(yield* id, first)
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual(yield* id, first)
    })
  )
})

describe("the catalogue", () => {
  it.effect("has ids in the documented shapes, and awkward prompts", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      assert.isTrue(catalogue.models.length >= 4 && catalogue.assets.length >= 32)
      assert.isTrue(catalogue.models.every(({ id }) => /^model_\w+$/.test(id)))
      assert.isTrue(catalogue.inferences.every(({ id }) => /^inf_[0-9A-Za-z]{24}$/.test(id)))
      assert.isTrue(catalogue.assets.every(({ id }) => /^asset_[0-9A-Za-z]{24}$/.test(id)))
      assert.strictEqual(new Set(catalogue.assets.map(({ id }) => id)).size, catalogue.assets.length)
      const some = (test: (prompt: string) => boolean) =>
        assert.isTrue(catalogue.assets.some(({ prompt }) => test(prompt)))
      some((prompt) => prompt.includes("/"))
      some((prompt) => prompt.length > 255)
      some((prompt) => /\p{Script=Han}/u.test(prompt))
      assert.isTrue(catalogue.assets.some(({ kind }) => kind === "3d"))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("is as large as one wants", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      assert.isTrue(catalogue.inferences.every(({ assets }) => assets.length === 30))
      assert.strictEqual(catalogue.models[0]?.inferences.length, 5)
    }).pipe(Effect.provide(layer({ catalogue: { inferencesPerModel: 5, assetsPerInference: 30 } })))
  )

  it.effect("gives each asset of a selection once", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const [model] = catalogue.models
      const [inference] = model?.inferences ?? []
      const [asset] = inference?.assets ?? []
      assert.isDefined(model)
      assert.isDefined(inference)
      assert.isDefined(asset)
      const { assets } = catalogue.select({ assetIds: [asset.id], inferenceIds: [inference.id], modelIds: [model.id] })
      assert.strictEqual(assets.length, 8)
    }).pipe(Effect.provide(layer()))
  )
})

describe("signed URLs", () => {
  it.effect("are fresh every time, begin with the prefix, and say when they end", () =>
    Effect.gen(function* () {
      const { jobId, downloadUrl: first = "" } = yield* finishedJob
      const { downloadUrl: second = "" } = yield* getStatus(jobId)
      assert.notStrictEqual(first, second)
      for (const url of [first, second]) {
        assert.strictEqual(new URL(url).origin, "https://storage.emulator.test")
        assert.isTrue(new URL(url).searchParams.get("Signature")?.startsWith("CANARY"))
        const expiry = SignedUrl.expiresAt(signedUrl(url))
        assert.deepStrictEqual(Option.map(expiry, DateTime.toEpochMillis), Option.some(60_000 + 10_000))
      }
    }).pipe(Effect.provide(layer({ urlLifetime: "10 seconds", signaturePrefix: "CANARY" })))
  )

  it.effect("end by the clock, for requests that begin after it", () =>
    Effect.gen(function* () {
      const { downloadUrl } = yield* finishedJob
      const running = yield* fetchFrom(downloadUrl)
      yield* TestClock.adjust(Duration.subtract(Duration.minutes(15), Duration.millis(1)))
      assert.strictEqual((yield* fetchFrom(downloadUrl)).status, 200)
      yield* TestClock.adjust("1 millis")
      const refused = yield* fetchFrom(downloadUrl)
      assert.strictEqual(refused.status, 403)
      assert.strictEqual(refused.headers["content-type"], "application/xml")
      assert.include(yield* refused.text, "<Code>AccessDenied</Code>")
      assert.strictEqual(String((yield* running.arrayBuffer).byteLength), running.headers["content-length"])
    }).pipe(Effect.provide(layer()))
  )

  it.effect("end when one says so", () =>
    Effect.gen(function* () {
      const { downloadUrl, jobId } = yield* finishedJob
      const { expireUrls } = yield* Emulator.Emulator
      yield* expireUrls
      assert.strictEqual((yield* fetchFrom(downloadUrl)).status, 403)
      assert.strictEqual((yield* fetchFrom((yield* getStatus(jobId)).downloadUrl)).status, 200)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("are no good when anything of them is altered", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const { url = "" } = yield* request(catalogue.assets[0]?.id ?? "", { targetFormat: "png" })
      const altered = (change: (url: URL) => void) => {
        const copy = new URL(url)
        change(copy)
        return copy.href
      }
      const names = ["format", "Policy", "Signature", "Key-Pair-Id"]
      for (const wrong of [
        ...names.map((name) => altered(({ searchParams }) => searchParams.delete(name))),
        ...names.map((name) => altered(({ searchParams }) => searchParams.set(name, `${searchParams.get(name)}x`))),
        altered(({ searchParams }) => searchParams.set("format", "obj")),
        altered(({ searchParams }) => searchParams.append("more", "1")),
        altered((copy) => (copy.pathname = `/assets-transform/${catalogue.assets[1]?.id}`)),
        altered((copy) => (copy.pathname = "/"))
      ]) {
        assert.strictEqual((yield* fetchFrom(wrong)).status, 403, wrong)
      }
      assert.strictEqual((yield* fetchFrom(url)).status, 200)
    }).pipe(Effect.provide(layer()))
  )
})

describe("the storage host", () => {
  it.effect("gives the archive whole, and by ranges", () =>
    Effect.gen(function* () {
      const { downloadUrl } = yield* finishedJob
      const response = yield* fetchFrom(downloadUrl)
      const whole = new Uint8Array(yield* response.arrayBuffer)
      const size = whole.length
      assert.strictEqual(response.headers["content-type"], "application/zip")
      assert.strictEqual(response.headers["accept-ranges"], "bytes")
      assert.match(response.headers["etag"] ?? "", /^"\w+"$/)
      for (const [range, from, to] of [
        ["bytes=0-0", 0, 1],
        ["bytes=10-99999", 10, 100_000],
        ["bytes=100-", 100, size],
        ["bytes=-7", size - 7, size],
        [`bytes=-${size + 5}`, 0, size],
        [`bytes=5-${size + 5}`, 5, size]
      ] as const) {
        const part = yield* fetchFrom(downloadUrl, { range })
        assert.strictEqual(part.status, 206)
        assert.strictEqual(part.headers["content-range"], `bytes ${from}-${to - 1}/${size}`)
        assert.strictEqual(part.headers["content-length"], `${to - from}`)
        assert.deepStrictEqual(new Uint8Array(yield* part.arrayBuffer), whole.slice(from, to))
      }
      for (const range of [`bytes=${size}-`, "bytes=-0"]) {
        const refused = yield* fetchFrom(downloadUrl, { range })
        assert.deepStrictEqual([refused.status, refused.headers["content-range"]], [416, `bytes */${size}`])
      }
      for (const range of ["bytes=0-1,5-6", "bytes=5-1", "bytes=-", "bytes=a-b", "lines=1-2"]) {
        assert.strictEqual((yield* fetchFrom(downloadUrl, { range })).status, 200)
      }
    }).pipe(Effect.provide(layer()))
  )

  it.effect("looks at validators", () =>
    Effect.gen(function* () {
      const { downloadUrl } = yield* finishedJob
      const { headers } = yield* fetchFrom(downloadUrl, {}, "HEAD")
      const { etag = "", "last-modified": lastModified = "" } = headers
      const status = (more: Record<string, string>) =>
        Effect.map(fetchFrom(downloadUrl, more), (response) => response.status)
      const range = "bytes=1-2"
      assert.strictEqual(yield* status({ range, "if-range": etag }), 206)
      assert.strictEqual(yield* status({ range, "if-range": lastModified }), 206)
      assert.strictEqual(yield* status({ range, "if-range": `W/${etag}` }), 200)
      assert.strictEqual(yield* status({ range, "if-range": `"other"` }), 200)
      assert.strictEqual(yield* status({ "if-none-match": etag }), 304)
      assert.strictEqual(yield* status({ "if-none-match": `"other", W/${etag}` }), 304)
      assert.strictEqual(yield* status({ "if-none-match": `"other"` }), 200)
      assert.strictEqual(yield* status({ "if-match": `"other", ${etag}` }), 200)
      assert.strictEqual(yield* status({ "if-match": "*" }), 200)
      assert.strictEqual(yield* status({ "if-match": `"other"` }), 412)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("answers HEAD without a body, and no other method than GET", () =>
    Effect.gen(function* () {
      const { downloadUrl } = yield* finishedJob
      const size = (yield* bytesOf(downloadUrl)).length
      const head = yield* fetchFrom(downloadUrl, {}, "HEAD")
      assert.deepStrictEqual([head.status, head.headers["content-length"]], [200, `${size}`])
      assert.strictEqual((yield* head.arrayBuffer).byteLength, 0)
      const post = yield* HttpClient.post(downloadUrl ?? "").pipe(
        Effect.provideService(HttpClient.TracerPropagationEnabled, false)
      )
      assert.strictEqual(post.status, 405)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("wants nothing that belongs to the API, and records it", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const { downloadUrl } = yield* finishedJob
      for (const name of ["authorization", "cookie", "x-api-key", "traceparent", "b3"]) {
        const refused = yield* fetchFrom(downloadUrl, { [name]: "x" })
        assert.strictEqual(refused.status, 400, name)
        assert.include(yield* refused.text, "Only one auth mechanism allowed")
        assert.strictEqual((yield* emulator.requests).at(-1)?.headers[name], "x")
      }
      // A client with Effect's defaults is caught.
      assert.strictEqual((yield* HttpClient.get(downloadUrl ?? "")).status, 400)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("gives archives of a chosen size", () =>
    Effect.gen(function* () {
      const { scriptJobs } = yield* Emulator.Emulator
      assert.strictEqual((yield* bytesOf((yield* finishedJob).downloadUrl)).length, 5_000_000)
      yield* scriptJobs({ archive: { size: 20 * 2 ** 30, entries: 10 } })
      const { downloadUrl } = yield* finishedJob
      assert.strictEqual((yield* fetchFrom(downloadUrl, {}, "HEAD")).headers["content-length"], `${20 * 2 ** 30}`)
      assert.strictEqual(
        (yield* bytesOf(downloadUrl, { range: `bytes=${19 * 2 ** 30}-${19 * 2 ** 30 + 9}` })).length,
        10
      )
    }).pipe(Effect.provide(layer({ archive: { size: 5_000_000, entries: 10 } })))
  )
})

describe("the record", () => {
  it.effect("has every request in order, with target, path, headers and time", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const { downloadUrl = "" } = yield* finishedJob
      yield* fetchFrom(downloadUrl, { range: "bytes=0-1" })
      yield* request("asset_x", {})
      yield* call("GET", "/elsewhere?x=1")
      const requests = yield* emulator.requests
      assert.deepStrictEqual(
        requests.map(({ method, target, time }) => [method, target, time]),
        [
          ["POST", "requestBatch", 0],
          ["GET", "getStatus", 60_000],
          ["GET", "storage", 60_000],
          ["POST", "request", 60_000],
          ["GET", "unknown", 60_000]
        ]
      )
      assert.strictEqual(requests[2]?.path, downloadUrl.replace("https://storage.emulator.test", ""))
      assert.deepStrictEqual({ ...requests[2]?.headers }, { range: "bytes=0-1" })
      assert.strictEqual(requests[4]?.path, "/v1/elsewhere?x=1")
    }).pipe(Effect.provide(layer()))
  )
})
