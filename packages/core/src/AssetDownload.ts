/**
 * The three operations of `assets.download`, over whatever `HttpClient` the program provides.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { ApiError, type Operation } from "./ApiError.ts"
import { type AssetId, JobId, type TargetFormat } from "./Asset.ts"
import type { DownloadJob } from "./DownloadJob.ts"
import type { FileNameTemplate } from "./FileNameTemplate.ts"
import * as Answer from "./internal/Answer.ts"
import * as ApiCalls from "./internal/ApiCalls.ts"
import { BatchTooLarge } from "./internal/ApiReason.ts"
import * as Metrics from "./Metrics.ts"
import type { ScenarioConfig } from "./ScenarioConfig.ts"
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
 * How the client behaves towards a server that fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends ApiCalls.Options {}

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
 * Each call is a span with one of the client for each try, and trace headers are sent where a tracer is installed:
 *
 * | span | attributes |
 * | --- | --- |
 * | `AssetDownload.requestBatch` | `scenario.batch.size`, `scenario.job.id` |
 * | `AssetDownload.getStatus` | `scenario.job.id` |
 * | `AssetDownload.request` | `scenario.asset.id`, `scenario.target.format` |
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
  const { call, scrub } = yield* ApiCalls.make(ApiCalls.limitsOf("AssetDownload", options))
  const decodeJob = decoder(Answer.job(scrub))

  const requestBatch = Effect.fn("AssetDownload.requestBatch")(
    function* ({ fileNameTemplate, flat, selection }: BatchRequest): Effect.fn.Return<JobId, ApiError> {
      yield* Effect.annotateCurrentSpan("scenario.batch.size", selection.size)
      if (selection.size > maxBatchSize) {
        const reason = new BatchTooLarge({ size: selection.size, limit: maxBatchSize })
        return yield* new ApiError({ operation: "requestBatch", reason })
      }
      const { assetIds, inferenceIds, modelIds } = selection
      const { jobId } = yield* call({
        operation: "requestBatch",
        method: "POST",
        path: "/assets/download",
        body: {
          options: { fileNameTemplate, ...(flat === undefined ? {} : { flat }) },
          query: { assetIds, inferenceIds, modelIds }
        },
        decode: decodeStarted,
        expected: "JSON with a jobId"
      })
      yield* Effect.annotateCurrentSpan("scenario.job.id", jobId)
      yield* Metric.update(Metric.withAttributes(Metrics.jobs, { state: "begun" }), 1)
      // This is what costs money.
      yield* Effect.annotateLogs(Effect.logInfo("A job was begun"), { jobId, ids: selection.size })
      return jobId
    },
    Effect.annotateLogs("operation", "requestBatch")
  )

  const getStatus = Effect.fn("AssetDownload.getStatus")(
    function* (jobId: JobId): Effect.fn.Return<DownloadJob, ApiError> {
      yield* Effect.annotateCurrentSpan("scenario.job.id", jobId)
      return yield* call({
        operation: "getStatus",
        subject: jobId,
        method: "GET",
        path: `/assets/download/${encodeURIComponent(jobId)}`,
        decode: decodeJob,
        expected: "JSON with a jobId, a jobStatus and, for a finished job, a downloadUrl"
      })
    },
    (effect, jobId) => Effect.annotateLogs(effect, { operation: "getStatus", jobId })
  )

  const request = Effect.fn("AssetDownload.request")(
    function* (
      assetId: AssetId,
      { targetFormat }: { readonly targetFormat?: TargetFormat | undefined } = {}
    ): Effect.fn.Return<SignedUrl.SignedUrl, ApiError> {
      yield* Effect.annotateCurrentSpan("scenario.asset.id", assetId)
      if (targetFormat !== undefined) yield* Effect.annotateCurrentSpan("scenario.target.format", targetFormat)
      const { url } = yield* call({
        operation: "request",
        subject: assetId,
        method: "POST",
        path: `/assets/${encodeURIComponent(assetId)}/download`,
        body: targetFormat === undefined ? {} : { targetFormat },
        decode: decodeLink,
        expected: "JSON with a url"
      })
      return url
    },
    (effect, assetId) => Effect.annotateLogs(effect, { operation: "request", assetId })
  )

  return AssetDownload.of({ requestBatch, getStatus, request })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<AssetDownload, never, HttpClient.HttpClient | ScenarioConfig> =>
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

const decoder = <S extends Schema.ConstraintDecoder<unknown>>(answer: S) =>
  Schema.decodeEffect(Schema.fromJsonString(answer))
const decodeStarted = decoder(Schema.Struct({ jobId: JobId }))
const decodeLink = decoder(Schema.Struct({ url: SignedUrl.SignedUrl }))
