/**
 * The API host: the three operations and the catalogue, built from the contract.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { isHttpServerError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { maxBatchSize } from "../../Selection.ts"
import * as JobScript from "../JobScript.ts"
import { Authentication, ScenarioApi } from "../ScenarioApi.ts"
import * as Archive from "./Archive.ts"
import * as AssetFile from "./AssetFile.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as CatalogueApi from "./CatalogueApi.ts"
import * as Content from "./Content.ts"
import type { Target } from "./FaultKind.ts"
import type { Jobs } from "./Jobs.ts"
import type { LinkSigner } from "./LinkSigner.ts"
import * as Reply from "./Reply.ts"
import type { Storage } from "./Storage.ts"

export interface Options {
  readonly credentials: { readonly key: string; readonly secret: string; readonly token: string }
  /** The only project that is allowed; none for all. */
  readonly projectId: string | undefined
  readonly catalogue: Catalogue
  readonly jobs: Jobs
  readonly links: LinkSigner
  readonly storage: Storage
  /** The script of the job that is about to be made, before its models change it. */
  readonly nextScript: () => JobScript.JobScript
}

/** The path all operations are below. */
export const basePath = "/v1"

const api = ScenarioApi.prefix(basePath)

/** The operation a request asks for. */
export const targetOf = (method: string, url: string): Target | "unknown" => {
  const path = url.replace(/[?#].*$/, "").replace(/^\/hops\/[^/]+/, "")
  if (method === "POST" && path === `${basePath}/assets/download`) return "requestBatch"
  if (method === "GET" && /^\/v1\/assets\/download\/[^/]+$/.test(path)) return "getStatus"
  if (method === "POST" && /^\/v1\/assets\/[^/]+\/download$/.test(path)) return "request"
  return catalogueTargets.get(`${method} ${path}`) ?? "unknown"
}

const catalogueTargets: ReadonlyMap<string, Target> = new Map([
  [`GET ${basePath}/assets`, "listAssets"],
  [`POST ${basePath}/assets/get-bulk`, "getBulk"],
  [`POST ${basePath}/search/assets`, "searchAssets"],
  [`GET ${basePath}/collections`, "listCollections"]
])

/** Makes the handler. It never fails: whatever goes wrong is an answer. */
export const make = (
  options: Options
): Effect.Effect<(request: HttpServerRequest) => Effect.Effect<Reply.Reply>, never, Scope.Scope> =>
  HttpApiBuilder.layer(api).pipe(
    Layer.provide([operations(options), catalogueOperations(options)]),
    Layer.provide(authentication(options)),
    Layer.provide(HttpServer.layerServices),
    HttpRouter.toHttpEffect,
    Effect.map(
      (handler) => (request) =>
        Effect.scoped(handler).pipe(
          Effect.provideService(HttpServerRequest, request),
          Effect.matchCause({ onSuccess: toReply, onFailure: explain })
        )
    )
  )

const operations = ({ catalogue, jobs, links, nextScript, projectId, storage }: Options) => {
  const wrongProject = (query: { readonly projectId?: string }) =>
    projectId !== undefined && query.projectId !== undefined && query.projectId !== projectId
  const forbidden = refuse(403, { message: "Forbidden: the project is not one of this API key" })

  return HttpApiBuilder.group(api, "download", (handlers) =>
    handlers.handleAll({
      requestBatch: ({ payload, query }) =>
        Effect.gen(function* () {
          if (wrongProject(query)) return forbidden
          const { assetIds, inferenceIds, modelIds } = payload.query
          const size = assetIds.length + inferenceIds.length + modelIds.length
          if (size === 0) return badRequest("Nothing is selected", {})
          if (size > maxBatchSize) {
            return badRequest(`Batch limited to ${maxBatchSize} assets`, { size, limit: maxBatchSize })
          }
          const { assets, unknown } = catalogue.select(payload.query)
          if (unknown.length > 0) return notFound("Unknown asset, inference or model", { ids: unknown.slice(0, 10) })
          const special = modelIds.map(JobScript.ofModel).find((script) => script !== undefined)
          const script = { ...nextScript(), ...special }
          const { id } = jobs.add({
            script,
            createdAt: yield* Clock.currentTimeMillis,
            archive: (copy) =>
              script.archive === undefined
                ? Archive.ofAssets(assets, payload.options, copy)
                : Archive.ofSize(script.archive, payload.options, copy)
          })
          return { jobId: id }
        }),

      getStatus: ({ params, query }) =>
        Effect.gen(function* () {
          if (wrongProject(query)) return forbidden
          const now = yield* Clock.currentTimeMillis
          const found = jobs.look(params.jobId, now)
          if (found === undefined) return notFound("Unknown job", { jobId: params.jobId })
          const {
            job: { id, script },
            look
          } = found
          return HttpServerResponse.jsonUnsafe({
            ...(look.ended ? script.details : {}),
            jobId: id,
            jobStatus: look.status,
            ...(look.hasUrl ? { downloadUrl: links.sign(storage.archivePath(id), now) } : {})
          })
        }),

      request: ({ params: { assetId }, payload, query }) =>
        Effect.gen(function* () {
          if (wrongProject(query)) return forbidden
          const asset = catalogue.asset(assetId)
          if (asset === undefined) return notFound("Unknown asset", { assetId })
          const { targetFormat = AssetFile.formatOf(asset) } = payload
          if (targetFormat !== AssetFile.formatOf(asset)) {
            return badRequest("Invalid target format", { assetId, targetFormat })
          }
          return { url: links.sign(storage.assetPath(asset), yield* Clock.currentTimeMillis) }
        })
    })
  )
}

const catalogueOperations = (options: Options) => {
  const { projectId } = options
  const catalogue = CatalogueApi.make(options)
  const forbidden = refuse(403, { message: "Forbidden: the project is not one of this API key" })
  /** The answer, unless the project is another or the request is wrong. */
  const answer = <A extends object>(
    query: { readonly projectId?: string },
    found: Effect.Effect<A | CatalogueApi.Refusal>
  ) =>
    projectId !== undefined && query.projectId !== undefined && query.projectId !== projectId
      ? Effect.succeed(forbidden)
      : Effect.map(found, (found) =>
          "infos" in found ? badRequest(found.message, found.infos) : HttpServerResponse.jsonUnsafe(found)
        )

  return HttpApiBuilder.group(api, "catalogue", (handlers) =>
    handlers.handleAll({
      listAssets: ({ query }) => answer(query, catalogue.list(query)),
      getBulk: ({ payload, query }) => answer(query, catalogue.bulk(payload.assetIds)),
      searchAssets: ({ payload, query }) => answer(query, catalogue.search(payload)),
      listCollections: ({ query }) => answer(query, catalogue.collections(query))
    })
  )
}

/** Basic is looked at first, then bearer; a failure of the first leads to the second. */
const authentication = ({ credentials: { key, secret, token } }: Options) =>
  Layer.succeed(Authentication, {
    basic: (handler, { credential }) =>
      credential.username === key && Redacted.value(credential.password) === secret
        ? handler
        : Effect.fail({ message: "Unauthorized" }),
    bearer: (handler, { credential }) =>
      Redacted.value(credential) === token ? handler : Effect.succeed(refuse(401, { message: "Unauthorized" }))
  })

/** All errors of the contract have one shape, so that the status has to be said here. */
const refuse = (status: number, body: Schema.JsonObject) => HttpServerResponse.jsonUnsafe(body, { status })
const badRequest = (error: string, infos: Schema.JsonObject) => refuse(400, { error, apiError: "BadRequest", infos })
const notFound = (error: string, infos: Schema.JsonObject) => refuse(404, { error, apiError: "NotFound", infos })

const toReply = ({ body, headers, status }: HttpServerResponse.HttpServerResponse): Reply.Reply =>
  Reply.make(status, headers, body._tag === "Uint8Array" ? Content.fromBytes(body.body) : Content.empty)

/** A request that no handler took: no such path, or a body that is not as the contract says. */
const explain = (cause: Cause.Cause<unknown>): Reply.Reply => {
  const problem = Cause.squash(cause)
  if (HttpApiSchemaError.is(problem)) {
    const {
      cause: { message },
      kind
    } = problem
    return Reply.json(400, {
      error: `The request is not valid: ${message}`,
      apiError: "BadRequest",
      infos: { part: kind }
    })
  }
  return isHttpServerError(problem) && problem.reason._tag === "RouteNotFound"
    ? Reply.json(404, { error: "No such operation", apiError: "NotFound", infos: {} })
    : Reply.json(500, { error: `The emulator failed: ${String(problem)}`, apiError: "InternalServerError", infos: {} })
}
