import { assert, describe, it } from "@effect/vitest"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

const layer = EmulatorHttpClient.layer.pipe(Layer.provideMerge(Emulator.layer({ job: { pace: 0 } })))

/** A look at a job that is not there: 404 unless a fault comes. */
const look = Effect.gen(function* () {
  const { config } = yield* Emulator.Emulator
  return yield* HttpClientRequest.get(`${config.apiUrl}/assets/download/job_x`).pipe(
    HttpClientRequest.basicAuth(config.credentials.key, config.credentials.secret),
    HttpClient.execute
  )
})
const lookStatus = Effect.map(look, (response) => response.status)

const pngUrl = Effect.gen(function* () {
  const { catalogue, config } = yield* Emulator.Emulator
  const response = yield* HttpClientRequest.post(`${config.apiUrl}/assets/${catalogue.assets[0]?.id}/download`).pipe(
    HttpClientRequest.basicAuth(config.credentials.key, config.credentials.secret),
    HttpClientRequest.bodyJsonUnsafe({}),
    HttpClient.execute
  )
  const body = yield* response.json
  return body !== null && typeof body === "object" && "url" in body && typeof body.url === "string" ? body.url : ""
})
const pngSize = 33_207

const fetchFrom = (url: string, headers: Record<string, string> = {}) =>
  HttpClientRequest.get(url).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClient.execute,
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )

/** The bytes that come, and how it ends. */
const receive = Effect.fnUntraced(function* (url: string) {
  const response = yield* fetchFrom(url)
  let bytes = 0
  const exit = yield* Effect.exit(
    Stream.runForEach(response.stream, (chunk) => Effect.sync(() => void (bytes += chunk.length)))
  )
  const ending = Exit.isSuccess(exit)
    ? "end"
    : exit.cause.reasons.map((reason) => (Cause.isFailReason(reason) ? reason.error.reason._tag : reason._tag)).join()
  return { declared: response.headers["content-length"], bytes, ending }
})

const inject = (...faults: ReadonlyArray<Fault.Fault>) =>
  Effect.flatMap(Emulator.Emulator, (emulator) => emulator.inject(...faults))

