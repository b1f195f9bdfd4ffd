/** Calls of the API: how one is sent, when it is repeated, and what is made of its answers. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { ApiError, type Operation, type Reason } from "../ApiError.ts"
import * as ApiRetry from "../ApiRetry.ts"
import type * as Backoff from "../http/Backoff.ts"
import * as Client from "../http/Client.ts"
import { failureOf, isTransientStatus, scrubbed } from "../http/Http.ts"
import * as OptionCheck from "../http/OptionCheck.ts"
import * as Pace from "../http/Pace.ts"
import * as Metrics from "../Metrics.ts"
import { ScenarioConfig } from "../ScenarioConfig.ts"
import * as Answer from "./Answer.ts"
import { ConnectionFailed, InvalidRequest, InvalidResponse, TimedOut, UntrustedHost } from "./ApiReason.ts"

/**
 * How a client of the API behaves towards a server that fails. A value that means nothing (`NaN`, a count that is not whole, a negative
 * time) is a defect: a `RangeError` that names the option.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Limit of a whole call: all tries, the waiting before and between them, and the bodies; more than 0. Default 1 minute. */
  readonly timeLimit?: Duration.Input | undefined
  /** How often a call is repeated where its operation and the failure allow it; from 0. Default 4. */
  readonly retries?: number | undefined
  /** First step of the backoff, which doubles. Default 500 ms. */
  readonly backoffBase?: Duration.Input | undefined
  /** Longest step of the backoff. Default 10 s. */
  readonly backoffCap?: Duration.Input | undefined
  /**
   * The longest pause that a server may ask for by `Retry-After`. A longer one is cut to this, unless it reaches beyond
   * the time limit: then the call fails at once. Default 30 s.
   */
  readonly retryAfterCap?: Duration.Input | undefined
}

/** {@link Options} as they are used at every call of the service with this name. */
export const limitsOf = (service: string, options: Options): Limits => {
  const option = OptionCheck.of(service)
  return {
    timeLimit: option.limit("timeLimit", options.timeLimit) ?? Duration.minutes(1),
    retries: option.count("retries", options.retries, 0) ?? 4,
    backoff: {
      base: option.pause("backoffBase", options.backoffBase) ?? Duration.millis(500),
      cap: option.pause("backoffCap", options.backoffCap) ?? Duration.seconds(10),
      retryAfterCap: option.pause("retryAfterCap", options.retryAfterCap) ?? Duration.seconds(30)
    }
  }
}

interface Limits {
  readonly timeLimit: Duration.Duration
  readonly retries: number
  readonly backoff: Backoff.Limits
}

/** One call of an operation. */
export interface Call<A> {
  readonly operation: Operation
  /** The job or asset that it is about. */
  readonly subject?: string
  readonly method: "GET" | "POST"
  readonly path: string
  /** Beside what every call carries. */
  readonly query?: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly body?: unknown
  readonly decode: (text: string) => Effect.Effect<A, Schema.SchemaError | "unexpected">
  /** What an answer is, in words. */
  readonly expected: string
}

/** What calls the API, by one pace for all calls. */
export const make = Effect.fnUntraced(function* ({ backoff, retries, timeLimit }: Limits) {
  const config = yield* ScenarioConfig
  const scrub = Answer.scrubber(config.credentials)
  const client = quiet(Client.withRequestInit(followNothing)(yield* HttpClient.HttpClient))
  const requestOf = addressed(config)
  const pace = Pace.make({ backoff, signOf, retryAfterOf })

  /** One exchange: the answer decoded, or why there is none. */
  const exchange = Effect.fnUntraced(
    function* <A>(call: Call<A>): Effect.fn.Return<A, Reason | HttpClientError> {
      const response = yield* client.execute(requestOf(call))
      const body = yield* Answer.read(response)
      if (!Answer.isSuccess(response)) return yield* Effect.flip(Answer.refusal(response, body, scrub))
      const kept = Answer.details(response, body, scrub)
      if (!body.isWhole) return yield* new InvalidResponse({ response: kept, ...Answer.tooLong })
      return yield* Effect.mapError(
        call.decode(body.text),
        () => new InvalidResponse({ response: kept, description: `expected ${call.expected}` })
      )
    },
    Effect.catchTag("HttpClientError", (error) => Effect.fail(lost(error, scrub)))
  )

  /** A call, repeated as far as operation, failure and time limit allow it. */
  const call = Effect.fnUntraced(function* <A>(call: Call<A>): Effect.fn.Return<A, ApiError> {
    const { operation, subject } = call
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeLimit)
    const errorOf = (reason: Reason) =>
      new ApiError({ operation, reason, ...(subject === undefined ? {} : { subject }) })
    const tell = Effect.fnUntraced(function* (what: string, { pause, reason }: Pace.Failed<Reason>, tries: number) {
      yield* Effect.logDebug(`${operation} ${what}: ${reason.message}`)
      if (what !== "waits") yield* Metric.update(Metric.withAttributes(Metrics.apiRetries, { reason: reason._tag }), 1)
      const listener = yield* ApiRetry.Listener
      yield* listener({ error: errorOf(reason), tries, pause })
    })
    const limited = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.timeoutOrElse(exchange(call), {
        duration: until - now,
        orElse: () => Effect.fail(new TimedOut({ limit: timeLimit }))
      })
    )
    const attempt = Effect.flatMap(Schedule.CurrentMetadata, ({ attempt }) =>
      pace.run(limited, { attempt, until, onHeld: (held) => tell("waits", held, held.failures) })
    )
    const schedule = Schedule.recurs(retries).pipe(
      Schedule.setInputType<Pace.Failed<Reason>>(),
      Schedule.while(({ input, now }) =>
        Effect.succeed(mayRepeat(operation, input.reason) && now + wish(input) < until)
      ),
      Schedule.modifyDelay(({ input }) => Effect.succeed(input.pause)),
      Schedule.tap(({ attempt, input }) => tell("failed and is tried again", input, attempt))
    )
    return yield* Effect.mapError(Effect.retry(attempt, schedule), ({ reason }) => errorOf(reason))
  })

  return { call, scrub }
})

