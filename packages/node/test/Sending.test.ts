/** Whether a request may have been sent, over real sockets: a request that starts a job must not go out twice. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import {
  type ApiError,
  Asset,
  AssetDownload,
  FileNameTemplate,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer,
  type TransferError
} from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import * as Canary from "../../../test-support/Canary.ts"
import { signedUrl } from "../../../test-support/SignedUrls.ts"
import { cert, key } from "./support/certificate.ts"

interface Host {
  readonly port: number
  /** How many connections were made to it. */
  readonly connections: () => number
  /** All that was said to it. */
  readonly heard: () => string
}

/** A host that does this with each connection, and with the first bytes on it. */
const host = (
  { onConnect, onData }: { readonly [On in "onConnect" | "onData"]?: (socket: Net.Socket) => void },
  tls?: Tls.TlsOptions
) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ server: Net.Server; sockets: Array<Net.Socket>; heard: Array<string> }>((resume) => {
        const sockets: Array<Net.Socket> = []
        const heard: Array<string> = []
        const server = tls === undefined ? Net.createServer() : Tls.createServer(tls)
        server.on("connection", (socket: Net.Socket) => {
          sockets.push(socket)
          socket.on("error", () => undefined)
          onConnect?.(socket)
        })
        server.on(tls === undefined ? "connection" : "secureConnection", (socket: Net.Socket) => {
          socket.on("error", () => undefined)
          socket.on("data", (data) => {
            heard.push(data.toString("latin1"))
            onData?.(socket)
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets, heard })))
      }),
      ({ server, sockets }) =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    ),
    ({ heard, server, sockets }): Host => {
      const address = server.address()
      return {
        port: typeof address === "object" && address !== null ? address.port : 0,
        connections: () => sockets.length,
        heard: () => heard.join("")
      }
    }
  )

/** A port that nobody listens to. */
const closed = Effect.map(Effect.scoped(host({})), ({ port }) => `http://127.0.0.1:${port}`)

const clients = [
  ["the client of this package", NodeScenario.layerApiClient],
  ["fetch", FetchHttpClient.layer]
] as const

const quick = { retries: 2, backoffBase: "1 millis" } as const

const configured = (baseUrl: string) =>
  ScenarioConfig.layer({ baseUrl, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })

const requestBatch = (origin: string, client: Layer.Layer<HttpClient.HttpClient>) =>
  Effect.gen(function* () {
    const { requestBatch } = yield* AssetDownload.AssetDownload
    const selection = yield* Effect.orDie(Selection.make({ assetIds: ["asset_a"] }))
    const { reason } = yield* Effect.flip(
      requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
    )
    return reason
  }).pipe(Effect.provide(AssetDownload.layer(quick).pipe(Layer.provide(client), Layer.provide(configured(origin)))))

