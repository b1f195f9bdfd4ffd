/**
 * Whether the API accepts credentials. It has no call for this, so it is asked twice for the state of a job that nobody has
 * started, without the credentials and with them: any server may answer 404, but one that does so only to those who are known
 * has looked at who they are.
 */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { JobId } from "@scenario-assets/core/Asset"
import * as AssetDownload from "@scenario-assets/core/AssetDownload"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import { AccessError, type AccessProblem } from "../errors/CommandError.ts"
import type * as Json from "../json/Json.ts"

type Config = ScenarioConfig.ScenarioConfig["Service"]

/** None where the API knows the job after all. */
export type Answer = ApiError | undefined

/** A job that nobody has started. */
export const nobodysJob = JobId.make("job_000000000000000000000000")

/** Calls as a stranger makes them. */
export const withoutCredentials = HttpClient.mapRequest(HttpClientRequest.removeHeader("authorization"))

/** What keeps credentials from being used with the API; nothing where it accepts them. */
export const ask = (config: Config): Effect.Effect<AccessProblem | undefined> =>
  Effect.flatMap(askAnonymously(config), (anonymous) => judge(config, anonymous))

/** What the API answers to whom it does not know, whatever the configuration holds. */
export const askAnonymously = (config: Config): Effect.Effect<Answer> => answer(config, layerAnonymous)

/** The same as {@link ask}, where it is known what it answers to others. */
export const judge = (config: Config, anonymous: Answer): Effect.Effect<AccessProblem | undefined> =>
  anonymous !== undefined && anonymous.response === undefined
    ? // It cannot be reached, so there is nobody to show the credentials to.
      Effect.succeed({ kind: "unchecked", answer: anonymous })
    : Effect.map(answer(config, NodeScenario.layerApiClient), (known) => compare(anonymous, known))

/** What is known of the API without credentials. */
export const judgeAnonymous = (anonymous: Answer): AccessProblem | undefined =>
  isRefusal(anonymous) ? undefined : compare(anonymous, anonymous)

/** Fails where the credentials are not accepted, with what else a program wants to know. */
export const check = Effect.fnUntraced(function* (config: Config, fields: Json.Fields) {
  const problem = yield* ask(config)
  if (problem !== undefined) return yield* new AccessError({ baseUrl: config.baseUrl, problem, fields })
})

/** The API does not want whoever asks. */
const isRefusal = (answer: Answer): boolean =>
  answer?.reason._tag === "Unauthorized" || answer?.reason._tag === "Forbidden"

const compare = (anonymous: Answer, known: Answer): AccessProblem | undefined => {
  if (known?.reason._tag === "Unauthorized") return { kind: "rejected", answer: known }
  if (known?.reason._tag === "Forbidden") return { kind: "forbidden", answer: known }
  if (known !== undefined && !isNotFound(known)) return { kind: "unchecked", answer: known }
  if (isRefusal(anonymous)) return undefined
  if (anonymous === undefined) return { kind: "open" }
  if (isNotFound(anonymous)) return known === undefined ? { kind: "open" } : { kind: "absent", answer: anonymous }
  const status = anonymous.response?.status ?? 0
  return status >= 200 && status < 300 ? { kind: "open" } : { kind: "unchecked", answer: anonymous }
}

const isNotFound = ({ reason }: ApiError): boolean => reason._tag === "NotFound"

const answer = (config: Config, client: Layer.Layer<HttpClient.HttpClient>): Effect.Effect<Answer> =>
  AssetDownload.AssetDownload.pipe(
    Effect.flatMap(({ getStatus }) => getStatus(nobodysJob)),
    Effect.match({ onFailure: (error) => error, onSuccess: () => undefined }),
    Effect.provide(
      AssetDownload.layer({ retries: 1, timeLimit: "15 seconds" }).pipe(
        Layer.provide(client),
        Layer.provide(Layer.succeed(ScenarioConfig.ScenarioConfig, config))
      )
    )
  )

const layerAnonymous = Layer.effect(HttpClient.HttpClient, Effect.map(HttpClient.HttpClient, withoutCredentials)).pipe(
  Layer.provide(NodeScenario.layerApiClient)
)
