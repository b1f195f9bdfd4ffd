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
import * as Backoff from "../http/Backoff.ts"
import type { Credentials } from "../ScenarioConfig.ts"
import * as SignedUrl from "../SignedUrl.ts"

const longestBody = 64 * 1024

/** Takes the secrets out of a text: the credentials themselves, should a server repeat them, and the queries of URLs. */
export type Scrub = (text: string) => string

export const scrubber = (credentials: Credentials): Scrub => {
  const secrets =
    credentials._tag === "Bearer"
      ? [Redacted.value(credentials.token)]
      : [
          Base64.encode(`${Redacted.value(credentials.key)}:${Redacted.value(credentials.secret)}`),
          Redacted.value(credentials.secret),
          Redacted.value(credentials.key)
        ]
  // The longest first: one may hold another.
  const any = new RegExp(
    secrets
      .toSorted((a, b) => b.length - a.length)
      .map(inAnyForm)
      .join("|"),
    "gi"
  )
  return (text) => SignedUrl.redactIn(text).replace(any, "<redacted>")
}

/** A pattern of a secret as it is, and as it stands in JSON, in a URL and in HTML. */
const inAnyForm = (secret: string): string =>
  secret.replace(/[^0-9A-Za-z]/g, (sign) => {
    const hex = sign.charCodeAt(0).toString(16)
    return String.raw`(?:\\?\x${hex}|\\u00${hex}|%${hex}|&#?\w{1,8};)`
  })

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

export const isJsonObject = (json: Schema.Json): json is Schema.JsonObject =>
  Predicate.isObject(json) && !Array.isArray(json)

/** What is kept of an answer. */
export const details = (
  answer: { readonly status: number; readonly headers: { readonly [name: string]: string } },
  body: string,
  scrub: Scrub
): ResponseDetails => {
  const headers: { readonly [name: string]: string } = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      secretHeaders.test(name) ? "<redacted>" : scrub(value)
    ])
  )
  const requestId = requestIdNames.map((name) => headers[name]).find((value) => value !== undefined)
  return {
    status: answer.status,
    headers,
    body: scrub(body).slice(0, longestBody),
    ...(requestId === undefined ? {} : { requestId })
  }
}

const requestIdNames = [
  "x-request-id",
  "x-amzn-requestid",
  "apigw-requestid",
  "x-amz-request-id",
  "x-amz-cf-id",
  "cf-ray"
]
const secretHeaders = /^(?:(?:proxy-)?authorization|cookie|set-cookie|x-api-key|.*token.*)$/

/** The reason that stands for an answer without success. */
export const refusal = (answer: HttpClientResponse, body: string, scrub: Scrub): Effect.Effect<Reason> =>
  Effect.map(Backoff.retryAfter(answer.headers), (retryAfter) => {
    const response = details(answer, body, scrub)
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
        if (answer.status >= 400) return new Rejected({ response, ...later })
        // Browsers give a redirect that is not followed the status 0.
        return new InvalidResponse({ response, description: "expected no redirect" })
    }
  })
