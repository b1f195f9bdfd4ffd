/**
 * The contract of `assets.download`, stated a second time as an `HttpApi`: it feeds the emulator, the OpenAPI document
 * and the contract tests, and never the client. Two statements that tests compare are worth more than one that agrees
 * with itself.
 *
 * @since 0.1.0
 */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { AssetId, InferenceId, JobId, ModelId, ProjectId, TargetFormat } from "../Asset.ts"
import { FileNameTemplate } from "../FileNameTemplate.ts"
import { defaultBaseUrl } from "../ScenarioConfig.ts"

/**
 * The body that errors were seen to have; no schema is promised.
 *
 * @category models
 * @since 0.1.0
 */
export const ErrorBody = Schema.Struct({
  error: Schema.optionalKey(Schema.String),
  apiError: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  infos: Schema.optionalKey(Schema.JsonObject)
})

const errorWith = <const Tag extends string>(tag: Tag, status: number, description: string) =>
  ErrorBody.pipe(HttpApiSchema.status(status)).annotate({ identifier: tag, description })

/** @category errors @since 0.1.0 */
export const BadRequest = errorWith("BadRequest", 400, "The request is not valid, such as a format an asset has not")
/** @category errors @since 0.1.0 */
export const Unauthorized = errorWith("Unauthorized", 401, "Key, secret or token rejected")
/** @category errors @since 0.1.0 */
export const QuotaExceeded = errorWith("QuotaExceeded", 402, "The quota is used up")
/** @category errors @since 0.1.0 */
export const Forbidden = errorWith("Forbidden", 403, "Wrong scope or project")
/** @category errors @since 0.1.0 */
export const NotFound = errorWith("NotFound", 404, "Unknown job or asset")
/** @category errors @since 0.1.0 */
export const TooManyRequests = errorWith("TooManyRequests", 429, "Rate limit")

/**
 * HTTP Basic with key and secret, or a bearer token.
 *
 * @category security
 * @since 0.1.0
 */
// The router gives every request's services to the middleware, so they are not its own to provide.
// @effect-diagnostics-next-line leakingRequirements:off
export class Authentication extends HttpApiMiddleware.Service<Authentication>()(
  "@scenario-assets/core/ScenarioApi/Authentication",
  {
    error: [Unauthorized, Forbidden],
    security: { basic: HttpApiSecurity.basic, bearer: HttpApiSecurity.bearer }
  }
) {}

const query = { projectId: Schema.optionalKey(ProjectId) }

/**
 * `POST /assets/download`: asks for an archive of everything selected.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const requestBatch = HttpApiEndpoint.post("requestBatch", "/assets/download", {
  query,
  payload: Schema.Struct({
    options: Schema.Struct({ fileNameTemplate: FileNameTemplate, flat: Schema.optionalKey(Schema.Boolean) }),
    query: Schema.Struct({
      assetIds: Schema.Array(AssetId),
      inferenceIds: Schema.Array(InferenceId),
      modelIds: Schema.Array(ModelId)
    })
  }),
  success: Schema.Struct({ jobId: JobId }),
  error: [BadRequest, QuotaExceeded, NotFound, TooManyRequests]
}).annotate(OpenApi.Description, "Request a link to batch download assets. A batch is limited to 1000 assets.")

/**
 * `GET /assets/download/{jobId}`: status and URL of a batch request.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const getStatus = HttpApiEndpoint.get("getStatus", "/assets/download/:jobId", {
  params: { jobId: JobId },
  query,
  success: Schema.Struct({ jobId: JobId, jobStatus: Schema.String, downloadUrl: Schema.optionalKey(Schema.String) }),
  error: [NotFound, TooManyRequests]
}).annotate(OpenApi.Description, "The state of a batch request, and the URL of its archive once it is there.")

/**
 * `POST /assets/{assetId}/download`: a link to one asset, in a format of choice.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const request = HttpApiEndpoint.post("request", "/assets/:assetId/download", {
  params: { assetId: AssetId },
  query,
  payload: Schema.Struct({ targetFormat: Schema.optionalKey(TargetFormat) }),
  success: Schema.Struct({ url: Schema.String }),
  error: [BadRequest, QuotaExceeded, NotFound, TooManyRequests]
}).annotate(OpenApi.Description, "Request a link to download one asset, converted to a format where one is given.")

/** @category endpoints @since 0.1.0 */
export class Download extends HttpApiGroup.make("download")
  .add(requestBatch, getStatus, request)
  .middleware(Authentication)
  .annotate(OpenApi.Title, "Assets › Download") {}

/**
 * The whole contract.
 *
 * @category models
 * @since 0.1.0
 */
export class ScenarioApi extends HttpApi.make("scenario")
  .add(Download)
  .annotateMerge(
    OpenApi.annotations({
      title: "Scenario: Assets › Download",
      version: "1",
      description: "The three operations of assets.download, as scenario-assets understands them.",
      servers: [{ url: defaultBaseUrl }]
    })
  ) {}

/**
 * The OpenAPI 3.1 document of the contract.
 *
 * @category constructors
 * @since 0.1.0
 */
export const openApi = (): OpenApi.OpenAPISpec => OpenApi.fromApi(ScenarioApi)
