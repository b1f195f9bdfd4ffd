/** The credentials to use: those of the environment, or else those that `auth login` stored for the API. */
import * as ConfigNames from "@scenario-assets/core/engine/ConfigNames"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialsFile from "./CredentialsFile.ts"

/** Where credentials are from: these variables of the environment, or this file. */
export type Source = { readonly environment: ReadonlyArray<string> } | { readonly file: string }

export interface Credentials {
  readonly source: Source
  /** As they are. */
  readonly options: Pick<ScenarioConfig.Options, "apiKey" | "apiSecret" | "bearerToken">
}

/**
 * Those to use with an API, which is known by its base URL. The two sources never mix: as soon as the environment sets one of
 * its variables, it is the environment that counts.
 */
export const find = Effect.fnUntraced(function* (baseUrl: string) {
  const environment = yield* ofEnvironment
  if (Option.isNone(environment)) return yield* ofFile(baseUrl)
  yield* checkWhole(environment.value)
  return environment
})

/** Those of the environment, also where a key lacks its secret. */
export const ofEnvironment: Effect.Effect<Option.Option<Credentials>, Config.ConfigError> = Effect.gen(function* () {
  const { apiKey, apiSecret, bearerToken } = ConfigNames.environment
  const [key, secret, token] = yield* Effect.all([firstSet(apiKey), firstSet(apiSecret), firstSet(bearerToken)])
  const environment = [key, secret, token].flatMap((found) => found?.name ?? [])
  return environment.length === 0
    ? Option.none()
    : Option.some({
        source: { environment },
        options: { apiKey: key?.value, apiSecret: secret?.value, bearerToken: token?.value }
      })
})

/** Fails where of a key and its secret only one is set. */
const checkWhole = Effect.fnUntraced(function* ({ options, source }: Credentials) {
  const { apiKey, apiSecret, bearerToken } = options
  if (bearerToken !== undefined || (apiKey === undefined) === (apiSecret === undefined)) return
  const [set = ""] = "environment" in source ? source.environment : []
  const missing = otherHalf(set)
  return yield* new ScenarioConfig.InvalidConfig({
    kind: "credentials",
    message: `${set} is set and ${missing} is missing; set ${missing} too, or unset ${set} to use stored credentials.`
  })
})

/** Of `SCENARIO_API_KEY`, `SCENARIO_API_SECRET`, and the other way round. */
const otherHalf = (name: string): string => name.replace(/(?:KEY|SECRET)$/, (end) => (end === "KEY" ? "SECRET" : "KEY"))

const ofFile = Effect.fnUntraced(function* (baseUrl: string) {
  const file = yield* CredentialsFile.path
  const stored = yield* CredentialsFile.find(file, baseUrl)
  return Option.map(stored, (options): Credentials => ({ source: { file }, options }))
})

const firstSet = Effect.fnUntraced(function* (names: ReadonlyArray<string>) {
  for (const name of names) {
    const value = yield* Config.option(Config.Redacted(name))
    if (Option.isSome(value)) return { name, value: value.value }
  }
  return undefined
})

/** All that could be used of the environment and the file, also where the rest of them is wrong: to be taken out of a text. */
export const secrets = Effect.gen(function* () {
  const { apiKey, apiSecret, bearerToken } = ConfigNames.environment
  const given = yield* Effect.forEach([...apiKey, ...apiSecret, ...bearerToken], (name) =>
    Effect.option(Config.Redacted(name))
  )
  const stored = yield* Effect.orElseSucceed(Effect.flatMap(CredentialsFile.path, CredentialsFile.secrets), () => [])
  return [...given.flatMap(Option.toArray), ...stored].map(Redacted.value)
})

/** What they are, without what could be used: of a key that is long enough, its beginning. */
export const describe = (credentials: ScenarioConfig.Credentials): string => {
  if (credentials._tag === "Bearer") return "a bearer token"
  const key = Redacted.value(credentials.key)
  return key.length < 12 ? "an API key" : `the API key ${key.slice(0, 4)}…`
}

/** Where they are from, for people. */
export const describeSource = (source: Source): string =>
  "file" in source ? source.file : `the environment (${source.environment.join(", ")})`
