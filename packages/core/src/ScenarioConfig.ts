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
import * as Schema from "effect/Schema"
import { ProjectId } from "./Asset.ts"
import * as BaseUrl from "./internal/BaseUrl.ts"
import * as ConfigNames from "./internal/ConfigNames.ts"
import { InvalidConfig } from "./internal/InvalidConfig.ts"

/** @category constants @since 0.1.0 */
export { defaultBaseUrl } from "./internal/BaseUrl.ts"
/** @category models @since 0.1.0 */
export type { Names } from "./internal/ConfigNames.ts"
/** @category errors @since 0.1.0 */
export { InvalidConfig } from "./internal/InvalidConfig.ts"

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
 * Checks options before anything is sent with them. Its errors call them by `names`, which are by default those of
 * the options.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options,
  names: ConfigNames.Names = ConfigNames.options
): Effect.fn.Return<ScenarioConfig["Service"], InvalidConfig> {
  const credentials = yield* makeCredentials(options, names)
  const baseUrl = yield* Effect.fromResult(BaseUrl.parse(options.baseUrl || BaseUrl.defaultBaseUrl, names))
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
 * The options that the environment has: `SCENARIO_API_KEY`, `SCENARIO_API_SECRET`, `SCENARIO_SDK_JWT`, `SCENARIO_BASE_URL` and
 * `SCENARIO_PROJECT_ID`; `SCENARIO_SDK_API_KEY` and `SCENARIO_SDK_API_SECRET`, as the official SDKs call them, come first.
 *
 * @category config
 * @since 0.1.0
 */
export const fromEnvironment: Config.Config<Options> = Config.all({
  apiKey: firstOf(ConfigNames.environment.apiKey, Config.Redacted),
  apiSecret: firstOf(ConfigNames.environment.apiSecret, Config.Redacted),
  bearerToken: firstOf(ConfigNames.environment.bearerToken, Config.Redacted),
  baseUrl: firstOf(ConfigNames.environment.baseUrl, Config.String),
  projectId: firstOf(ConfigNames.environment.projectId, Config.String)
})

/**
 * A layer from the environment ({@link fromEnvironment}), whose variables its errors name.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<ScenarioConfig, Config.ConfigError | InvalidConfig> = Layer.effect(
  ScenarioConfig,
  Effect.flatMap(fromEnvironment, (options) => make(options, ConfigNames.variables))
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

const makeCredentials = (options: Options, names: ConfigNames.Names): Effect.Effect<Credentials, InvalidConfig> => {
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

const makeProjectId = (value: string, names: ConfigNames.Names): Effect.Effect<ProjectId, InvalidConfig> =>
  Effect.mapError(
    decodeProjectId(value),
    () =>
      new InvalidConfig({
        kind: "projectId",
        message: `The project id ${JSON.stringify(value)} cannot be an id; set ${names.projectId} to one such as proj_….`
      })
  )
