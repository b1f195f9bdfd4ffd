/**
 * The HTTP client for storage hosts: it holds no credential and tells nothing about the program that uses it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"

/**
 * An `HttpClient` under a key of its own, so that it cannot be mistaken for the one that carries credentials.
 *
 * @category services
 * @since 0.1.0
 */
export class StorageClient extends Context.Service<StorageClient, HttpClient.HttpClient>()(
  "@scenario-assets/core/transfer/StorageClient"
) {}

/**
 * The most bytes of a body that a client should gather before it hands them on, and about as many as it should read ahead.
 * `Transfer` sets it where a rate is limited, so that little waits; a client that does not look at it loses only that.
 * Default: as many as suit the client.
 *
 * @category references
 * @since 0.1.0
 */
export const GatherLimit: Context.Reference<number> = Context.Reference(
  "@scenario-assets/core/StorageClient/GatherLimit",
  {
    defaultValue: () => Infinity
  }
)

const withheld = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "traceparent",
  "tracestate",
  "b3",
  "baggage"
]

/**
 * Makes a storage client of any client: removes credentials that its request transformations added, sends no trace
 * headers, opens no client span (a span would hold the signed URL), asks for bytes as they are stored, and does not let
 * `fetch` follow redirects by itself.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  client.pipe(
    HttpClient.mapRequest((request) =>
      HttpClientRequest.setHeader(
        HttpClientRequest.updateHeaders(request, Headers.removeMany(withheld)),
        "accept-encoding",
        "identity"
      )
    ),
    HttpClient.transform((effect) =>
      effect.pipe(
        Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual", credentials: "omit" })
      )
    )
  )

/**
 * The storage client on the `HttpClient` of the context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<StorageClient, never, HttpClient.HttpClient> = Layer.effect(
  StorageClient,
  Effect.map(HttpClient.HttpClient, make)
)
