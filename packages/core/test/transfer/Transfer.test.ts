import { assert, describe, it } from "@effect/vitest"
import { Transfer } from "@scenario-assets/core"
import { Clock, Effect, Exit, Ref, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"
import {
  assemble,
  bytesOf,
  content,
  etag,
  eventsOf,
  host,
  isWhole,
  reasonOf,
  rest,
  status,
  stored,
  tags,
  whole
} from "./FakeStorage.ts"

describe("Transfer", () => {
  it.effect("gives the bytes, in order, and says what the object is", () =>
    Effect.gen(function* () {
      const exit = yield* eventsOf(yield* host([whole()]))
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(exit.value[0], {
        _tag: "Opened",
        object: { ...stored, contentType: "application/zip" },
        offset: 0
      })
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect("sends no credential, no trace header and no Range at first, and asks for unencoded bytes", () =>
    Effect.gen(function* () {
      const server = yield* host([whole({ to: 3000, after: "break" }), rest()])
      isWhole(yield* bytesOf(server))
      for (const { headers } of server.asked) {
        for (const name of ["authorization", "x-api-key", "cookie", "traceparent", "b3"])
          assert.notProperty(headers, name)
        assert.strictEqual(headers["accept-encoding"], "identity")
      }
      assert.notProperty(server.asked[0]?.headers, "range")
    })
  )

  it.effect.each(["break", "end", "stall"] as const)(
    "goes on from the byte reached after a body that comes to a %s",
    (after) =>
      Effect.gen(function* () {
        const server = yield* host([whole({ to: 4321, after }), rest({ to: 7000, after }), rest()])
        isWhole(yield* bytesOf(server))
        assert.deepStrictEqual(
          server.asked.map(({ headers }) => headers["range"]),
          [undefined, "bytes=4321-", "bytes=7000-"]
        )
        assert.deepStrictEqual(
          server.asked.map(({ headers }) => headers["if-range"]),
          [undefined, etag, etag]
        )
        assert.strictEqual(yield* Ref.get(server.refreshes), 0)
      })
  )

  it.effect("waits half a minute in silence, and takes that for a fault", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      isWhole(yield* bytesOf(yield* host([() => "silence", whole()])))
      const seconds = ((yield* Clock.currentTimeMillis) - before) / 1000
      assert.isAtLeast(seconds, 30)
      assert.isBelow(seconds, 60)
    })
  )

  it.effect("takes no fault from whoever is slow to take the bytes, such as a disk", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([whole()])
      const exit = yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runCollect(Stream.tap(transfer.events(source), () => Effect.sleep("45 seconds")))
      ).pipe(Effect.provide(layer), Time.letPass)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(tags(exit.value), ["Opened"])
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect("waits no longer than its time limit, whatever Retry-After asks for", () =>
    Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const server = yield* host([status(503, { "retry-after": "3600" })])
      const reason = yield* reasonOf(yield* bytesOf(server, { timeLimit: "20 seconds" }))
      assert.strictEqual(reason._tag, "TimedOut")
      assert.isAtMost((yield* Clock.currentTimeMillis) - before, 21_000)
    })
  )

  it.effect("takes silence after the request for a fault", () =>
    Effect.gen(function* () {
      const server = yield* host([() => "silence", whole()])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(tags(exit.value), ["Retrying", "Opened"])
      assert.deepStrictEqual(assemble(exit.value), content)
    })
  )

  it.effect.each([408, 429, 500, 502, 503, 504])("tries again after %s", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code), status(code), whole()])
      isWhole(yield* bytesOf(server))
      assert.strictEqual(server.asked.length, 3)
    })
  )

  it.effect("waits as long as Retry-After says, in seconds or as a date", () =>
    Effect.gen(function* () {
      const server = yield* host([
        status(503, { "retry-after": "17" }),
        status(429, { "retry-after": "Thu, 01 Jan 1970 00:00:40 GMT" }),
        status(503, { "retry-after": "86400" }),
        status(503, {
          "retry-after": "Sun, 06 Nov 1994 08:49:48 GMT",
          date: "Sun, 06 Nov 1994 08:49:37 GMT"
        }),
        whole()
      ])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      const pauses = exit.value.flatMap((event) => (event._tag === "Retrying" ? [event.pause.toString()] : []))
      assert.strictEqual(pauses.length, 4)
      assert.include(pauses[3], "11", "by the clock of the host")
      assert.include(pauses[0], "17")
      assert.include(pauses[1], "23", "40 seconds after the epoch, 17 of which have passed")
      assert.include(pauses[2], "30", "capped")
    })
  )

  it.effect("ends after tries in vain, and counts them anew whenever bytes arrive", () =>
    Effect.gen(function* () {
      const fivetimes = [status(503), status(503), status(503), status(503), status(503)]
      const patient = yield* host([
        ...fivetimes,
        whole({ to: 2000, after: "break" }),
        ...fivetimes,
        rest({ to: 5000, after: "break" }),
        ...fivetimes,
        rest()
      ])
      isWhole(yield* bytesOf(patient, { retries: 6 }))

      const away = yield* host([whole({ to: 2000, after: "break" }), () => "refused"])
      const reason = yield* reasonOf(yield* bytesOf(away, { retries: 3 }))
      assert(reason._tag === "RetriesExhausted")
      assert.strictEqual(reason.offset, 2000)
      assert.include(reason.last, "ECONNREFUSED")
      assert.strictEqual(away.asked.length, 1 + 3)
    })
  )

  it.effect.each([400, 401, 403])("gets one fresh link after %s, and goes on", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code), whole({ to: 4000, after: "break" }), status(code), rest()])
      const exit = yield* eventsOf(server)
      assert(Exit.isSuccess(exit))
      assert.deepStrictEqual(assemble(exit.value), content)
      assert.deepStrictEqual(tags(exit.value), ["Refreshed", "Opened", "Retrying", "Refreshed", "Opened"])
      assert.strictEqual(yield* Ref.get(server.refreshes), 2)
      assert.deepStrictEqual(
        server.asked.map(({ url }) => new URL(url).searchParams.get("n")),
        ["0", "1", "1", "2"]
      )
    })
  )

  it.effect("ends when a fresh link is refused, and does not blame the API key", () =>
    Effect.gen(function* () {
      const denied = `<Error><Code>AccessDenied</Code><Sig>${Canary.signature}</Sig></Error>`
      const server = yield* host([status(403, {}, denied)])
      const exit = yield* bytesOf(server)
      const reason = yield* reasonOf(exit)
      assert.deepInclude(reason, { _tag: "AccessRefused", status: 403, code: "AccessDenied" })
      assert.include(reason.message, "API key is not the cause")
      assert.strictEqual(yield* Ref.get(server.refreshes), 1)
    })
  )

  it.effect("passes on the error of the effect that makes links", () =>
    Effect.gen(function* () {
      const server = yield* host([status(403)])
      const exit = yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runDrain(transfer.bytes({ ...server.source, refresh: Effect.fail("no link" as const) }))
      ).pipe(Effect.provide(server.layer), Time.letPass)
      assert.strictEqual(yield* Time.errorOf(exit), "no link")
    })
  )

  it.effect.each([404, 410])("ends at once on %s", (code) =>
    Effect.gen(function* () {
      const server = yield* host([status(code)])
      assert.deepInclude(yield* reasonOf(yield* bytesOf(server)), { _tag: "ObjectMissing", status: code })
      assert.strictEqual(server.asked.length, 1)
    })
  )

  it.effect("ends at its time limit, though no link has come, whatever it reads", () =>
    Effect.gen(function* () {
      const refused = yield* host([status(403)])
      const first = { refresh: Effect.never }
      const fresh = { ...refused.source, refresh: Effect.never }
      const { bytes, events, part } = yield* Effect.provide(Transfer.Transfer, refused.layer)
      const limits = { timeLimit: "5 seconds" } as const
      for (const source of [first, fresh]) {
        for (const read of [
          Stream.runDrain(bytes(source, limits)),
          Stream.runDrain(events(source, limits)),
          Stream.runDrain(events(source, { ...limits, connections: 4 })),
          Stream.runDrain(events(source, { ...limits, limitRate: 1000 })),
          Stream.runDrain(part(source, { suffix: 10 }, limits)),
          Stream.runDrain(part(source, { object: stored, ranges: [[0, 10]] }, limits))
        ]) {
          const before = yield* Clock.currentTimeMillis
          const exit = yield* Time.letPass(read)
          assert.strictEqual((yield* Time.errorOf(exit)).reason._tag, "TimedOut")
          assert.strictEqual((yield* Clock.currentTimeMillis) - before, 5000)
        }
      }
    })
  )

  it.effect("tells at once of what happens, also where the rate is limited", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([status(503, { "retry-after": "20" }), whole()])
      const told: Array<string> = []
      yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.events(source, { limitRate: 1_000_000 }), ({ _tag }) =>
          Effect.map(Clock.currentTimeMillis, (now) => void told.push(`${_tag} ${Math.floor(now / 1000)}`))
        )
      ).pipe(Effect.provide(layer), Time.letPass)
      assert.deepStrictEqual(told.slice(0, 3), ["Retrying 0", "Opened 20", "Bytes 20"])
    })
  )

  it.effect("lets bytes pass evenly where the rate is limited, however large the pieces are that come", () =>
    Effect.gen(function* () {
      const { layer, source } = yield* host([
        () => new Response(content, { headers: { "content-length": String(content.length), etag } })
      ])
      const passed: Array<readonly [millis: number, bytes: Uint8Array]> = []
      yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.bytes(source, { limitRate: 1000 }), (bytes) =>
          Effect.map(Clock.currentTimeMillis, (now) => void passed.push([now, bytes]))
        )
      ).pipe(Effect.provide(layer), Time.letPass)
      assert.deepStrictEqual(
        passed.map(([millis, { length }]) => [millis, length]),
        Array.from({ length: 40 }, (_, index) => [index * 250, 250])
      )
      assert.deepStrictEqual(Uint8Array.from(passed.flatMap(([, bytes]) => [...bytes])), content)
      // Memory may be used again as soon as one piece in it was given back.
      assert.strictEqual(new Set(passed.map(([, { buffer }]) => buffer)).size, 40)
    })
  )

  it.effect("gives links to layerTest's reader", () =>
    Effect.gen(function* () {
      const transfer = yield* Transfer.Transfer
      const chunks = yield* Stream.runCollect(
        transfer.bytes({ refresh: Effect.succeed(signedUrl("https://a.test/cat.png")) })
      )
      assert.deepStrictEqual(
        chunks.map((chunk) => new TextDecoder().decode(chunk)),
        ["/cat.png"]
      )
    }).pipe(Effect.provide(Transfer.layerTest((url) => Stream.succeed(new TextEncoder().encode(url.pathname)))))
  )

  it.effect("counts anew whenever a stream of layerTest's is run", () =>
    Effect.gen(function* () {
      const { events } = yield* Transfer.Transfer
      const stream = events({ refresh: Effect.succeed(signedUrl("https://a.test/cat.png")) })
      for (let run = 0; run < 3; run++) {
        assert.deepStrictEqual(
          (yield* Stream.runCollect(stream)).map((event) => ("offset" in event ? [event._tag, event.offset] : [])),
          [
            ["Opened", 0],
            ["Bytes", 0],
            ["Bytes", 10]
          ]
        )
      }
    }).pipe(Effect.provide(Transfer.layerTest(() => Stream.make(new Uint8Array(10), new Uint8Array(5)))))
  )
})
