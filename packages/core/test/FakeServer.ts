/** A server in the place of the network, for tests of what is sent and of what is made of the answers. */
import {
  type ApiError,
  type Asset,
  AssetCatalog,
  AssetDownload,
  type DownloadJob,
  ScenarioConfig,
  type SignedUrl
} from "@scenario-assets/core"
import { Clock, Effect, Redacted, Stream } from "effect"
import {
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  type HttpClientResponse,
  HttpServerResponse
} from "effect/http"
import * as Canary from "../../../test-support/Canary.ts"

/** A request as it came. */
export interface Received {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds of the test's clock. */
  readonly time: number
}

export type Api = AssetDownload.AssetDownload["Service"]

/** One of the three operations, called. */
export type Call = (
  api: Api
) => Effect.Effect<Asset.JobId | DownloadJob.DownloadJob | SignedUrl.SignedUrl, ApiError.ApiError>

export type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

/** Answers with a status; a body that is no text is sent as JSON. */
export const answer =
  (status: number, body: unknown = "", headers: Readonly<Record<string, string>> = {}): Answer =>
  (request) =>
    Effect.sync(() => {
      const text = typeof body === "string" ? body : JSON.stringify(body)
      const response = HttpServerResponse.text(text, { status, contentType: "application/json", headers })
      return HttpServerResponse.toClientResponse(response, { request })
    })

/** A head that comes at once, and a body that does not go on. */
export const hangingBody: Answer = (request) =>
  Effect.sync(() => {
    const body = Stream.concat(Stream.make(new TextEncoder().encode(`{"jobId":`)), Stream.never)
    return HttpServerResponse.toClientResponse(HttpServerResponse.stream(body), { request })
  })

/** A head that comes at once, and a body that breaks. */
export const brokenBody: Answer = (request) =>
  Effect.sync(() => {
    const body = Stream.concat(
      Stream.make(new TextEncoder().encode(`{"jobId":`)),
      Stream.fail(socketError("ECONNRESET"))
    )
    return HttpServerResponse.toClientResponse(HttpServerResponse.stream(body), { request })
  })

/** A body that never ends, of this text again and again; `sent` tells how much of it was taken, `ended` how often it was let go. */
export const endless = (status: number, text: string) => {
  const bytes = new TextEncoder().encode(text)
  const state = { sent: 0, ended: 0 }
  const answer: Answer = (request) =>
    Effect.sync(() => {
      const body = Stream.forever(Stream.make(bytes)).pipe(
        Stream.tap((chunk) => Effect.sync(() => void (state.sent += chunk.length))),
        Stream.ensuring(Effect.sync(() => void state.ended++))
      )
      return HttpServerResponse.toClientResponse(HttpServerResponse.stream(body, { status }), { request })
    })
  return { answer, state }
}

/** No answer at all. */
export const silence: Answer = () => Effect.never

/** A connection that breaks, with an error as Node's clients give it. */
export const broken =
  (code: string, { syscall = "read", message = `${syscall} ${code}` }: Partial<SocketError> = {}): Answer =>
  (request) =>
    Effect.fail(transportError(request, socketError(code, { message, syscall })))

/** A connection that breaks, with any other error. */
export const brokenBy =
  (cause: unknown): Answer =>
  (request) =>
    Effect.fail(transportError(request, cause))

const transportError = (request: HttpClientRequest.HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

/** Answers later. */
export const delayed =
  (millis: number, answer: Answer): Answer =>
  (request) =>
    Effect.delay(answer(request), millis)

interface SocketError {
  readonly syscall: string
  readonly message: string
}

/** What Node gives for a failed call of the system. */
export const socketError = (
  code: string,
  { syscall = "read", message = `${syscall} ${code}` }: Partial<SocketError> = {}
) => Object.assign(new Error(message), { code, syscall })

export interface FakeServer {
  readonly client: HttpClient.HttpClient
  readonly received: ReadonlyArray<Received>
  /** The one request that was received. */
  readonly only: Effect.Effect<Received>
  /** The requests that were given up before they were answered. */
  readonly interrupted: () => number
}

/** A server that answers one request after the other, and all further ones like the last. */
export const make = (first: Answer, ...others: ReadonlyArray<Answer>): FakeServer => {
  const received: Array<Received> = []
  let interrupted = 0
  const client = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const { body, headers, method } = request
      const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : ""
      const time = yield* Clock.currentTimeMillis
      const answer = [first, ...others][Math.min(received.length, others.length)] ?? first
      received.push({ method, url, headers: { ...headers }, body: text, time })
      return yield* answer(request)
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => void interrupted++)))
  )
  const only = Effect.suspend(() =>
    received[0] === undefined || received.length > 1
      ? Effect.die(new Error(`${received.length} requests were received`))
      : Effect.succeed(received[0])
  )
  return { client, received, only, interrupted: () => interrupted }
}

export const canaryCredentials = { apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) }

interface ConnectOptions extends AssetDownload.Options {
  readonly config?: ScenarioConfig.Options
}

/** A service on such a server, with the canaries as credentials. */
const connected = Effect.fnUntraced(function* <A>(
  make: Effect.Effect<A, never, HttpClient.HttpClient | ScenarioConfig.ScenarioConfig>,
  server: Pick<FakeServer, "client">,
  { config }: ConnectOptions
) {
  return yield* make.pipe(
    Effect.provideService(HttpClient.HttpClient, server.client),
    Effect.provideService(ScenarioConfig.ScenarioConfig, yield* ScenarioConfig.make(config ?? canaryCredentials))
  )
})

/** The three operations on such a server. */
export const connect = (server: Pick<FakeServer, "client">, options: ConnectOptions = {}) =>
  connected(AssetDownload.make(options), server, options)

/** The catalogue on such a server. */
export const connectCatalog = (server: Pick<FakeServer, "client">, options: ConnectOptions = {}) =>
  connected(AssetCatalog.make(options), server, options)
