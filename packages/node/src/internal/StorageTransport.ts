/**
 * An `HttpClient` for few large bodies: undici's dispatcher, without a `Readable` between it and the stream.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { Dispatcher } from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { BatchedBody } from "./BatchedBody.ts"

export const make: Effect.Effect<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = Effect.map(
  NodeHttpClient.Dispatcher,
  (dispatcher) => HttpClient.make((request, url, signal) => exchange(dispatcher, request, url, signal))
)

const exchange = (dispatcher: Dispatcher, request: HttpClientRequest, url: URL, signal: AbortSignal) =>
  Effect.callback<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let body: BatchedBody | undefined
    const onAbort = () => controller?.abort(new Error("the exchange was ended"))
    const fail = (cause: unknown) => {
      signal.removeEventListener("abort", onAbort)
      if (body !== undefined) body.fail(cause)
      else
        resume(
          Effect.fail(
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
          )
        )
    }
    signal.addEventListener("abort", onAbort, { once: true })
    dispatcher.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: "GET",
        headers: { ...request.headers },
        // Silence is the transfer's to judge.
        headersTimeout: 0,
        bodyTimeout: 0
      },
      {
        onRequestStart(started) {
          controller = started
          if (signal.aborted) onAbort()
        },
        onResponseStart(flow, status, headers) {
          if (status < 200) return
          body = new BatchedBody(flow)
          resume(Effect.succeed(respond(request, status, headers, body)))
        },
        onResponseData(_, chunk) {
          body?.push(chunk)
        },
        onResponseEnd() {
          signal.removeEventListener("abort", onAbort)
          body?.end()
        },
        onResponseError: (_, cause) => fail(cause)
      }
    )
    return Effect.sync(onAbort)
  })

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2]

/** A web response gives everything but the stream, whose place the gathered body takes. */
const respond = (
  request: HttpClientRequest,
  status: number,
  headers: Headers,
  body: BatchedBody
): HttpClientResponse.HttpClientResponse => {
  const entries = Object.entries(headers).flatMap(([name, value]): Array<[string, string]> =>
    value === undefined ? [] : [value].flat().map((one) => [name, one])
  )
  const stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError> = Stream.fromPull(
    Effect.succeed(
      body.pull(
        (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.DecodeError({ request, response, cause }) })
      )
    )
  )
  // Nothing is read from it unless somebody asks for text or JSON.
  const readable = Stream.toReadableStream(stream, { strategy: { highWaterMark: 0 } })
  const hasBody = status !== 204 && status !== 205 && status !== 304
  const response = HttpClientResponse.fromWeb(
    request,
    new Response(hasBody ? readable : null, { status, headers: entries })
  )
  return Object.defineProperty(response, "stream", { get: () => stream })
}
