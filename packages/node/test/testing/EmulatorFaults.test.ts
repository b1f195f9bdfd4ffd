import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import { EmulatorServer } from "@scenario-assets/node/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { archiveUrl, inject, look } from "../support/emulatorCalls.ts"
import * as RawHttp from "../support/RawHttp.ts"

const size = 1_000_000
const layer = EmulatorServer.layer({ job: { pace: 0 }, archive: { size, entries: 5 } })

describe("faults on the wire", () => {
  it.live("a reset is a TCP reset, after the bytes it says", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const whole = yield* RawHttp.fetch(url)
      yield* inject(Fault.reset("storage", 70_000), Fault.reset("storage", 0), Fault.reset("getStatus", 0))
      const broken = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([broken.status, broken.ending, broken.body.length], [200, "reset", 70_000])
      assert.deepStrictEqual(broken.body, whole.body.subarray(0, 70_000))
      const headOnly = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([headOnly.status, headOnly.ending, headOnly.body.length], [200, "reset", 0])
      assert.strictEqual((yield* look).ending, "reset")
      const fine = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([fine.ending, fine.body.length], ["closed", size])
    }).pipe(Effect.provide(layer))
  )

  it.live("a cut is a close in good order, of a length that was declared", () =>
    Effect.gen(function* () {
      yield* inject(Fault.cut("storage", 70_000))
      const { body, ending, headers } = yield* RawHttp.fetch(yield* archiveUrl)
      assert.deepStrictEqual([headers["content-length"], ending, body.length], [String(size), "closed", 70_000])
    }).pipe(Effect.provide(layer))
  )

  it.live("a cut of an undeclared length looks like the end", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(Fault.cutUndeclared("storage", 70_000), Fault.cutUndeclared("storage", size * 2))
      const { body, ending, headers } = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([ending, body.length, headers["connection"]], ["closed", 70_000, "close"])
      assert.deepStrictEqual([headers["content-length"], headers["transfer-encoding"]], [undefined, undefined])
      assert.strictEqual((yield* RawHttp.fetch(url)).body.length, size)
    }).pipe(Effect.provide(layer))
  )

  it.live("a stall leaves the connection open and sends nothing more", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(Fault.stall("storage", 70_000), Fault.stall("storage", 0))
      const body = yield* RawHttp.open(url)
      yield* body.until((received) => received.body.length === 70_000)
      const head = yield* RawHttp.open(url)
      // Whatever was on its way would have come before these are done.
      for (let i = 0; i < 3; i++) assert.strictEqual((yield* RawHttp.fetch(url)).body.length, size)
      assert.deepStrictEqual([body.received().ending, body.received().body.length], ["open", 70_000])
      assert.deepStrictEqual([head.received().ending, head.received().status], ["open", 0])
    }).pipe(Effect.provide(layer), Effect.scoped)
  )

  it.live("a drop closes the connection without an answer", () =>
    Effect.gen(function* () {
      yield* inject(Fault.drop("getStatus"))
      const { ending, status } = yield* look
      assert.deepStrictEqual([ending, status], ["closed", 0])
      assert.strictEqual((yield* look).status, 404)
    }).pipe(Effect.provide(layer))
  )

  it.live("a wrong length is declared, and the right number of bytes comes", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(Fault.wrongLength("storage", 10), Fault.wrongLength("storage", -10))
      // The connection is not said to end here, and ends all the same: it cannot be used again.
      for (const by of [10, -10]) {
        const connection = yield* RawHttp.open(url)
        const { body, headers } = yield* connection.until(() => false)
        assert.deepStrictEqual([headers["content-length"], body.length], [String(size + by), size])
      }
    }).pipe(Effect.provide(layer), Effect.scoped)
  )

  it.live("a delay comes before the head, for the time it says", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(Fault.delay("storage", "100 millis"))
      const [time, answer] = yield* Effect.timed(RawHttp.fetch(url))
      assert.strictEqual(answer.status, 200)
      assert.isTrue(Duration.toMillis(time) >= 99)
    }).pipe(Effect.provide(layer))
  )

  it.live("a throttle sends so many bytes a second", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(Fault.throttle("storage", size * 10))
      const [time, answer] = yield* Effect.timed(RawHttp.fetch(url))
      assert.strictEqual(answer.body.length, size)
      assert.isTrue(Duration.toMillis(time) >= 99)
    }).pipe(Effect.provide(layer))
  )

  it.live("wrong answers come as they are", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      yield* inject(
        Fault.status("storage", 503, { retryAfter: "2 seconds" }),
        Fault.html("storage"),
        Fault.malformedJson("getStatus"),
        Fault.redirect("storage"),
        Fault.status("storage", 304)
      )
      const busy = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([busy.status, busy.headers["retry-after"]], [503, "2"])
      const page = yield* RawHttp.fetch(url)
      assert.deepStrictEqual([page.status, page.headers["content-type"]], [200, "text/html; charset=utf-8"])
      assert.strictEqual((yield* look).body.toString(), `{"jobId":"job_`)
      const redirect = yield* RawHttp.fetch(url)
      assert.strictEqual(redirect.status, 302)
      assert.strictEqual((yield* RawHttp.fetch(redirect.headers["location"] ?? "")).body.length, 0)
      assert.strictEqual((yield* RawHttp.fetch(redirect.headers["location"] ?? "")).body.length, size)
    }).pipe(Effect.provide(layer))
  )

  it.live("another object, another validator, another range", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const first = yield* RawHttp.fetch(url)
      yield* inject(
        Fault.changedETag("storage"),
        Fault.weakETag("storage"),
        Fault.noETag("storage"),
        Fault.ignoreRange("storage", { skip: 2 }),
        Fault.wrongRange("storage", { skip: 3 })
      )
      const second = yield* RawHttp.fetch(url)
      assert.match(second.headers["etag"] ?? "", /^W\/"/)
      assert.strictEqual(second.body.length, first.body.length)
      assert.isFalse(second.body.equals(first.body))
      const third = yield* RawHttp.fetch(url)
      assert.isUndefined(third.headers["etag"])
      assert.isTrue(third.body.equals(second.body))
      const ranged = { headers: { range: "bytes=5-9" } }
      assert.strictEqual((yield* RawHttp.fetch(url, ranged)).status, 200)
      const wrong = yield* RawHttp.fetch(url, ranged)
      assert.deepStrictEqual([wrong.status, wrong.headers["content-range"]], [206, `bytes 0-${size - 1}/${size}`])
      assert.strictEqual((yield* RawHttp.fetch(url, ranged)).body.length, 5)
    }).pipe(Effect.provide(layer))
  )
})
