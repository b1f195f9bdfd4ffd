/**
 * Where the API is, and who calls it.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { ProjectId } from "./Asset.ts"

/**
 * The base URL of Scenario's API.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultBaseUrl = "https://api.cloud.scenario.com/v1"

/**
 * Exactly one way to say who calls: HTTP Basic with an API key and its secret, or a bearer token (JWT).
 *
 * @category models
 * @since 0.1.0
 */
export type Credentials =
  | { readonly _tag: "Basic"; readonly key: Redacted.Redacted; readonly secret: Redacted.Redacted }
  | { readonly _tag: "Bearer"; readonly token: Redacted.Redacted }

/**
 * A configuration that cannot work. The message says what to set; it never repeats a secret.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidConfig extends Schema.TaggedError<InvalidConfig>()("InvalidConfig", {
  /** Whether the credentials are at fault, or something else. */
  kind: Schema.Literals(["credentials", "baseUrl", "projectId"]),
  message: Schema.String
}) {}

/**
 * What {@link make} checks. Empty strings count as not given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly apiKey?: Redacted.Redacted | undefined
  readonly apiSecret?: Redacted.Redacted | undefined
  readonly bearerToken?: Redacted.Redacted | undefined
  /** Default {@link defaultBaseUrl}. `http` is allowed, for emulators and proxies. */
  readonly baseUrl?: string | undefined
  readonly projectId?: string | undefined
}

/**
 * Checked configuration.
 *
 * @category services
 * @since 0.1.0
 */
export class ScenarioConfig extends Context.Service<
  ScenarioConfig,
  {
    readonly credentials: Credentials
    /** Without a trailing slash. */
    readonly baseUrl: string
    readonly projectId: ProjectId | undefined
  }
>()("@scenario-assets/core/ScenarioConfig") {}

/**
 * What messages call each option.
 *
 * @category models
 * @since 0.1.0
 */
export type Names = { readonly [Option in keyof Options]-?: string }

/**
 * The names of the {@link Options} themselves.
 *
 * @category constants
 * @since 0.1.0
 */
export const optionNames: Names = {
  apiKey: "apiKey",
  apiSecret: "apiSecret",
  bearerToken: "bearerToken",
  baseUrl: "baseUrl",
  projectId: "projectId"
}

/**
 * The names of the environment.
 *
 * @category constants
 * @since 0.1.0
 */
export const variableNames: Names = {
  apiKey: "SCENARIO_API_KEY",
  apiSecret: "SCENARIO_API_SECRET",
  bearerToken: "SCENARIO_SDK_JWT",
  baseUrl: "SCENARIO_BASE_URL",
  projectId: "SCENARIO_PROJECT_ID"
}

/**
 * Checks options before anything is sent with them. Its errors name them by `names`: {@link variableNames} where they are from
 * the environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options,
  names: Names = optionNames
): Effect.fn.Return<ScenarioConfig["Service"], InvalidConfig> {
  const credentials = yield* makeCredentials(options, names)
  const baseUrl = yield* Effect.fromResult(parseBaseUrl(options.baseUrl || defaultBaseUrl, names))
  const projectId = options.projectId ? yield* makeProjectId(options.projectId, names) : undefined
  return { credentials, baseUrl, projectId }
})

/**
 * A layer from options known in the program.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<ScenarioConfig, InvalidConfig> =>
  Layer.effect(ScenarioConfig, make(options))

/**
 * A base URL as it is used, without a trailing slash. One that holds credentials, a query or a fragment is refused.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parseBaseUrl = (value: string, names: Names = optionNames): Result.Result<string, InvalidConfig> => {
  const url = URL.canParse(value) ? new URL(value) : undefined
  const refuse = (wrong: string) =>
    Result.fail(
      new InvalidConfig({
        kind: "baseUrl",
        message: `The base URL ${wrong}; set ${names.baseUrl} to one such as ${defaultBaseUrl}, or leave it out.`
      })
    )
  if (url === undefined || !/^https?:$/.test(url.protocol)) return refuse("is not an absolute http or https URL")
  if (url.username !== "" || url.password !== "") return refuse("holds credentials")
  if (url.search !== "" || url.hash !== "") return refuse("holds a query or a fragment")
  // Not the text as given: white space around it, or an empty query, would end up in the middle of every request's URL.
  return Result.succeed(`${url.origin}${url.pathname}`.replace(/\/+$/, ""))
}

/**
 * The names that the environment has for each option, the first of them first: those of the official SDKs, then those of
 * Scenario's guides.
 *
 * @category constants
 * @since 0.1.0
 */