describe("faults", () => {
  it.effect("of one kind come one after the other, each as often as it says", () =>
    Effect.gen(function* () {
      yield* inject(Fault.status("getStatus", 503, { times: 2 }), Fault.status("getStatus", 429))
      const statuses = yield* Effect.replicateEffect(lookStatus, 5)
      assert.deepStrictEqual(statuses, [503, 503, 429, 404, 404])
    }).pipe(Effect.provide(layer))
  )

  it.effect("let requests pass before them, and meet no other target", () =>
    Effect.gen(function* () {
      yield* inject(
        Fault.status("getStatus", 500, { skip: 1 }),
        Fault.status("getStatus", 502, { skip: 1 }),
        Fault.status("storage", 503, { times: "always" }),
        Fault.status("requestBatch", 503, { times: "always" }),
        Fault.status("request", 503, { times: "always" })
      )
      assert.deepStrictEqual(yield* Effect.replicateEffect(lookStatus, 4), [404, 500, 502, 404])
    }).pipe(Effect.provide(layer))
  )

  it.effect("may stay until they are taken away", () =>
    Effect.gen(function* () {
      const { clearFaults } = yield* Emulator.Emulator
      yield* inject(Fault.status("getStatus", 500, { times: "always" }))
      assert.deepStrictEqual(yield* Effect.replicateEffect(lookStatus, 3), [500, 500, 500])
      yield* clearFaults
      assert.strictEqual(yield* lookStatus, 404)
    }).pipe(Effect.provide(layer))
  )

  it.effect("of different kinds come together, and a wrong answer leaves the others for later", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      yield* inject(Fault.reset("storage", 10), Fault.noETag("storage"), Fault.status("storage", 500))
      assert.strictEqual((yield* fetchFrom(url)).status, 500)
      const response = yield* fetchFrom(url)
      assert.isUndefined(response.headers["etag"])
      assert.strictEqual((yield* Effect.exit(response.arrayBuffer))._tag, "Failure")
      assert.isDefined((yield* fetchFrom(url)).headers["etag"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("may be there from the start", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Effect.replicateEffect(lookStatus, 2), [500, 404])
    }).pipe(
      Effect.provide(
        EmulatorHttpClient.layer.pipe(Layer.provideMerge(Emulator.layer({ faults: [Fault.status("getStatus", 500)] })))
      )
    )
  )

  it.effect("answer a status in the manner of the host, or as they are told", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      yield* inject(
        Fault.status("getStatus", 503),
        Fault.status("getStatus", 429, { retryAfter: "1500 millis" }),
        Fault.status("getStatus", 429, { retryAfter: "1 minute", retryAfterAs: "date" }),
        Fault.status("getStatus", 502, { body: "<p>no</p>", contentType: "text/html" }),
        Fault.status("storage", 503)
      )
      const first = yield* look
      assert.deepStrictEqual([first.status, first.headers["retry-after"]], [503, undefined])
      assert.deepStrictEqual(yield* first.json, {
        error: "A fault that was asked for",
        apiError: "Status503",
        infos: {}
      })
      assert.strictEqual((yield* look).headers["retry-after"], "2")
      assert.strictEqual((yield* look).headers["retry-after"], "Thu, 01 Jan 1970 01:01:00 GMT")
      const html = yield* look
      assert.deepStrictEqual(
        [html.status, html.headers["content-type"], yield* html.text],
        [502, "text/html", "<p>no</p>"]
      )
      assert.include(yield* (yield* fetchFrom(yield* pngUrl)).text, "<Code>Status503</Code>")
    }).pipe(Effect.provide(layer))
  )

  it.effect("wait before the answer begins", () =>
    Effect.gen(function* () {
      yield* inject(Fault.delay("getStatus", "2 seconds"), Fault.status("getStatus", 500))
      const fiber = yield* Effect.forkChild(lookStatus)
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), 500)
    }).pipe(Effect.provide(layer))
  )

  it.effect("send so many bytes a second, and no more", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      const whole = new Uint8Array(yield* (yield* fetchFrom(url)).arrayBuffer)
      yield* inject(Fault.throttle("storage", 10_000))
      const received: Array<number> = []
      const fiber = yield* Effect.flatMap(fetchFrom(url), (response) =>
        Stream.runForEach(response.stream, (chunk) => Effect.sync(() => received.push(...chunk)))
      ).pipe(Effect.forkChild)
      for (const seconds of [1, 2, 3]) {
        yield* TestClock.adjust("1 second")
        assert.strictEqual(received.length, 10_000 * seconds)
      }
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(Uint8Array.from(received), whole)
    }).pipe(Effect.provide(layer))
  )

  it.effect("answer with a page, or with half a JSON", () =>
    Effect.gen(function* () {
      yield* inject(Fault.html("getStatus"), Fault.malformedJson("getStatus"))
      const page = yield* look
      assert.deepStrictEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"])
      assert.match(yield* page.text, /^<!doctype html>/)
      const half = yield* look
      assert.deepStrictEqual([half.status, half.headers["content-type"]], [200, "application/json"])
      assert.strictEqual((yield* Effect.exit(half.json))._tag, "Failure")
    }).pipe(Effect.provide(layer))
  )

  it.effect("redirect as often as they say before the right answer comes", () =>
    Effect.gen(function* () {
      let url = yield* pngUrl
      yield* inject(Fault.redirect("storage", { hops: 3, status: 307 }))
      const statuses: Array<number> = []
      for (let response = yield* fetchFrom(url); ; response = yield* fetchFrom(url)) {
        statuses.push(response.status)
        const { location } = response.headers
        if (location === undefined) {
          assert.strictEqual((yield* response.arrayBuffer).byteLength, pngSize)
          break
        }
        assert.strictEqual(new URL(location).origin, "https://storage.emulator.test")
        url = location
      }
      assert.deepStrictEqual(statuses, [307, 302, 302, 200])
    }).pipe(Effect.provide(layer))
  )

  it.effect("redirect to where they are told, for ever if need be", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      yield* inject(
        Fault.redirect("storage", { location: "http://elsewhere.test/x" }),
        Fault.redirect("storage", { hops: Number.POSITIVE_INFINITY })
      )
      assert.strictEqual((yield* fetchFrom(url)).headers["location"], "http://elsewhere.test/x")
      let { location } = (yield* fetchFrom(url)).headers
      for (let i = 0; i < 50; i++) location = (yield* fetchFrom(location ?? "")).headers["location"]
      assert.include(location, "/hops/Infinity/assets-transform/")
    }).pipe(Effect.provide(layer))
  )

  it.effect("end a body as they say", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      const declared = `${pngSize}`
      yield* inject(
        Fault.reset("storage", 1000),
        Fault.cut("storage", 1000),
        Fault.cutUndeclared("storage", 1000),
        Fault.reset("storage", 0),
        Fault.reset("storage", pngSize * 2)
      )
      assert.deepStrictEqual(yield* receive(url), { declared, bytes: 1000, ending: "DecodeError" })
      assert.deepStrictEqual(yield* receive(url), { declared, bytes: 1000, ending: "DecodeError" })
      assert.deepStrictEqual(yield* receive(url), { declared: undefined, bytes: 1000, ending: "end" })
      assert.deepStrictEqual(yield* receive(url), { declared, bytes: 0, ending: "DecodeError" })
      assert.deepStrictEqual(yield* receive(url), { declared, bytes: pngSize, ending: "end" })
    }).pipe(Effect.provide(layer))
  )

  it.effect("declare another length", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      yield* inject(Fault.wrongLength("storage", 10), Fault.wrongLength("storage", -10))
      assert.deepStrictEqual(yield* receive(url), {
        declared: `${pngSize + 10}`,
        bytes: pngSize,
        ending: "DecodeError"
      })
      assert.deepStrictEqual(yield* receive(url), { declared: `${pngSize - 10}`, bytes: pngSize - 10, ending: "end" })
    }).pipe(Effect.provide(layer))
  )

  it.effect("stall until one goes away, before the head and within the body", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      yield* inject(Fault.stall("storage", 1000), Fault.stall("storage", 0))
      let bytes = 0
      const body = yield* Effect.forkChild(
        Effect.flatMap(fetchFrom(url), (response) =>
          Stream.runForEach(response.stream, (chunk) => Effect.sync(() => void (bytes += chunk.length)))
        )
      )
      yield* TestClock.adjust("1 day")
      const head = yield* Effect.forkChild(fetchFrom(url))
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual([body.pollUnsafe(), head.pollUnsafe(), bytes], [undefined, undefined, 1000])
      yield* Fiber.interruptAll([body, head])
      assert.strictEqual((yield* receive(url)).ending, "end")
    }).pipe(Effect.provide(layer))
  )

  it.effect("drop the connection", () =>
    Effect.gen(function* () {
      yield* inject(Fault.drop("getStatus"))
      const error = yield* Effect.flip(look)
      assert.strictEqual(error._tag === "HttpClientError" && error.reason._tag, "TransportError")
      assert.strictEqual(yield* lookStatus, 404)
    }).pipe(Effect.provide(layer))
  )

  it.effect("put another object in the place of the first, from then on", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      const first = yield* fetchFrom(url)
      yield* inject(Fault.changedETag("storage"))
      const second = yield* fetchFrom(url)
      const third = yield* fetchFrom(url)
      assert.notStrictEqual(second.headers["etag"], first.headers["etag"])
      assert.strictEqual(third.headers["etag"], second.headers["etag"])
      assert.strictEqual(second.headers["content-length"], first.headers["content-length"])
      const [a, b, c] = yield* Effect.all([first.arrayBuffer, second.arrayBuffer, third.arrayBuffer])
      assert.notDeepEqual(new Uint8Array(a), new Uint8Array(b))
      assert.deepStrictEqual(new Uint8Array(b), new Uint8Array(c))
      const range = yield* fetchFrom(url, { range: "bytes=5-", "if-range": first.headers["etag"] ?? "" })
      assert.strictEqual(range.status, 200)
    }).pipe(Effect.provide(layer))
  )

  it.effect("weaken or take away the validator", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      yield* inject(Fault.weakETag("storage", { times: 2 }), Fault.noETag("storage"))
      const { etag = "" } = (yield* fetchFrom(url)).headers
      assert.match(etag, /^W\/"\w+"$/)
      assert.strictEqual((yield* fetchFrom(url, { range: "bytes=5-", "if-range": etag })).status, 200)
      assert.isUndefined((yield* fetchFrom(url)).headers["etag"])
    }).pipe(Effect.provide(layer))
  )

  it.effect("ignore a range, or answer with another", () =>
    Effect.gen(function* () {
      const url = yield* pngUrl
      const ask = (range: string) =>
        Effect.map(fetchFrom(url, { range }), ({ headers, status }) => [status, headers["content-range"]])
      yield* inject(Fault.ignoreRange("storage"), Fault.wrongRange("storage", { times: 2 }))
      assert.deepStrictEqual(yield* ask("bytes=5-9"), [200, undefined])
      assert.deepStrictEqual(yield* ask("bytes=5-9"), [206, `bytes 0-${pngSize - 1}/${pngSize}`])
      assert.deepStrictEqual(yield* ask("bytes=0-9"), [206, `bytes 1-${pngSize - 1}/${pngSize}`])
      assert.deepStrictEqual(yield* ask("bytes=5-9"), [206, `bytes 5-9/${pngSize}`])
    }).pipe(Effect.provide(layer))
  )

  it.effect("are far from hosts that are not there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(fetchFrom("https://elsewhere.test/"))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.include(error.message, "ENOTFOUND elsewhere.test")
    }).pipe(Effect.provide(layer))
  )
})

