/**
 * The three operations of `assets.download`, over whatever `HttpClient` the program provides.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import {
  ApiError,
  BatchTooLarge,
  ConnectionFailed,
  InvalidRequest,
  InvalidResponse,
  type Operation,
  type Reason,
  TimedOut,
  UntrustedHost
} from "./ApiError.ts"
import * as ApiRetry from "./ApiRetry.ts"
import { type AssetId, JobId, type TargetFormat } from "./Asset.ts"
import { DownloadJob } from "./DownloadJob.ts"
import type { FileNameTemplate } from "./FileNameTemplate.ts"
import * as Client from "./http/Client.ts"
import { failureOf, isTransientStatus } from "./http/Http.ts"
import * as OptionCheck from "./http/OptionCheck.ts"
import * as Pace from "./http/Pace.ts"
import * as Answer from "./internal/Answer.ts"
import { ScenarioConfig } from "./ScenarioConfig.ts"
import { maxBatchSize, type Selection } from "./Selection.ts"
import * as SignedUrl from "./SignedUrl.ts"

/**
 * What `requestBatch` asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface BatchRequest {
  /** At most 1000 ids. */
  readonly selection: Selection
  readonly fileNameTemplate: FileNameTemplate
  /** Store the assets flat instead of grouped in directories. Default `false`. */
  readonly flat?: boolean | undefined
}

/**
 * How the client behaves towards a server that fails. A value that means nothing (`NaN`, a count that is not whole, a negative
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

/**
 * The three operations, under the names Scenario gives them.
 *
 * `getStatus` and `request` are repeated after 408, 429, 500, 502, 503, 504 and lost connections. `requestBatch` starts
 * a job and no idempotency key is documented, so it is repeated only where the server cannot have acted: a connection
 * that was never made, 429 and 503. A failure whose `Retry-After` reaches beyond the time limit is returned at once.
 *
 * All calls of a service keep one pace. A 429 pauses them all and halves how many run at once, which grows again by one with
 * each round of answers; before the first 429 there is no limit. While the API is down (no connection, or a 5xx that may
 * pass), one call at a time is sent after each pause, and the others wait. A call that waits until its time limit fails with
 * the reason for the wait.
 *
 * Each call is a span, `AssetDownload.getStatus` and the like, with one of the client for each try; without a tracer
 * (`Tracer.nativeTracer`) none is made and no trace header is sent.
 *
 * @category services
 * @since 0.1.0
 */
export class AssetDownload extends Context.Service<
  AssetDownload,
  {
    /** `POST /assets/download`: starts a job that packs everything selected into one archive. */
    readonly requestBatch: (request: BatchRequest) => Effect.Effect<JobId, ApiError>
    /** `GET /assets/download/{jobId}`: the state of a job and, once finished, the URL of its archive. */
    readonly getStatus: (jobId: JobId) => Effect.Effect<DownloadJob, ApiError>
    /** `POST /assets/{assetId}/download`: a link to one asset, in its own format or another. */
    readonly request: (
      assetId: AssetId,
      options?: { readonly targetFormat?: TargetFormat | undefined }
    ) => Effect.Effect<SignedUrl.SignedUrl, ApiError>
  }
>()("@scenario-assets/core/AssetDownload") {}

