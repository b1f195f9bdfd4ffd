/**
 * The emulator behind an `HttpClient`, without sockets: for tests of programs that download from Scenario.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Emulator } from "./Emulator.ts"
import * as Reply from "./internal/Reply.ts"

/**
 * Makes the client. It behaves as one over sockets would: a body that ends before its declared length fails, one that
 * exceeds it is cut off there, and a stall lasts until it is interrupted. Hosts other than those of the emulator cannot
 * be reached.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<HttpClient.HttpClient, never, Emulator> = Effect.map(Emulator, (emulator) => {
  const hosts = new Map([
    [new URL(emulator.config.apiUrl).origin, "api" as const],
    [new URL(emulator.config.storageUrl).origin, "storage" as const]
  ])
  return HttpClient.make((request, url) => {
    const host = hosts.get(url.origin)
    return host === undefined
      ? Effect.fail(transportError(request, "ENOTFOUND", `getaddrinfo ENOTFOUND ${url.hostname}`))
      : Effect.flatMap(emulator.handle(host, HttpServerRequest.fromClientRequest(request)), (reply) =>
          toResponse(request, reply)
        )
  })
})

/**
 * The client of the emulator that is provided.
 *
 * **Gotchas**
 *
 * The emulator tells time by Effect's clock, so a test with `TestClock` spends none. One `TestClock.adjust` of any size
 * is enough for a whole program of many waits, provided that the program starts after a sleep, as in the example:
 * `adjust` waits for what it has woken, but not for a fiber on its way to its first sleep.
 *
 * **Example** (Testing a program without sockets and without waiting)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { AssetDownload, ScenarioConfig } from "@scenario-assets/core"
 * import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
 * import { Effect, Fiber, Layer, Redacted } from "effect"
 * import { TestClock } from "effect/testing"
 *
 * const ScenarioTest = AssetDownload.layer().pipe(
 *   Layer.provide(EmulatorHttpClient.layer),
 *   Layer.provide(
 *     ScenarioConfig.layer({
 *       baseUrl: "https://api.emulator.test/v1",
 *       bearerToken: Redacted.make(Emulator.defaultCredentials.token)
 *     })
 *   ),
 *   Layer.provideMerge(Emulator.layer())
 * )
 *
 * it.effect("waits for a busy server", () =>
 *   Effect.gen(function* () {
 *     const emulator = yield* Emulator.Emulator
 *     yield* emulator.inject(Fault.status("request", 503, { times: 2, retryAfter: "20 seconds" }))
 *     const assets = yield* AssetDownload.AssetDownload
 *     const fiber = yield* assets
 *       .request(emulator.catalogue.assets[0].id)
 *       .pipe(Effect.delay("1 milli"), Effect.forkChild)
 *     yield* TestClock.adjust("1 minute")
 *     yield* Fiber.join(fiber)
 *     assert.lengthOf(yield* emulator.requests, 3)
 *   }).pipe(Effect.provide(ScenarioTest))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<HttpClient.HttpClient, never, Emulator> = Layer.effect(HttpClient.HttpClient)(make)

const toResponse = (
  request: HttpClientRequest.HttpClientRequest,
  reply: Reply.Reply
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
  const { _tag } = reply.ending
  if (_tag === "drop") return Effect.fail(transportError(request, "UND_ERR_SOCKET", "other side closed"))
  if (_tag === "stall" && reply.ending.after === 0) return Effect.never
  const response = HttpServerResponse.stream(body(request, reply), { status: reply.status })
  return Effect.succeed(
    HttpServerResponse.toClientResponse(
      HttpServerResponse.setHeaders(HttpServerResponse.removeHeader(response, "content-type"), reply.headers),
      { request }
    )
  )
}

const body = (request: HttpClientRequest.HttpClientRequest, reply: Reply.Reply): Stream.Stream<Uint8Array, Error> => {
  const declared = request.method === "HEAD" ? 0 : Number(reply.headers["content-length"] ?? Number.POSITIVE_INFINITY)
  const [from, to] = Reply.sent(reply)
  const bytes = Reply.stream({ ...reply, range: [from, Math.min(to, from + declared)] })
  if (to - from >= declared) return bytes
  switch (reply.ending._tag) {
    case "reset":
      return Stream.concat(bytes, Stream.fail(socketError("ECONNRESET", "read ECONNRESET")))
    case "stall":
      return Stream.concat(bytes, Stream.never)
    default:
      return declared === Number.POSITIVE_INFINITY
        ? bytes
        : Stream.concat(bytes, Stream.fail(socketError("UND_ERR_SOCKET", "other side closed")))
  }
}

/** With the code that Node's clients give. */
const socketError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const transportError = (request: HttpClientRequest.HttpClientRequest, code: string, message: string) =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, description: message, cause: socketError(code, message) })
  })
