/** What both the API and storage ask of an `HttpClient` that may be `fetch`. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"

/**
 * Decides over the settings of `fetch`, wherever the program has given its own: around the call, or to the layer of the client.
 * The latter are seen only where the request is made, so that is where they are replaced. A header that cannot be sent fails
 * there too, whatever the client makes of it.
 */
export const withRequestInit =
  (choose: (given: RequestInit) => RequestInit) =>
  (client: HttpClient.HttpClient): HttpClient.HttpClient =>
    client.pipe(
      HttpClient.mapRequestEffect((request) =>
        Effect.withFiber((fiber) => {
          const init = choose(Context.getOrUndefined(fiber.context, FetchHttpClient.RequestInit) ?? {})
          fiber.setContext(Context.add(fiber.context, FetchHttpClient.RequestInit, init))
          const name = Object.entries(request.headers).find((header) => !isSendable(header))?.[0]
          if (name === undefined) return Effect.succeed(request)
          const description = `the header ${JSON.stringify(name)} is not proper HTTP`
          const reason = new HttpClientError.EncodeError({ request, description })
          return Effect.fail(new HttpClientError.HttpClientError({ reason }))
        })
      ),
      // What was replaced is as it was afterwards.
      HttpClient.transform((exchange) =>
        Effect.withFiber((fiber) => {
          const before = fiber.context
          return Effect.ensuring(
            exchange,
            Effect.sync(() => fiber.setContext(before))
          )
        })
      )
    )

/** A name that is a token, and a value without control characters (RFC 9110, 5.1 and 5.5). */
const isSendable = ([name, value]: readonly [name: string, value: string]): boolean =>
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