describe("Fault.parse", () => {
  const cases: ReadonlyArray<readonly [text: string, fault: Fault.Fault]> = [
    ["storage:reset@65536", Fault.reset("storage", 65536)],
    ["storage:reset@64KiBx2,skip=1", Fault.reset("storage", 65536, { times: 2, skip: 1 })],
    ["storage:cut@1MB", Fault.cut("storage", 1_000_000)],
    ["storage:cut-undeclared@5", Fault.cutUndeclared("storage", 5)],
    ["getStatus:stall@0", Fault.stall("getStatus", 0)],
    ["storage:delay=2sxalways", Fault.delay("storage", "2 seconds", { times: "always" })],
    ["storage:delay=1.5m", Fault.delay("storage", "90 seconds")],
    ["storage:throttle=20MBxalways", Fault.throttle("storage", 20_000_000, { times: "always" })],
    [" getStatus:status=503x3 ", Fault.status("getStatus", 503, { times: 3 })],
    ["request:status=429,retry-after=2s", Fault.status("request", 429, { retryAfter: "2 seconds" })],
    [
      "requestBatch:status=503x2,retry-after-date=250ms,type=text/plain,body=come back, later",
      Fault.status("requestBatch", 503, {
        times: 2,
        retryAfter: "250 millis",
        retryAfterAs: "date",
        contentType: "text/plain",
        body: "come back, later"
      })
    ],
    ["storage:html", Fault.html("storage")],
    ["getStatus:malformed-jsonx4", Fault.malformedJson("getStatus", { times: 4 })],
    ["storage:redirect", Fault.redirect("storage")],
    ["storage:redirect=5x2,status=308", Fault.redirect("storage", { hops: 5, times: 2, status: 308 })],
    ["storage:redirect,location=http://a.test/x?y=1", Fault.redirect("storage", { location: "http://a.test/x?y=1" })],
    ["requestBatch:drop", Fault.drop("requestBatch")],
    ["storage:wrong-length=-10", Fault.wrongLength("storage", -10)],
    ["storage:wrong-length=+1KiB", Fault.wrongLength("storage", 1024)],
    ["storage:changed-etag,skip=1", Fault.changedETag("storage", { skip: 1 })],
    ["storage:weak-etag", Fault.weakETag("storage")],
    ["storage:no-etagxalways", Fault.noETag("storage", { times: "always" })],
    ["storage:ignore-range", Fault.ignoreRange("storage")],
    ["storage:wrong-range", Fault.wrongRange("storage")],
    ["storage:wrong-checksumx2", Fault.wrongChecksum("storage", { times: 2 })],
    ["storage:corrupt@64KiB,skip=1", Fault.corrupt("storage", 65_536, { skip: 1 })],
    ["storage:reset@1M", Fault.reset("storage", 1_048_576)],
    ["storage:throttle=2.5 MB", Fault.throttle("storage", 2_500_000)],
    ["storage:cut@10k,skip=1", Fault.cut("storage", 10_240, { skip: 1 })],
    ["getStatus:corrupt@0xalways", Fault.corrupt("getStatus", 0, { times: "always" })]
  ]

  it.effect.each(cases)("reads %s", ([text, fault]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Fault.parse(text), fault)
    })
  )

  const refusals: ReadonlyArray<readonly [text: string, problem: string]> = [
    ["", 'there is no target ""'],
    ["reset@5", 'there is no target "reset@5"'],
    ["cdn:reset@5", 'there is no target "cdn"'],
    ["storage:", 'there is no kind ""'],
    ["storage:explode", 'there is no kind "explode"'],
    ["storage:constructor", 'there is no kind "constructor"'],
    ["storage:reset", "expected reset@<bytes>"],
    ["storage:reset@many", "expected reset@<bytes>"],
    ["storage:reset@-1", "expected reset@<bytes>"],
    ["storage:delay=2", "expected delay=<time>"],
    ["storage:throttle=0", "expected throttle=<bytes/s>"],
    ["storage:status=99", "expected status=<code>"],
    ["storage:status=503,retry-after=soon", "expected status=<code>"],
    ["storage:redirect=0", "expected redirect[=<hops>]"],
    ["storage:drop@5", "expected drop"],
    ["storage:drop,skip=x", "expected drop"],
    ["storage:drop,times=2", "drop has no option times"],
    ["storage:corrupt", "expected corrupt@<bytes>"],
    ["request:wrong-checksum", "wrong-checksum is for storage alone"],
    ["getStatus:no-etag", "no-etag is for storage alone"]
  ]

  it.effect.each(refusals)("refuses %s, and says what is possible", ([text, problem]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Fault.parse(text))
      assert.strictEqual(error._tag, "InvalidFault")
      assert.include(error.message, problem)
      assert.include(
        error.message,
        "targets: requestBatch, getStatus, request, listAssets, searchAssets, getBulk, listCollections, storage"
      )
      assert.include(error.message, "reset@<bytes>")
    })
  )
})
