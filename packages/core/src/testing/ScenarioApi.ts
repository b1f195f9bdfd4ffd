/**
 * The contract of `assets.download` and of the catalogue, stated a second time as an `HttpApi`: it feeds the emulator, the OpenAPI document
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

/**
 * An asset as the catalogue has it. What is certain is required here; the client requires the id alone.
 *
 * @category models
 * @since 0.1.0
 */
export const CatalogueAsset = Schema.Struct({
  id: AssetId,
  url: Schema.String,
  mimeType: Schema.String,
  kind: Schema.String,
  source: Schema.String,
  privacy: Schema.String,
  ownerId: Schema.String,
  authorId: Schema.String,
  createdAt: Schema.String,
  updatedAt: Schema.String,
  tags: Schema.Array(Schema.String),
  collectionIds: Schema.Array(Schema.String),
  properties: Schema.JsonObject,
  metadata: Schema.JsonObject,
  outputIndex: Schema.optionalKey(Schema.Int),
  thumbnail: Schema.optionalKey(Schema.Struct({ assetId: AssetId, url: Schema.String }))
})

const nextPaginationToken = Schema.optionalKey(Schema.String)
const page = {
  pageSize: Schema.optionalKey(Schema.NumberFromString.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
  paginationToken: Schema.optionalKey(Schema.String)
}

/**
 * `GET /assets`: the assets of a project, page after page.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const listAssets = HttpApiEndpoint.get("listAssets", "/assets", {
  query: {
    ...query,
    ...page,
    collectionId: Schema.optionalKey(Schema.String),
    modelId: Schema.optionalKey(ModelId),
    inferenceId: Schema.optionalKey(InferenceId),
    authorId: Schema.optionalKey(Schema.String),
    types: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
    createdAfter: Schema.optionalKey(Schema.String),
    createdBefore: Schema.optionalKey(Schema.String),
    updatedAfter: Schema.optionalKey(Schema.String),
    updatedBefore: Schema.optionalKey(Schema.String),
    sortBy: Schema.optionalKey(Schema.Literals(["createdAt", "updatedAt"])),
    sortDirection: Schema.optionalKey(Schema.Literals(["asc", "desc"]))
  },
  success: Schema.Struct({ assets: Schema.Array(CatalogueAsset), nextPaginationToken }),
  error: [BadRequest, TooManyRequests]
}).annotate(
  OpenApi.Description,
  "The assets that fit all filters, page after page. Bounds by time need the order by the same time."
)

/**
 * `POST /assets/get-bulk`: what is known of at most 200 assets.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const getBulk = HttpApiEndpoint.post("getBulk", "/assets/get-bulk", {
  query,
  payload: Schema.Struct({ assetIds: Schema.Array(AssetId) }),
  success: Schema.Struct({ assets: Schema.Array(CatalogueAsset) }),
  error: [BadRequest, TooManyRequests]
}).annotate(OpenApi.Description, "What is known of at most 200 assets.")

/**
 * `POST /search/assets`: assets by words.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const searchAssets = HttpApiEndpoint.post("searchAssets", "/search/assets", {
  query,
  payload: Schema.Struct({
    query: Schema.String,
    offset: Schema.optionalKey(Schema.Int),
    limit: Schema.optionalKey(Schema.Int)
  }),
  success: Schema.Struct({
    hits: Schema.Array(Schema.Struct({ id: AssetId, kind: Schema.String })),
    offset: Schema.Int,
    limit: Schema.Int,
    estimatedTotalHits: Schema.Int
  }),
  error: [BadRequest, TooManyRequests]
}).annotate(OpenApi.Description, "Assets by words; a hit has fewer fields than an asset of the catalogue.")

/**
 * `GET /collections`: the collections of a project, page after page.
 *
 * @category endpoints
 * @since 0.1.0
 */
export const listCollections = HttpApiEndpoint.get("listCollections", "/collections", {
  query: { ...query, ...page },
  success: Schema.Struct({
    collections: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        name: Schema.String,
        assetCount: Schema.Int,
        modelCount: Schema.Int,
        itemCount: Schema.Int,
        createdAt: Schema.String,
        updatedAt: Schema.String,
        ownerId: Schema.String
      })
    ),
    nextPaginationToken
  }),
  error: [TooManyRequests]
}).annotate(OpenApi.Description, "The collections of a project, page after page.")

/** @category endpoints @since 0.1.0 */
export class Download extends HttpApiGroup.make("download")
  .add(requestBatch, getStatus, request)
  .middleware(Authentication)
  .annotate(OpenApi.Title, "Assets › Download") {}

/** @category endpoints @since 0.1.0 */
export class Catalogue extends HttpApiGroup.make("catalogue")
  .add(listAssets, getBulk, searchAssets, listCollections)
  .middleware(Authentication)
  .annotate(OpenApi.Title, "Assets › Catalogue") {}

/**
 * The whole contract.
 *
 * @category models
 * @since 0.1.0
 */
export class ScenarioApi extends HttpApi.make("scenario")
  .add(Download, Catalogue)
  .annotateMerge(
    OpenApi.annotations({
      title: "Scenario: Assets",
      version: "1",
      description:
        "The three operations of assets.download and the reading of the catalogue, as scenario-assets understands them.",
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
