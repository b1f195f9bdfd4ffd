/** From an answer of the API to a value or a reason, with every secret taken out of what is kept. */
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import {
  Forbidden,
  InvalidResponse,
  NotFound,
  QuotaExceeded,
  RateLimited,
  type Reason,
  Rejected,
  type ResponseDetails,
  ServerError,
  Unauthorized
} from "../ApiError.ts"
import type { Credentials } from "../ScenarioConfig.ts"
import * as SignedUrl from "../SignedUrl.ts"
import * as Backoff from "./Backoff.ts"

const longestBody = 64 * 1024

/** A function that removes the credentials themselves, should a server repeat them, and the queries of URLs. */
export const scrubber = (credentials: Credentials): (text: string) => string => {
  const secrets = credentials._tag === "Bearer" ? [Redacted.value(credentials.token)] : [
    Base64.encode(`${Redacted.value(credentials.key)}:${Redacted.value(credentials.secret)}`),
    Redacted.value(credentials.secret),
    Redacted.value(credentials.key)
  ]
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "<redacted>"), SignedUrl.redactIn(text))
}

/** Applies a function to every string of a JSON object, keys aside. */
export const mapStrings = (
  json: { readonly [key: string]: Schema.Json },
  f: (text: string) => string
): { readonly [key: string]: Schema.Json } =>
  Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapString(value, f)]))

const mapString = (json: Schema.Json, f: (text: string) => string): Schema.Json => {
  if (typeof json === "string") return f(json)
  if (Array.isArray(json)) return json.map((item: Schema.Json) => mapString(item, f))
  return isJsonObject(json) ? mapStrings(json, f) : json
}

const isJsonObject = (json: Schema.Json): json is Schema.JsonObject => Predicate.isObject(json)

/** What is kept of an answer. */
export const details = (
  answer: { readonly status: number; readonly headers: { readonly [name: string]: string } },
  body: string
): ResponseDetails => {
  const requestId = requestIdNames.map((name) => answer.headers[name]).find((value) => value !== undefined)
  return {
    status: answer.status,
    headers: Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        secretHeaders.test(name) ? "<redacted>" : SignedUrl.redactIn(value)
      ])
    ),
    body: body.slice(0, longestBody),
    ...(requestId === undefined ? {} : { requestId })
  }
}

const requestIdNames = ["x-request-id", "x-amzn-requestid", "apigw-requestid", "x-amz-request-id", "x-amz-cf-id", "cf-ray"]
const secretHeaders = /^(?:(?:proxy-)?authorization|cookie|set-cookie|x-api-key|.*token.*)$/

/** The reason that stands for an answer other than 200; `body` has been scrubbed. */
export const refusal = (answer: HttpClientResponse, body: string): Effect.Effect<Reason> =>
  Effect.map(Backoff.retryAfter(answer.headers), (retryAfter) => {
    const response = details(answer, body)
    const later = retryAfter === undefined ? {} : { retryAfter }
    switch (answer.status) {
      case 401:
        return new Unauthorized({ response })
      case 402:
        return new QuotaExceeded({ response })
      case 403:
        return new Forbidden({ response })
      case 404:
        return new NotFound({ response })
      case 429:
        return new RateLimited({ response, ...later })
      default:
        if (answer.status >= 500) return new ServerError({ response, ...later })
        if (answer.status >= 400) return new Rejected({ response })
        return new InvalidResponse({
          response,
          description: answer.status >= 300 ? "expected no redirect" : "expected the status 200"
        })
    }
  })
