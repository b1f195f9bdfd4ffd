/**
 * Whether the API takes credentials. It has no call for this, so it is asked for the state of a job that nobody has begun:
 * 404 means that it took them and looked, 401 that it rejects them, 403 that they are of the wrong scope or project.
 */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { JobId } from "@scenario-assets/core/Asset"
import * as AssetDownload from "@scenario-assets/core/AssetDownload"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AccessError } from "../errors/CommandError.ts"
import type * as Json from "../json/Json.ts"

const nobodys = JobId.make("job_000000000000000000000000")

/** What the API answers; `undefined` if it knows the job after all. */
export const ask = (config: ScenarioConfig.ScenarioConfig["Service"]): Effect.Effect<ApiError | undefined> =>
  AssetDownload.AssetDownload.pipe(
    Effect.flatMap(({ getStatus }) => getStatus(nobodys)),
    Effect.match({ onFailure: (error) => error, onSuccess: () => undefined }),
    Effect.provide(
      AssetDownload.layer({ retries: 1, timeLimit: "15 seconds" }).pipe(
        Layer.provide(NodeScenario.layerApiClient),
        Layer.provide(Layer.succeed(ScenarioConfig.ScenarioConfig, config))
      )
    )
  )

/** Whether this answer says so. */
export const isAccepted = (answer: ApiError | undefined): boolean =>
  answer === undefined || answer.reason._tag === "NotFound"

/** Fails with the answer, and what else a program wants to know, where the credentials are not accepted. */
export const check = Effect.fnUntraced(function* (
  config: ScenarioConfig.ScenarioConfig["Service"],
  fields: Json.Fields
) {
  const answer = yield* ask(config)
  if (answer === undefined || isAccepted(answer)) return
  // That a job was asked for is no concern of the person who asks for access.
  return yield* new AccessError({ baseUrl: config.baseUrl, answer, fields })
})
