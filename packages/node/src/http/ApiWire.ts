/** The API by undici's `fetch`, which decodes compressed answers. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { Agent } from "./Agent.ts"

/** An `HttpClient` on the connections of a program, which calls itself by this name. */
export const layer = (userAgent: string): Layer.Layer<HttpClient.HttpClient, never, Agent> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.mapRequestInput((request) =>
        "user-agent" in request.headers ? request : HttpClientRequest.setHeader(request, "user-agent", userAgent)
      )
    )
  ).pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(layerFetch))

/** The built-in `fetch` takes no connections of another undici than its own. */
const layerFetch = Layer.effect(
  FetchHttpClient.Fetch,
  Effect.map(
    Agent,
    (load): typeof globalThis.fetch =>
      (input, init) =>
        Effect.runPromise(load).then(({ dispatcher, undici: { fetch } }) => {
          if (!isFetch(fetch)) throw new TypeError("undici has no fetch")
          const settings = { dispatcher, ...init }
          return fetch(input, settings)
        })
  )
)

/** It is that of the platform in another version, which its types do not know. */
const isFetch = (value: unknown): value is typeof globalThis.fetch => typeof value === "function"
