/**
 * The emulator on two ports of this machine: the API on one, the storage host on the other. Its faults are real: TCP
 * resets, closed connections, bytes that never arrive.
 *
 * @since 0.1.0
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type * as Net from "node:net"
import * as Emulator from "@scenario-assets/core/testing/Emulator"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as UrlParams from "effect/http/UrlParams"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as NodeHashes from "../file/internal/NodeHashes.ts"
import * as Wire from "./internal/EmulatorWire.ts"

/**
 * The emulator could not take its port.
 *
 * @category errors
 * @since 0.1.0
 */
export class EmulatorServerError extends Schema.TaggedError<EmulatorServerError>()("EmulatorServerError", {
  host: Schema.String,
  port: Schema.Int,
  /** Such as `EADDRINUSE`, as the operating system calls it. */
  code: Schema.String
}) {
  override get message(): string {
    const what = `The emulator cannot listen on ${this.host}, port ${this.port}`
    switch (this.code) {
      case "EADDRINUSE":
        return `${what}: it is in use. Choose another port, or 0 for any free one.`
      case "EACCES":
        return `${what}: it is not allowed. Choose a port from 1024 on, or 0 for any free one.`
      case "EADDRNOTAVAIL":
        return `${what}: this machine has no such address. Leave the host out for 127.0.0.1.`
      default:
        return `${what}: ${this.code}.`
    }
  }
}

/**
 * The options of the emulator, and where it listens.
 *
 * @category options
 * @since 0.1.0
 */
export interface Options extends Omit<Emulator.Options, "apiUrl" | "storageUrl"> {
  /** Port of the API; default 0, any free one. */
  readonly port?: number | undefined
  /** Port of the storage host; default 0, any free one. */
  readonly storagePort?: number | undefined
  /** Address to listen on; default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Certificate and key in PEM, for HTTPS on both ports. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/**
 * Starts an emulator that listens as long as the scope is open. Closing it ends all connections at once. Its `config`
 * has the addresses of both hosts.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options = {}
): Effect.Effect<Emulator.Emulator["Service"], EmulatorServerError, Scope.Scope> =>
  Effect.gen(function* () {
    const emulator = yield* Deferred.make<Emulator.Emulator["Service"]>()
    const apiOrigin = yield* serve(emulator, "api", options, options.port ?? 0)
    const storageUrl = yield* serve(emulator, "storage", options, options.storagePort ?? 0)
    const apiUrl = `${apiOrigin}/v1`
    const service = yield* Emulator.make({ hashes: NodeHashes.hashes, ...options, apiUrl, storageUrl })
    yield* Deferred.succeed(emulator, service)
    return service
  })

/**
 * The emulator on two ports of this machine.
 *
 * **Example** (A test over real connections)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { AssetDownload, ScenarioConfig } from "@scenario-assets/core"
 * import { Emulator, Fault } from "@scenario-assets/core/testing"
 * import { NodeScenario } from "@scenario-assets/node"
 * import { EmulatorServer } from "@scenario-assets/node/testing"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const ConfigTest = Layer.unwrap(
 *   Effect.map(Emulator.Emulator, ({ config: { apiUrl, credentials } }) =>
 *     ScenarioConfig.layer({ baseUrl: apiUrl, bearerToken: Redacted.make(credentials.token) })
 *   )
 * )
 * const ScenarioTest = NodeScenario.layerServices().pipe(
 *   Layer.provide(ConfigTest),
 *   Layer.provideMerge(EmulatorServer.layer())
 * )
 *
 * it.live("repeats a request that a busy server refuses", () =>
 *   Effect.gen(function* () {
 *     const emulator = yield* Emulator.Emulator
 *     yield* emulator.inject(Fault.status("request", 503))
 *     const assets = yield* AssetDownload.AssetDownload
 *     const [asset] = emulator.catalogue.assets
 *     assert(asset !== undefined)
 *     yield* assets.request(asset.id)
 *     assert.lengthOf(yield* emulator.requests, 2)
 *   }).pipe(Effect.provide(ScenarioTest))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Emulator.Emulator, EmulatorServerError> =>
  Layer.effect(Emulator.Emulator)(make(options))

/** Listens on a port, answers requests to one host, and gives the origin. */
const serve = Effect.fnUntraced(function* (
  emulator: Deferred.Deferred<Emulator.Emulator["Service"]>,
  emulated: Emulator.Host,
  options: Options,
  port: number
) {
  const host = options.host ?? "127.0.0.1"
  const server = options.tls === undefined ? Http.createServer() : Https.createServer(options.tls)
  // As long as load balancers keep them. With the five seconds that are usual in Node, a program that is busy for so long closes
  // connections on which the next request has come already.
  server.keepAliveTimeout = keepAliveTimeout
  const address = yield* Effect.acquireRelease(listen(server, host, port), () => close(server))
  const scheme = options.tls === undefined ? "http" : "https"
  const origin = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${address.port}`

  const run = yield* FiberSet.makeRuntime<never, void, never>()
  const connections = Wire.connectionsOf(server)
  server.on("request", (request, response) => {
    const fiber = run(
      Effect.gen(function* () {
        const { handle } = yield* Deferred.await(emulator)
        const body = yield* Wire.readBody(request)
        const reply = yield* handle(emulated, toServerRequest(origin, request, body))
        yield* Wire.send(reply, response, connections)
      })
    )
    response.once("close", () => fiber.interruptUnsafe())
  })
  return origin
})

/** In milliseconds. */
const keepAliveTimeout = 65_000

const listen = (server: Http.Server, host: string, port: number) =>
  Effect.callback<Net.AddressInfo, EmulatorServerError>((resume) => {
    const refused = (code: string) => resume(Effect.fail(new EmulatorServerError({ host, port, code })))
    server.once("error", (error: NodeJS.ErrnoException) => refused(error.code ?? error.message))
    server.listen(port, host, () => {
      const address = server.address()
      if (address === null || typeof address === "string") refused("no address")
      else resume(Effect.succeed(address))
    })
  })

const close = (server: Http.Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const toServerRequest = (origin: string, request: Http.IncomingMessage, body: Uint8Array) =>
  HttpServerRequest.fromClientRequest(
    HttpClientRequest.makeWith(
      request.method ?? "GET",
      `${origin}${request.url ?? "/"}`,
      UrlParams.empty,
      Option.none(),
      Wire.toHeaders(request.headers),
      body.length === 0 ? HttpBody.empty : HttpBody.uint8Array(body, request.headers["content-type"])
    )
  )