describe.each(clients)("a request that starts a job, sent by %s,", (_, client) => {
  it.live("is tried again where no connection was made", () =>
    Effect.gen(function* () {
      const reason = yield* requestBatch(yield* closed, client)
      assert(reason._tag === "ConnectionFailed")
      assert.isFalse(reason.maybeSent)
    })
  )

  it.live.each<readonly [what: string, onData: (socket: Net.Socket) => void]>([
    ["reset", (socket) => socket.resetAndDestroy()],
    ["ended", (socket) => socket.end()],
    ["ended in the head of an answer", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")],
    ["ended in the body of an answer", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{")]
  ])("goes out once where the connection is %s", ([, onData]) =>
    Effect.gen(function* () {
      const server = yield* host({ onData })
      const reason = yield* requestBatch(`http://127.0.0.1:${server.port}`, client)
      assert(reason._tag === "ConnectionFailed")
      assert.isTrue(reason.maybeSent)
      assert.strictEqual(server.heard().match(/POST /g)?.length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("tells a host nothing whose certificate is not trusted", () =>
    Effect.gen(function* () {
      const server = yield* host({}, { key, cert })
      assert.strictEqual((yield* requestBatch(`https://127.0.0.1:${server.port}`, client))._tag, "UntrustedHost")
      assert.strictEqual(server.connections(), 1)
      assert.strictEqual(server.heard(), "")
    }).pipe(Effect.scoped)
  )
})

type Change = (request: HttpClientRequest.HttpClientRequest) => HttpClientRequest.HttpClientRequest

describe.each(clients)("a request that %s cannot send", (_, client) => {
  const changes: ReadonlyArray<readonly [what: string, change: Change]> = [
    ["a header with a line break", HttpClientRequest.setHeader("x-note", `a\n${Canary.key}`)],
    ["a header beyond Latin-1", HttpClientRequest.setHeader("x-note", `\u2603 ${Canary.key}`)],
    ["a header whose name has a space", HttpClientRequest.setHeader("x note", Canary.key)],
    ["a URL that is none", HttpClientRequest.setUrl(`http://[${Canary.key}`)]
  ]
  const changing = (change: Change) =>
    Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, HttpClient.mapRequest(change))).pipe(
      Layer.provide(client)
    )
  const check = (error: ApiError.ApiError | TransferError.TransferError) => {
    assert.strictEqual(error.reason._tag, "InvalidRequest")
    assert.isFalse(error.isRetryable)
    assert.notInclude(`${error.message} ${JSON.stringify(error)}`, Canary.key)
  }

  it.live.each(changes)("is not tried again: %s", ([, change]) =>
    Effect.gen(function* () {
      let tries = 0
      const counted = changing((request) => {
        tries++
        return change(request)
      })
      const server = yield* host({})
      const origin = `http://127.0.0.1:${server.port}`
      const calls = Effect.gen(function* () {
        const api = yield* AssetDownload.AssetDownload
        check(yield* Effect.flip(api.getStatus(Asset.JobId.make("job_a"))))
        check(yield* Effect.flip(api.request(Asset.AssetId.make("asset_a"))))
        const { bytes, events } = yield* Transfer.Transfer
        const source = { refresh: Effect.succeed(signedUrl(`${origin}/a.zip`)) }
        check(yield* Effect.flip(Stream.runDrain(events(source))))
        check(yield* Effect.flip(Stream.runDrain(bytes(source))))
      })
      yield* calls.pipe(
        Effect.provide(
          Layer.mergeAll(
            AssetDownload.layer(),
            Transfer.layer({ allowHttp: true }).pipe(
              Layer.provide(Layer.provide(StorageClient.layerHttpClient, counted))
            )
          ).pipe(Layer.provide(counted), Layer.provide(configured(origin)))
        )
      )
      assert.strictEqual((yield* requestBatch(origin, counted))._tag, "InvalidRequest")
      assert.strictEqual(tries, 5)
      assert.strictEqual(server.connections(), 0)
    }).pipe(Effect.scoped)
  )
})

it.live("a port that fetch asks nothing of is not tried again", () =>
  Effect.gen(function* () {
    const reason = yield* requestBatch("http://127.0.0.1:6667", FetchHttpClient.layer)
    assert(reason._tag === "InvalidRequest")
    assert.strictEqual(reason.description, "bad port")
  })
)

it.live.each<readonly [what: string, onHandshake: (socket: Net.Socket) => void]>([
  ["reset", (socket) => socket.once("data", () => socket.resetAndDestroy())],
  ["ended", (socket) => socket.once("data", () => socket.end())],
  ["spoken in plain HTTP", (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))]
])("a TLS handshake that is %s is a connection that was never made", ([, onHandshake]) =>
  Effect.gen(function* () {
    const server = yield* host({ onConnect: onHandshake })
    const reason = yield* requestBatch(`https://127.0.0.1:${server.port}`, NodeScenario.layerApiClient)
    assert(reason._tag === "ConnectionFailed")
    assert.isFalse(reason.maybeSent)
    assert.strictEqual(server.connections(), 1 + quick.retries)
  }).pipe(Effect.scoped)
)