/** A program may choose how `fetch` behaves, but not that it follows redirects. */
const followNothing = (given: RequestInit): RequestInit => ({ ...given, redirect: "manual" })

/** Sends no trace headers where no tracer is installed, for nobody would see the trace. */
const quiet = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transformResponse(client, (response) =>
    Effect.flatMap(Tracer.Tracer, (tracer) =>
      tracer === Tracer.nativeTracer
        ? Effect.provideService(response, HttpClient.TracerPropagationEnabled, false)
        : response
    )
  )

/** Requests to the API, with all that every one of them carries. */
const addressed = ({ baseUrl, credentials, projectId }: ScenarioConfig["Service"]) => {
  const json = HttpClientRequest.acceptJson(HttpClientRequest.empty)
  const known =
    credentials._tag === "Basic"
      ? HttpClientRequest.basicAuth(json, credentials.key, credentials.secret)
      : HttpClientRequest.bearerToken(json, credentials.token)
  const any = projectId === undefined ? known : HttpClientRequest.setUrlParam(known, "projectId", projectId)
  return ({ body, method, path, query = {} }: Pick<Call<unknown>, "body" | "method" | "path" | "query">) => {
    const request = HttpClientRequest.modify(HttpClientRequest.appendUrlParams(any, query), {
      method,
      url: `${baseUrl}${path}`
    })
    return body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
  }
}

/** Why there is no answer. */
const lost = (error: HttpClientError, scrub: Answer.Scrub): Reason => {
  const { code, description, kind, syscall } = failureOf(error)
  const cause = scrubbed(error.reason.cause, scrub)
  const fault = {
    description: scrub(description),
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(cause === undefined ? {} : { cause })
  }
  switch (kind) {
    case "unsendable":
      return new InvalidRequest(fault)
    case "untrusted":
      return new UntrustedHost(fault)
    default:
      return new ConnectionFailed({ ...fault, maybeSent: kind === "broken" })
  }
}

const mayRepeat = (operation: Operation, reason: Reason): boolean => {
  switch (reason._tag) {
    case "RateLimited":
      return true
    case "ConnectionFailed":
      return operation !== "requestBatch" || !reason.maybeSent
    case "ServerError":
      return operation === "requestBatch" ? reason.response.status === 503 : isTransientStatus(reason.response.status)
    case "Rejected":
      return operation !== "requestBatch" && isTransientStatus(reason.response.status)
    default:
      return false
  }
}

/** What a failure tells of the API, beyond the call that met it. */
const signOf = (reason: Reason): Pace.Sign => {
  switch (reason._tag) {
    case "RateLimited":
      return "overloaded"
    case "ServerError":
      return isTransientStatus(reason.response.status) ? "down" : "well"
    case "ConnectionFailed":
      return reason.maybeSent ? "silent" : "down"
    case "UntrustedHost":
    case "InvalidRequest":
    case "TimedOut":
      return "silent"
    default:
      return "well"
  }
}

const retryAfterOf = (reason: Reason): Duration.Duration | undefined =>
  "retryAfter" in reason ? reason.retryAfter : undefined

/** The pause as the server wants it, which may be longer than the one that is made; in milliseconds. */
const wish = ({ pause, reason }: Pace.Failed<Reason>): number =>
  Duration.toMillis(Duration.max(pause, retryAfterOf(reason) ?? Duration.zero))
