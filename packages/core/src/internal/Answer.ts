/** From an answer of the API to a value or a reason, with every secret taken out of what is kept. */
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Stream from "effect/Stream"
import type { Reason, ResponseDetails } from "../ApiError.ts"
import { DownloadJob } from "../DownloadJob.ts"
import * as Backoff from "../http/Backoff.ts"
import type { Credentials } from "../ScenarioConfig.ts"
import * as Bytes from "../transfer/internal/Bytes.ts"
import {
  Forbidden,
  InvalidResponse,
  NotFound,
  QuotaExceeded,
  RateLimited,
  Rejected,
  ServerError,
  Unauthorized
} from "./ApiReason.ts"
import * as Json from "./Json.ts"
import * as Redaction from "./Redaction.ts"

/** What is read of a body, in bytes: of an answer, and of a refusal. */
const longest = { answer: 16 * 1024 * 1024, refusal: 128 * 1024 }
/** What is kept of it, in characters. */
const longestBody = 64 * 1024
/** A secret is no longer than this, in any form: where a text ends in the middle of one, it is not recognised. */
const longestSecret = 32 * 1024

/** The text of a body, from its beginning. */
export interface Body {
  readonly text: string
  /** Whether it is all of it. */
  readonly isWhole: boolean
}

export const isSuccess = ({ status }: HttpClientResponse): boolean => status >= 200 && status < 300

/** Reads a body as far as it can be of use, and lets the connection go where there is more. */
export const read = (answer: HttpClientResponse): Effect.Effect<Body, HttpClientError> => {
  const limit = isSuccess(answer) ? longest.answer : longest.refusal
  return Effect.suspend(() => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    return answer.stream.pipe(
      Stream.takeUntil((chunk) => {
        chunks.push(chunk)
        length += chunk.length
        return length > limit
      }),
      Stream.runDrain,
      Effect.catchIf(
        ({ reason }) => reason._tag === "EmptyBodyError",
        () => Effect.void
      ),
      Effect.map(() => ({ text: utf8.decode(Bytes.join(chunks)), isWhole: length <= limit }))
    )
  })
}

const utf8 = new TextDecoder()

/** That a body has more than is read of it. */
export const tooLong = { description: `expected at most ${longest.answer / 1024 / 1024} MiB`, limit: longest.answer }

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
  const remove = Redaction.removing(secrets)
  return (text) => remove(Redaction.redact(text))
}

/** A job as `getStatus` gives it: all fields that are none of its own are `details`. An empty or null URL is no URL. */
export const job = (scrub: Scrub) =>
  Schema.StructWithRest(
    Schema.Struct({
      jobId: Schema.String,
      jobStatus: Schema.NonEmptyString,
      downloadUrl: Schema.optionalKey(Schema.NullOr(Schema.String))
    }),
    [Schema.Record(Schema.String, Schema.Json)]
  ).pipe(
    Schema.decodeTo(DownloadJob, {
      decode: SchemaGetter.transform(({ downloadUrl, jobId, jobStatus, ...details }) => ({
        jobId,
        jobStatus,
        ...(downloadUrl ? { downloadUrl } : {}),
        details: Json.mapStrings(details, scrub)
      })),
      encode: SchemaGetter.forbidden(() => "A job is read from answers only")
    })
  )

/** What is kept of an answer. */
export const details = (
  answer: { readonly status: number; readonly headers: { readonly [name: string]: string } },
  { isWhole, text }: Body,
  scrub: Scrub
): ResponseDetails => {
  const headers: { readonly [name: string]: string } = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      secretHeaders.test(name) ? "<redacted>" : scrub(value)
    ])
  )
  const shown = scrub(isWhole ? text : text.slice(0, longest.refusal))
  const requestId = requestIdNames.map((name) => headers[name]).find((value) => value !== undefined)
  return {
    status: answer.status,
    headers,
    body: shown.slice(0, isWhole ? longestBody : Math.max(0, Math.min(longestBody, shown.length - longestSecret))),
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
export const refusal = (answer: HttpClientResponse, body: Body, scrub: Scrub): Effect.Effect<Reason> =>
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
