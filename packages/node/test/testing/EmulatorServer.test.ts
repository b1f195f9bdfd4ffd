import * as Http from "node:http"
import * as Https from "node:https"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { EmulatorServer } from "@scenario-assets/node/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as certificate from "../support/certificate.ts"
import { archiveUrl, call, inject, look } from "../support/emulatorCalls.ts"
import * as RawHttp from "../support/RawHttp.ts"

const layer = (options?: EmulatorServer.Options) => EmulatorServer.layer({ job: { pace: 0 }, ...options })

describe("EmulatorServer", () => {
  it.live("answers on two ports of its own", () =>
    Effect.gen(function* () {
      const { config } = yield* Emulator.Emulator
      assert.match(config.apiUrl, /^http:\/\/127\.0\.0\.1:\d+\/v1$/)
      assert.match(config.storageUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
      assert.notStrictEqual(new URL(config.apiUrl).port, new URL(config.storageUrl).port)

      const url = yield* archiveUrl
      assert.strictEqual(new URL(url).origin, config.storageUrl)
      const archive = yield* RawHttp.fetch(url)
      assert.strictEqual(archive.status, 200)
      assert.strictEqual(archive.headers["content-length"], String(archive.body.length))
      assert.strictEqual(archive.body.subarray(0, 4).toString("latin1"), "PK\u0003\u0004")

      const part = yield* RawHttp.fetch(url, { headers: { range: "bytes=-22" } })
      assert.strictEqual(part.status, 206)
      assert.deepStrictEqual(part.body, archive.body.subarray(-22))
      const head = yield* RawHttp.fetch(url, { method: "HEAD" })
      assert.deepStrictEqual([head.headers["content-length"], head.body.length], [String(archive.body.length), 0])
      assert.strictEqual((yield* RawHttp.fetch(`${url}x`)).status, 403)
    }).pipe(Effect.provide(layer()))
  )

  it.live("reads bodies, and refuses what is not as the contract says", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* call("POST", "/assets/download", { query: {} })).status, 400)
      assert.strictEqual((yield* call("POST", "/assets/download", "x".repeat(20_000_000))).status, 400)
      assert.strictEqual((yield* look).status, 404)
    }).pipe(Effect.provide(layer()))
  )

  it.live("records requests as they came over the wire", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const url = yield* archiveUrl
      assert.strictEqual((yield* RawHttp.fetch(url, { headers: { "X-Api-Key": "k" } })).status, 400)
      const last = (yield* emulator.requests).at(-1)
      assert.strictEqual(last?.target, "storage")
      assert.strictEqual(last?.path, url.slice(new URL(url).origin.length))
      assert.strictEqual(last?.headers["x-api-key"], "k")
    }).pipe(Effect.provide(layer()))
  )

  it.live("keeps a connection for several requests", () =>
    Effect.gen(function* () {
      const url = yield* archiveUrl
      const agent = new Http.Agent({ keepAlive: true, maxSockets: 1 })
      const portOf = (range: string) =>
        Effect.callback<number>((resume) => {
          Http.get(url, { agent, headers: { range } }, (response) => {
            const { localPort = 0 } = response.socket
            response.resume().once("end", () => resume(Effect.succeed(localPort)))
          })
        })
      const ports = [yield* portOf("bytes=0-9"), yield* portOf("bytes=5-"), yield* portOf("bytes=999999999-")]
      assert.strictEqual(new Set(ports).size, 1)
      agent.destroy()
    }).pipe(Effect.provide(layer()))
  )

  it.live("says what to do when a port is in use", () =>
    Effect.gen(function* () {
      const { config } = yield* Emulator.Emulator
      const port = Number(new URL(config.apiUrl).port)
      for (const options of [{ port }, { storagePort: port }]) {
        const error = yield* Effect.flip(Effect.scoped(EmulatorServer.make(options)))
        assert.deepStrictEqual([error._tag, error.code, error.port], ["EmulatorServerError", "EADDRINUSE", port])
        assert.strictEqual(
          error.message,
          `The emulator cannot listen on 127.0.0.1, port ${port}: it is in use. Choose another port, or 0 for any free one.`
        )
      }
    }).pipe(Effect.provide(layer()))
  )

  it.live("closes at once with requests in their middle, and frees its ports", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer({ archive: { size: 8 * 2 ** 30 } }), scope)
      const url = yield* Effect.provide(archiveUrl, context)
      yield* Effect.provide(inject(Fault.stall("storage", 100), Fault.delay("storage", "1 hour", { skip: 1 })), context)
      const stalled = yield* RawHttp.open(url)
      yield* stalled.until(({ body }) => body.length === 100)
      const delayed = yield* RawHttp.open(url)
      const running = yield* RawHttp.open(url)
      yield* running.until(({ body }) => body.length > 0)

      yield* Scope.close(scope, Exit.void)
      for (const connection of [stalled, delayed, running]) {
        assert.notStrictEqual((yield* connection.until(() => false)).ending, "open")
      }
      yield* EmulatorServer.make({ port: Number(new URL(url).port) })
    }).pipe(Effect.scoped)
  )

  it.live("serves HTTPS, with real resets", () =>
    Effect.gen(function* () {
      const {
        config: { apiUrl, storageUrl }
      } = yield* Emulator.Emulator
      yield* inject(Fault.reset("storage", 10))
      const get = (url: string) =>
        Effect.callback<number | string | undefined>((resume) => {
          const request = Https.get(url, { ca: certificate.cert, agent: false }, (response) => {
            response.once("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code)))
            response.resume().once("end", () => resume(Effect.succeed(response.statusCode)))
          })
          request.once("error", (error: NodeJS.ErrnoException) => resume(Effect.succeed(error.code)))
        })
      assert.match(apiUrl, /^https:\/\/127\.0\.0\.1:\d+\/v1$/)
      assert.strictEqual(yield* get(`${apiUrl}/assets/download/job_x`), 401)
      assert.strictEqual(yield* get(`${storageUrl}/x`), "ECONNRESET")
      assert.strictEqual(yield* get(`${storageUrl}/x`), 403)
    }).pipe(Effect.provide(layer({ tls: certificate })))
  )
})
