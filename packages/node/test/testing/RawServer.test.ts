/** The raw server itself: what it notices of a request, and that it writes nothing of its own. */
import { assert, describe, it } from "@effect/vitest"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect } from "effect"
import * as RawHttp from "../support/RawHttp.ts"

describe("a raw server", () => {
  it.live("writes what it is given and nothing else", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(() => ({
        send: ["HTTP/1.1 299 caf\xe9\r\nx-ODD :1\r\n\r\n", Buffer.of(0, 255)]
      }))
      const connection = yield* RawHttp.open(server.origin)
      const { body, headers, status } = yield* connection.until((received) => received.body.length === 2)
      assert.deepStrictEqual([status, headers, [...body]], [299, { "x-odd ": "1" }, [0, 255]])
      assert.strictEqual(connection.received().ending, "open")
    }).pipe(Effect.scoped)
  )

  it.live("tells requests apart, each as it was sent", () =>
    Effect.gen(function* () {
      const nothing = RawServer.response("200 OK", ["Content-Length: 0"])
      const server = yield* RawServer.make(() => ({ send: nothing, ending: "close" }))
      yield* RawHttp.fetch(`${server.origin}/a%20b?c=%2F`, { headers: { "X-One": "1", "x-one": "2" } })
      yield* RawHttp.fetch(server.origin, { method: "POST", headers: { "Content-Length": "2" }, body: "ab" })
      const [get, post, ...others] = yield* server.requests
      assert.isEmpty(others)
      assert.deepInclude(get, { number: 0, connection: 0, method: "GET", target: "/a%20b?c=%2F" })
      assert.include(get?.head, "\r\nX-One: 1\r\nx-one: 2")
      assert.strictEqual(get?.headers["x-one"], "1, 2")
      assert.deepInclude(post, { number: 1, connection: 1, method: "POST", target: "/", body: Buffer.from("ab") })
      assert.strictEqual(yield* server.connectionCount, 2)
    }).pipe(Effect.scoped)
  )

  it.live("answers in turn, on one connection as well, and resets where it is told to", () =>
    Effect.gen(function* () {
      const ok = { send: RawServer.response("200 OK", ["Content-Length: 0"]) }
      const server = yield* RawServer.make(
        RawServer.sequence(ok, ({ connection }) => ({ ...ok, ending: connection === 0 ? "reset" : "close" }))
      )
      const pipelined = yield* RawHttp.open(server.origin, {
        headers: { "content-length": "0" },
        body: "GET /b HTTP/1.1\r\n\r\n"
      })
      assert.strictEqual((yield* pipelined.until(() => false)).ending, "reset")
      assert.strictEqual((yield* RawHttp.fetch(server.origin)).ending, "closed")
      assert.deepStrictEqual(
        (yield* server.requests).map(({ connection }) => connection),
        [0, 0, 1]
      )
    }).pipe(Effect.scoped)
  )

  it.live("has an object of which it sends what is asked for", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(RawServer.object(Buffer.from("scenario")))
      const ask = Effect.fnUntraced(function* (headers: Readonly<Record<string, string>>) {
        const connection = yield* RawHttp.open(server.origin, { headers })
        const { body, status } = yield* connection.until(
          ({ body, headers }) => `${body.length}` === headers["content-length"]
        )
        return `${status} ${body.toString()}`
      })
      assert.strictEqual(yield* ask({}), "200 scenario")
      assert.strictEqual(yield* ask({ range: "bytes=1-2" }), "206 ce")
      assert.strictEqual(yield* ask({ range: "bytes=6-", "if-range": '"v1"' }), "206 io")
      assert.strictEqual(yield* ask({ range: "bytes=6-", "if-range": '"v2"' }), "200 scenario")
      assert.strictEqual(yield* ask({ range: "bytes=-3" }), "206 rio")
      assert.strictEqual(yield* ask({ range: "bytes=8-" }), "416 ")
    }).pipe(Effect.scoped)
  )
})
