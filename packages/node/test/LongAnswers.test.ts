/** Answers of the API that do not end, over real sockets: they are not read to the end, and hold no connection. */
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, ScenarioConfig } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Deferred, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"

const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`

/** A host that answers with this status and a body without an end; `closed` is done when a connection to it is gone. */
const endless = (status: number) =>
  Effect.gen(function* () {
    const closed = yield* Deferred.make<number>()
    const server = yield* Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer((socket) => {
          let sent = 0
          const send = () => {
            while (!socket.destroyed) {
              sent += chunk.length
              if (!socket.write(chunk)) return
            }
          }
          socket.on("error", () => undefined)
          socket.on("close", () => Deferred.doneUnsafe(closed, Effect.succeed(sent)))
          socket.on("drain", send)
          socket.once("data", () => {
            socket.write(`HTTP/1.1 ${status} x\r\nTransfer-Encoding: chunked\r\n\r\n`)
            send()
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { baseUrl: `http://127.0.0.1:${port}`, closed }
  })

describe.each([
  ["the client of this package", NodeScenario.layerApiClient],
  ["fetch", FetchHttpClient.layer]
] as const)("an answer without an end, had by %s,", (_, client) => {
  it.live.each([
    [200, "InvalidResponse", 64],
    [404, "NotFound", 16]
  ] as const)("is let go: %d", ([status, reason, mebibytes]) =>
    Effect.gen(function* () {
      const { baseUrl, closed } = yield* endless(status)
      const error = yield* Effect.flatMap(AssetDownload.AssetDownload, ({ getStatus }) =>
        Effect.flip(getStatus(Asset.JobId.make("job_a")))
      ).pipe(
        Effect.provide(
          AssetDownload.layer().pipe(
            Layer.provide(client),
            Layer.provide(
              ScenarioConfig.layer({ baseUrl, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })
            )
          )
        )
      )
      assert(error._tag === "ApiError")
      assert.strictEqual(error.reason._tag, reason)
      assert.isBelow(yield* Deferred.await(closed), mebibytes * 1024 * 1024)
    }).pipe(Effect.scoped)
  )
})