export const environmentNames = {
  apiKey: ["SCENARIO_SDK_API_KEY", "SCENARIO_API_KEY"],
  apiSecret: ["SCENARIO_SDK_API_SECRET", "SCENARIO_API_SECRET"],
  bearerToken: ["SCENARIO_SDK_JWT"],
  baseUrl: ["SCENARIO_BASE_URL"],
  projectId: ["SCENARIO_PROJECT_ID"]
} as const

/**
 * The {@link environmentNames}, as a `Config`.
 *
 * @category config
 * @since 0.1.0
 */
export const fromEnvironment: Config.Config<Options> = Config.all({
  apiKey: firstOf(environmentNames.apiKey, Config.Redacted),
  apiSecret: firstOf(environmentNames.apiSecret, Config.Redacted),
  bearerToken: firstOf(environmentNames.bearerToken, Config.Redacted),
  baseUrl: firstOf(environmentNames.baseUrl, Config.String),
  projectId: firstOf(environmentNames.projectId, Config.String)
})

/**
 * A layer from a `Config`: by default that of the environment, whose variables its errors name then.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig = (
  options?: Config.Wrap<Options>
): Layer.Layer<ScenarioConfig, Config.ConfigError | InvalidConfig> =>
  Layer.effect(
    ScenarioConfig,
    Effect.flatMap(Config.unwrap(options ?? fromEnvironment), (given) =>
      make(given, options === undefined ? variableNames : optionNames)
    )
  )

function firstOf<A>(names: readonly [string, ...ReadonlyArray<string>], config: (name: string) => Config.Config<A>) {
  const [name, ...others] = names
  return others
    .reduce(
      (first, other) =>
        Config.flatMap(first, (found) => (isGiven(found) ? Config.succeed(found) : Config.option(config(other)))),
      Config.option(config(name))
    )
    .pipe(Config.map((found) => (isGiven(found) ? found.value : undefined)))
}

const isGiven = <A>(found: Option.Option<A>): found is Option.Some<A> =>
  Option.isSome(found) && (Redacted.isRedacted(found.value) ? Redacted.value(found.value) : found.value) !== ""

const makeCredentials = (options: Options, names: Names): Effect.Effect<Credentials, InvalidConfig> => {
  const [key, secret, token] = [options.apiKey, options.apiSecret, options.bearerToken].map((value) =>
    value === undefined || Redacted.value(value) === "" ? undefined : value
  )
  const refuse = (message: string) => Effect.fail(new InvalidConfig({ kind: "credentials", message }))
  const either = `${names.apiKey} and ${names.apiSecret}, or ${names.bearerToken} alone`
  if (token !== undefined) {
    if (key !== undefined || secret !== undefined) {
      return refuse(`Two kinds of credentials are set, an API key and a bearer token; set ${either}.`)
    }
    return isPrintable(token)
      ? Effect.succeed({ _tag: "Bearer", token: relabel(token, "bearer token") })
      : refuse(
          `The bearer token holds white space or characters that are not ASCII; copy it again (${names.bearerToken}).`
        )
  }
  if (key === undefined && secret === undefined) return refuse(`No credentials are set; set ${either}.`)
  if (key === undefined) return refuse(`The API secret is set and the API key is not; set ${names.apiKey} too.`)
  if (secret === undefined) return refuse(`The API key is set and the API secret is not; set ${names.apiSecret} too.`)
  if (!isPrintable(key) || Redacted.value(key).includes(":")) {
    return refuse(
      `The API key holds ':', white space or characters that are not ASCII; copy it again (${names.apiKey}).`
    )
  }
  return isPrintable(secret)
    ? Effect.succeed({ _tag: "Basic", key: relabel(key, "API key"), secret: relabel(secret, "API secret") })
    : refuse(`The API secret holds white space or characters that are not ASCII; copy it again (${names.apiSecret}).`)
}

const isPrintable = (value: Redacted.Redacted): boolean => /^[\x21-\x7e]+$/.test(Redacted.value(value))

const relabel = (value: Redacted.Redacted, label: string): Redacted.Redacted =>
  Redacted.make(Redacted.value(value), { label })

const decodeProjectId = Schema.decodeUnknownEffect(ProjectId)

const makeProjectId = (value: string, names: Names): Effect.Effect<ProjectId, InvalidConfig> =>
  Effect.mapError(
    decodeProjectId(value),
    () =>
      new InvalidConfig({
        kind: "projectId",
        message: `The project id ${JSON.stringify(value)} cannot be an id; set ${names.projectId} to one such as proj_….`
      })
  )