/**
 * Builds the service on the `HttpClient` and `ScenarioConfig` of the context.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<AssetDownload["Service"], never, HttpClient.HttpClient | ScenarioConfig> {
  const config = yield* ScenarioConfig
  const scrub = Answer.scrubber(config.credentials)
  const client = Client.withRequestInit(followNothing)(yield* HttpClient.HttpClient)
  const to = addressed(config)
  const { backoff, retries, timeLimit } = limitsOf(options)
  const pace = Pace.make({ backoff, signOf, retryAfterOf })

  /** One exchange: the answer decoded, or why there is none. */
  const exchange = <A>({ decode, expected, request }: Call<A>): Effect.Effect<A, Reason> =>
    Effect.flatMap(client.execute(request), (response) =>
      Effect.flatMap(Answer.read(response), (body): Effect.Effect<A, Reason> => {
        if (!Answer.isSuccess(response)) {
          return Effect.flatMap(Answer.refusal(response, body, scrub), Effect.fail)
        }
        const decoded = body.isWhole ? decode(body.text) : undefined
        if (decoded !== undefined) return Effect.succeed(decoded)
        const description = body.isWhole ? `expected ${expected}` : Answer.tooLong
        return Effect.fail(new InvalidResponse({ response: Answer.details(response, body, scrub), description }))
      })
    ).pipe(
      Effect.catchTag("HttpClientError", (error) => {
        const { description: words, kind } = failureOf(error)
        const description = scrub(words)
        switch (kind) {
          case "unsendable":
            return Effect.fail<Reason>(new InvalidRequest({ description }))
          case "untrusted":
            return Effect.fail<Reason>(new UntrustedHost({ description }))
          default:
            return Effect.fail<Reason>(new ConnectionFailed({ description, maybeSent: kind === "broken" }))
        }
      })
    )

  /** An exchange, repeated as far as operation, failure and time limit allow it. */
  const repeatedly = Effect.fnUntraced(function* <A>(given: Call<A>): Effect.fn.Return<A, ApiError> {
    const { logged, operation, subject } = given
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(timeLimit)
    const errorOf = (reason: Reason) => new ApiError({ operation, reason, ...subject })
    const tell = Effect.fnUntraced(
      function* (what: string, { pause, reason }: Pace.Failed<Reason>, tries: number) {
        yield* Effect.logDebug(`${operation} ${what}: ${reason.message}`)
        const listener = yield* ApiRetry.Listener
        yield* listener({ error: errorOf(reason), tries, pause })
      },
      Effect.annotateLogs({ operation, ...logged })
    )
    const attempt = Effect.gen(function* () {
      const { attempt } = yield* Schedule.CurrentMetadata
      const onHeld = (held: Pace.Held<Reason>) => tell("waits", held, held.failures)
      const limited = Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.timeoutOrElse(exchange(given), {
          duration: until - now,
          orElse: () => Effect.fail(new TimedOut({ limit: timeLimit }))
        })
      )
      return yield* pace.run(limited, { attempt, until, onHeld })
    })
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

  // No `Effect.fn`: it takes a stack trace at every call, and polls make many.
  const call = <A>(given: Call<A>): Effect.Effect<A, ApiError> => {
    const { operation, tell, traced } = given
    const answer = repeatedly(given)
    return Effect.withFiber((fiber) => {
      if (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer) return Effect.provideContext(answer, unseen)
      const told = tell === undefined ? answer : Effect.tap(answer, (value) => Effect.annotateCurrentSpan(tell(value)))
      return told.pipe(
        Effect.withSpan(`AssetDownload.${operation}`, { attributes: { ...traced } }, { captureStackTrace: false })
      )
    })
  }

  const requestBatch: AssetDownload["Service"]["requestBatch"] = ({ fileNameTemplate, flat, selection }) =>
    selection.size > maxBatchSize
      ? Effect.fail(
          new ApiError({
            operation: "requestBatch",
            reason: new BatchTooLarge({ size: selection.size, limit: maxBatchSize })
          })
        )
      : call({
          operation: "requestBatch",
          traced: { "scenario.batch.size": selection.size },
          request: to("POST", "/assets/download", {
            options: { fileNameTemplate, ...(flat === undefined ? {} : { flat }) },
            query: {
              assetIds: selection.assetIds,
              inferenceIds: selection.inferenceIds,
              modelIds: selection.modelIds
            }
          }),
          decode: (body) => decodeStarted(body)?.jobId,
          expected: "JSON with a jobId",
          tell: (jobId) => ({ "scenario.job.id": jobId })
        })

  const getStatus: AssetDownload["Service"]["getStatus"] = (jobId) =>
    call({
      operation: "getStatus",
      subject: { subject: jobId },
      logged: { jobId },
      traced: { "scenario.job.id": jobId },
      request: to("GET", `/assets/download/${encodeURIComponent(jobId)}`),
      decode: readJob(scrub),
      expected: "JSON with a jobId, a jobStatus and, for a finished job, a downloadUrl"
    })

  const request: AssetDownload["Service"]["request"] = (assetId, { targetFormat } = {}) => {
    const format = targetFormat === undefined ? {} : { targetFormat }
    return call({
      operation: "request",
      subject: { subject: assetId },
      logged: { assetId },
      traced: {
        "scenario.asset.id": assetId,
        ...(targetFormat === undefined ? {} : { "scenario.target.format": targetFormat })
      },
      request: to("POST", `/assets/${encodeURIComponent(assetId)}/download`, format),
      decode: (body) => decodeLink(body)?.url,
      expected: "JSON with a url"
    })
  }

  return AssetDownload.of({ requestBatch, getStatus, request })
})

