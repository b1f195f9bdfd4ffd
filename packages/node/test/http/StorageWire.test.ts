/** What goes to a storage host, and what is made of its answer. */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { StorageClient } from "@scenario-assets/core"
import { RawServer } from "@scenario-assets/node/testing"
import { Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Network from "../../src/http/Network.ts"
import * as StorageWire from "../../src/http/StorageWire.ts"

const storage = Layer.provide(StorageWire.layer, Network.layer)

const get = (url: string, options: Partial<StorageClient.Options> = {}) =>
  Effect.flatMap(StorageClient.StorageClient, (client) => client.get(signedUrl(url), { headers: {}, ...options }))

const textOf = (response: StorageClient.StorageResponse) =>
  Effect.map(Stream.runCollect(response.body), (chunks) => Buffer.concat(chunks).toString())

const says =
  (...response: Parameters<typeof RawServer.response>): RawServer.Handler =>
  () => ({
    send: RawServer.response(...response)
  })
const fine = says("200 OK", ["Content-Length: 2"], "ok")

describe("a request to a storage host", () => {
  it.live.each<readonly [link: string, path: string]>([
    ["/a.zip?Signature=x", "/a.zip?Signature=x"],
    [
      "/p%20a/b~c%2Fd?name=a%3B%20b~c.zip&flag&x=1%2c2&e=&Signature=a%2Fb~(x)*!",
      "/p%20a/b~c%2Fd?name=a%3B%20b~c.zip&flag&x=1%2c2&e=&Signature=a%2Fb~(x)*!"
    ],
    ["/it's?q='\"<>`{}|\\^[]", "/it's?q='\"<>`{}|\\^[]"],
    ["/a/./b/../c//d?x", "/a/./b/../c//d?x"],
    ["?Signature=x", "/?Signature=x"],
    ["", "/"],
    ["/a?b#fragment", "/a?b"],
    ["/a b?c=é", "/a%20b?c=%C3%A9"]
  ])("names the link as it was signed: %s", ([link, path]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(fine)
      assert.strictEqual(yield* textOf(yield* get(`${server.origin}${link}`)), "ok")
      assert.strictEqual((yield* server.requests)[0]?.head.split("\r\n")[0], `GET ${path} HTTP/1.1`)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("tells nothing of the program, and asks for the bytes as they are stored", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(fine)
      yield* get(`${server.origin}/a.zip`, { headers: { range: "bytes=1-" } })
      const host = new URL(server.origin).host
      assert.deepStrictEqual((yield* server.requests)[0]?.headers, {
        host,
        range: "bytes=1-",
        "accept-encoding": "identity"
      })
    }).pipe(Effect.scoped, Effect.withSpan("test"), Effect.provide(storage))
  )

  it.live.each([
    ["a redirect", "302 Found", ["Location: /b", "Content-Length: 0"], "", 302],
    ["a body that says it is encoded", "200 OK", ["Content-Encoding: gzip", "Content-Length: 2"], "ok", 200],
    ["a failure", "503 No", ["Content-Length: 4"], "oops", 503]
  ] as const)("is answered by %s, of which nothing is made", ([, status, headers, body, code]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(says(status, headers, body))
      const response = yield* get(`${server.origin}/a.zip`)
      assert.strictEqual(response.status, code)
      assert.strictEqual(yield* textOf(response), body)
      assert.lengthOf(yield* server.requests, 1)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("gives the headers by small letters, and several of one name as one", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(says("200 OK", ["X-One: 1", "x-two: 2", "X-ONE: 3", "Content-Length: 0"]))
      const { headers } = yield* get(`${server.origin}/a.zip`)
      assert.deepStrictEqual(headers, { "x-one": "1, 3", "x-two": "2", "content-length": "0" })
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("gives pieces of the size that is asked for", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(says("200 OK", ["Content-Length: 2500"], Buffer.alloc(2500)))
      const { body } = yield* get(`${server.origin}/a.zip`, { pieceSize: 1000 })
      assert.deepStrictEqual(
        (yield* Stream.runCollect(body)).map(({ length }) => length),
        [1000, 1000, 500]
      )
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live.each([
    ["name: x", "1"],
    ["name", "1\r\nx: 2"],
    ["name", "\u0394"]
  ] as const)("is not sent with a header that is not proper HTTP: %j, %j", ([name, value]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(fine)
      const error = yield* Effect.flip(get(`${server.origin}/a.zip`, { headers: { [name]: value } }))
      assert.strictEqual(error.phase, "request")
      assert.include(error.message, JSON.stringify(name))
      assert.isEmpty(yield* server.requests)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )
})

describe("an exchange with a storage host that fails", () => {
  it.live("before it is sent", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get("http://127.0.0.1:9/a.zip?Signature=x"))
      assert.deepInclude(error, { phase: "connect", syscall: "connect", code: "ECONNREFUSED" })
      assert.notInclude(error.message, "Signature")
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("before the answer", () =>
    Effect.gen(function* () {
      for (const ending of ["reset", "close"] as const) {
        const server = yield* RawServer.make(() => ({ send: "HTTP/1.1 200", ending }))
        const error = yield* Effect.flip(get(`${server.origin}/a.zip`))
        assert.strictEqual(error.phase, "response")
      }
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("in the body", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(() => ({
        send: RawServer.response("200 OK", ["Content-Length: 9"], "ok"),
        ending: "reset"
      }))
      const error = yield* Effect.flip(Stream.runDrain((yield* get(`${server.origin}/a.zip`)).body))
      assert.deepInclude(error, { phase: "body", code: "ECONNRESET" })
    }).pipe(Effect.scoped, Effect.provide(storage))
  )
})

/** A host that says something on each connection it is asked on, and tells of the connections. */
const host = (response: string) =>
  Effect.gen(function* () {
    const sockets: Array<Net.Socket> = []
    const server = Net.createServer((socket) => {
      sockets.push(socket)
      socket.on("error", () => undefined)
      socket.on("data", () => socket.write(response))
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => server.close())
    )
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/a.zip`
    /** The next connection, asked for something. */
    const asked = Effect.callback<Net.Socket>(
      (resume) =>
        void server.once("connection", (socket) => void socket.once("data", () => resume(Effect.succeed(socket))))
    )
    return { url, sockets, asked }
  })

const ended = (socket: Net.Socket) =>
  Effect.callback<void>((resume) => {
    if (socket.destroyed) resume(Effect.void)
    else socket.once("close", () => resume(Effect.void))
  })

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
const endless = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nok"

describe("a connection to a storage host", () => {
  it.live("is kept for the next exchange once the body has come, read or not", () =>
    Effect.gen(function* () {
      const { sockets, url } = yield* host(whole)
      for (let n = 0; n < 3; n++) yield* Effect.scoped(get(url))
      assert.strictEqual(yield* Effect.scoped(Effect.flatMap(get(url), textOf)), "ok")
      assert.lengthOf(sockets, 1)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("ends where the rest of the body is not wanted", () =>
    Effect.gen(function* () {
      const { sockets, url } = yield* host(endless)
      yield* Effect.scoped(Effect.flatMap(get(url), ({ body }) => Stream.runDrain(Stream.take(body, 1))))
      yield* Effect.scoped(get(url))
      for (const socket of sockets) yield* ended(socket)
      assert.lengthOf(sockets, 2)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("ends where the answer is not waited for", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* host("")
      const fiber = yield* Effect.forkChild(Effect.scoped(get(url)))
      const socket = yield* asked
      yield* Fiber.interrupt(fiber)
      yield* ended(socket)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("ends with the scope of the client, kept or in use", () =>
    Effect.gen(function* () {
      const [resting, busy] = [yield* host(whole), yield* host(endless)]
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(storage, scope)
      yield* Effect.provide(Effect.scoped(get(resting.url)), context)
      const { body } = yield* Effect.provide(get(busy.url), context)
      yield* Scope.close(scope, Exit.void)
      for (const socket of [...resting.sockets, ...busy.sockets]) yield* ended(socket)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Stream.runDrain(body))))
    }).pipe(Effect.scoped)
  )

  it.live("that the host has closed meanwhile is no failure", () =>
    Effect.gen(function* () {
      const server = yield* RawServer.make(
        RawServer.sequence(
          fine,
          () => ({ send: "", ending: "close" }),
          () => ({ send: "", ending: "reset" }),
          fine
        )
      )
      assert.strictEqual(yield* Effect.scoped(Effect.flatMap(get(`${server.origin}/a`), textOf)), "ok")
      // The second one goes out on the connection that is kept, the third one on a fresh one, where it counts.
      const error = yield* Effect.flip(Effect.scoped(get(`${server.origin}/b`)))
      assert.strictEqual(error.phase, "response")
      assert.deepStrictEqual(
        (yield* server.requests).map(({ target }) => target),
        ["/a", "/b", "/b"]
      )
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

  it.live("is not the only one: 64 bodies come at once", () =>
    Effect.gen(function* () {
      const all = yield* Deferred.make<void>()
      const { sockets, url } = yield* host(endless)
      const one = Effect.scoped(
        Effect.gen(function* () {
          const { body } = yield* get(url)
          yield* Stream.runDrain(Stream.take(body, 1))
          if (sockets.length === 64) yield* Deferred.succeed(all, undefined)
          yield* Deferred.await(all)
        })
      )
      yield* Effect.all(
        Array.from({ length: 64 }, () => one),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(sockets, 64)
    }).pipe(Effect.scoped, Effect.provide(storage))
  )
})
