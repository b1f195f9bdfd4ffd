/** How the API answers: each call as it would be made by a download, and what came back. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { AssetId, type JobId, ProjectId } from "@scenario-assets/core/Asset"
import * as AssetDownload from "@scenario-assets/core/AssetDownload"
import type * as DownloadJob from "@scenario-assets/core/DownloadJob"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import type * as SignedUrl from "@scenario-assets/core/SignedUrl"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Access from "../access/Access.ts"
import * as Shape from "./Shape.ts"

type Config = ScenarioConfig.ScenarioConfig["Service"]

/** An answer, as it may be given away. */
export interface Call {
  readonly call: string
  readonly [fact: string]: unknown
}

/** Links that the API gave, to be looked at: secrets. */
export interface Link {
  readonly of: "job" | "asset"
  readonly link: SignedUrl.SignedUrl
}

export interface Wanted {
  readonly jobId: Option.Option<JobId>
  readonly assetId: Option.Option<AssetId>
}

const nobodys = {
  asset: AssetId.make("asset_000000000000000000000000"),
  project: ProjectId.make("proj_000000000000000000000000")
}

/** Refusals of all kinds, that start and change nothing. Without credentials only the first of them. */
export const refusals = Effect.fnUntraced(function* (config: Config, isKnown: boolean) {
  const strange = { _tag: "Bearer", token: Redacted.make("made-up") } as const
  return [
    yield* described("status of an unknown job, without credentials", config, ofUnknownJob, Access.withoutCredentials),
    yield* described(
      "status of an unknown job, with a made-up token",
      { ...config, credentials: strange },
      ofUnknownJob
    ),
    ...(isKnown
      ? [
          yield* described("status of an unknown job", config, ofUnknownJob),
          yield* described("status of an unknown job, in an unknown project", inNoProject(config), ofUnknownJob),
          yield* described("link to an unknown asset", config, ({ request }) => request(nobodys.asset))
        ]
      : [])
  ]
})

/** A job and an asset that there are, each asked for twice: whether the links differ says whether they are made anew. */
export const existing = Effect.fnUntraced(function* (config: Config, { assetId, jobId }: Wanted) {
  const calls: Array<Call> = []
  const links: Array<Link> = []
  const twice = Effect.fnUntraced(function* <A>(
    of: Link["of"],
    operation: Operation<A>,
    linkIn: (found: A) => SignedUrl.SignedUrl | undefined,
    shape: (found: A) => object
  ) {
    const [first, second] = [yield* observed(config, operation), yield* observed(config, operation)]
    const [link, again] = [first, second].map(({ result }) =>
      Result.isSuccess(result) ? linkIn(result.success) : undefined
    )
    const facts = Result.isSuccess(first.result) ? shape(first.result.success) : {}
    const same = link === undefined || again === undefined ? {} : { isSameLinkAgain: equal(link, again) }
    calls.push({ call: of === "job" ? "status of the job" : "link to the asset", ...first.facts, ...facts, ...same })
    if (link !== undefined) links.push({ of, link })
  })
  if (Option.isSome(jobId)) {
    const ofJob = ({ details, downloadUrl, jobStatus }: DownloadJob.DownloadJob) => ({
      jobStatus: Shape.ofWords(jobStatus),
      hasLink: downloadUrl !== undefined,
      otherFields: Shape.ofJson(details)
    })
    yield* twice(
      "job",
      ({ getStatus }) => getStatus(jobId.value),
      ({ downloadUrl }) => downloadUrl,
      ofJob
    )
  }
  if (Option.isSome(assetId)) {
    yield* twice(
      "asset",
      ({ request }) => request(assetId.value),
      (link) => link,
      () => ({})
    )
  }
  return { calls, links }
})

type Operation<A> = (api: AssetDownload.AssetDownload["Service"]) => Effect.Effect<A, ApiError>

const ofUnknownJob: Operation<unknown> = ({ getStatus }) => getStatus(Access.nobodysJob)

const inNoProject = (config: Config): Config => ({ ...config, projectId: nobodys.project })

const equal = (one: SignedUrl.SignedUrl, other: SignedUrl.SignedUrl) => Redacted.value(one) === Redacted.value(other)

const described = (
  call: string,
  config: Config,
  operation: Operation<unknown>,
  change?: (client: HttpClient.HttpClient) => HttpClient.HttpClient
): Effect.Effect<Call> => Effect.map(observed(config, operation, change), ({ facts }) => ({ call, ...facts }))

/** Makes a call once, and notes what the client made of it and what its answer looked like. */
const observed = <A>(
  config: Config,
  operation: Operation<A>,
  change: (client: HttpClient.HttpClient) => HttpClient.HttpClient = (client) => client
) =>
  Effect.gen(function* () {
    let seen: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined
    const noting = HttpClient.tap(({ headers, status }) => Effect.sync(() => void (seen = { status, headers })))
    const client = Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, (client) => noting(change(client)))
    )
    const [elapsed, result] = yield* AssetDownload.AssetDownload.pipe(
      Effect.flatMap((api) => Effect.timed(Effect.result(operation(api)))),
      Effect.provide(
        AssetDownload.layer({ retries: 0, timeLimit: "20 seconds" }).pipe(
          Layer.provide(Layer.provide(client, NodeScenario.layerApiClient)),
          Layer.provide(Layer.succeed(ScenarioConfig.ScenarioConfig, config))
        )
      )
    )
    const now = DateTime.toEpochMillis(yield* DateTime.now)
    const date = Option.flatMap(Option.fromUndefinedOr(seen?.headers["date"]), DateTime.make)
    const facts = {
      ...(seen === undefined ? {} : { status: seen.status, ...Shape.ofHeaders(seen.headers) }),
      ...(Option.isNone(date)
        ? {}
        : { clockAheadSeconds: Math.round((now - DateTime.toEpochMillis(date.value)) / 1000) }),
      ...(Result.isSuccess(result) ? {} : ofFailure(result.failure)),
      elapsedMs: Math.round(Duration.toMillis(elapsed))
    }
    return { result, facts }
  })

const ofFailure = ({ reason, response }: ApiError) => ({
  understoodAs: reason._tag,
  ...("code" in reason && reason.code !== undefined ? { code: reason.code } : {}),
  ...(response === undefined ? {} : { body: Shape.ofBody(response.body) })
})