/**
 * The service with its defaults.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<AssetDownload, never, HttpClient.HttpClient | ScenarioConfig> = Layer.effect(
  AssetDownload,
  make()
)

/**
 * The service with other limits.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerOptions = (
  options: Options
): Layer.Layer<AssetDownload, never, HttpClient.HttpClient | ScenarioConfig> =>
  Layer.effect(AssetDownload, make(options))

/**
 * The service for tests without HTTP: give the operations your test needs. Calling one that was not given is a defect
 * that names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (operations: Partial<AssetDownload["Service"]>): Layer.Layer<AssetDownload> => {
  const missing = (name: Operation) => () =>
    Effect.die(new Error(`AssetDownload.layerTest: the test called ${name} and gave no ${name}`))
  return Layer.succeed(AssetDownload, {
    requestBatch: operations.requestBatch ?? missing("requestBatch"),
    getStatus: operations.getStatus ?? missing("getStatus"),
    request: operations.request ?? missing("request")
  })
}

/** One call of an operation. */
interface Call<A> {
  readonly operation: Operation
  readonly request: HttpClientRequest.HttpClientRequest
  /** Reads an answer; `undefined` for one that is none. */
  readonly decode: (body: string) => A | undefined
  /** What an answer is, in words. */
  readonly expected: string
  /** What the call is about: for errors, logs and spans. */
  readonly subject?: { readonly subject: string }
  readonly logged?: { readonly [name: string]: string }
  readonly traced: { readonly [name: string]: string | number }
  /** What the span is told of the answer. */
  readonly tell?: (answer: A) => { readonly [name: string]: string }
}

/** Reads JSON text; `undefined` for what is not JSON, or not of the shape. */
const decoder = <S extends Schema.ConstraintDecoder<unknown>>(schema: S): ((body: string) => S["Type"] | undefined) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return (body) => Option.getOrUndefined(decode(body))
}

const decodeStarted = decoder(Schema.Struct({ jobId: JobId }))
const decodeLink = decoder(Schema.Struct({ url: SignedUrl.SignedUrl }))
const isJobId = Schema.is(JobId)
const readLink = Option.liftThrowable(SignedUrl.make)

/** A job from an answer's text; `undefined` for what is none. */
const readJob =
  (scrub: Answer.Scrub) =>
  (body: string): DownloadJob | undefined => {
    const json = parseObject(body)
    if (json === undefined) return undefined
    const { downloadUrl = null, jobId, jobStatus, ...details } = json
    if (!isJobId(jobId) || typeof jobStatus !== "string" || jobStatus === "") return undefined
    if (typeof downloadUrl !== "string" && downloadUrl !== null) return undefined
    // An empty or null URL is no URL.
    const link = downloadUrl === null || downloadUrl === "" ? undefined : readLink(downloadUrl)
    if (link !== undefined && Option.isNone(link)) return undefined
    return new DownloadJob(
      {
        jobId,
        jobStatus,
        ...(link === undefined ? {} : { downloadUrl: link.value }),
        details: Answer.mapStrings(details, scrub)
      },
      { disableChecks: true }
    )
  }

/** The object that a text of JSON holds, if it is one. */
const parseObject = (text: string): Schema.JsonObject | undefined =>
  Option.getOrUndefined(Option.filter(parseJson(text), Answer.isJsonObject))
const parseJson = Option.liftThrowable((text: string): Schema.Json => JSON.parse(text))

/** A program may choose how `fetch` behaves, but not that it follows redirects. */
const followNothing = (given: RequestInit): RequestInit => ({ ...given, redirect: "manual" })
/** Where no tracer is installed nobody sees a span, and those of a call cost a fifth of it. */
const unseen = Context.make(HttpClient.TracerDisabledWhen, () => true)

/** Requests to the API, with all that every one of them carries. */
const addressed = ({ baseUrl, credentials, projectId }: ScenarioConfig["Service"]) => {
  const base = baseUrl.replace(/\/+$/, "")
  const json = HttpClientRequest.acceptJson(HttpClientRequest.empty)
  const known =
    credentials._tag === "Basic"
      ? HttpClientRequest.basicAuth(json, credentials.key, credentials.secret)
      : HttpClientRequest.bearerToken(json, credentials.token)
  const any = projectId === undefined ? known : HttpClientRequest.setUrlParam(known, "projectId", projectId)
  return (method: "GET" | "POST", path: string, body?: unknown) => {
    const request = HttpClientRequest.modify(any, { method, url: `${base}${path}` })
    return body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
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

const option = OptionCheck.of("AssetDownload")

/** {@link Options} as they are used at every call. */
const limitsOf = (options: Options) => {
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
