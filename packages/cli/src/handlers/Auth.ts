/** `auth login`, `auth status` and `auth logout`: the credentials for an API. */
import * as ConfigNames from "@scenario-assets/core/engine/ConfigNames"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Access from "../access/Access.ts"
import * as Credentials from "../access/Credentials.ts"
import * as CredentialsFile from "../access/CredentialsFile.ts"
import * as CredentialsInput from "../access/CredentialsInput.ts"
import * as Scenario from "../access/Scenario.ts"
import { AccessError, describeAccess } from "../errors/CommandError.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"

interface LoginValues extends Connection, Output.Mode {
  readonly withToken: boolean
}

export const login = (values: LoginValues) =>
  Effect.gen(function* () {
    const { note, result, warn } = yield* Output.Output
    const baseUrl = yield* Scenario.baseUrl(values)
    yield* Scenario.warnIfUnencrypted(baseUrl)
    const stored = yield* CredentialsInput.read(values.withToken ? "token" : "key", baseUrl)
    const options = { ...stored, baseUrl, projectId: Option.getOrUndefined(values.project) }
    const config = yield* ScenarioConfig.make(options, ConfigNames.variables)
    const problem = yield* Access.ask(config)
    if (problem?.kind === "rejected" || problem?.kind === "forbidden") {
      return yield* new AccessError({ baseUrl, problem, fields: { baseUrl, stored: false } })
    }
    if (problem !== undefined) yield* warn(describeAccess(baseUrl, problem))
    const file = yield* CredentialsFile.path
    yield* CredentialsFile.store(file, baseUrl, stored)
    const what = Credentials.describe(config.credentials)
    yield* note(`Stored ${what} for ${baseUrl} in ${file}.`)
    const environment = yield* Credentials.ofEnvironment
    if (Option.isSome(environment)) {
      const { source } = environment.value
      yield* warn(`${Credentials.describeSource(source)} has credentials too, which are used first`)
    }
    yield* result({ baseUrl, credentials: what, file, accepted: problem === undefined })
  }).pipe(Effect.provide(Output.layer(values)))

interface StatusValues extends Connection, Output.Mode {}

export const status = (values: StatusValues) =>
  Effect.gen(function* () {
    const { line, result } = yield* Output.Output
    const { config, source } = yield* Scenario.configuration(values)
    yield* Scenario.warnIfUnencrypted(config.baseUrl)
    const what = Credentials.describe(config.credentials)
    const fields = {
      baseUrl: config.baseUrl,
      ...(config.projectId === undefined ? {} : { project: config.projectId }),
      credentials: what,
      ...Option.getOrUndefined(source)
    }
    const from = Option.match(source, { onNone: () => "", onSome: Credentials.describeSource })
    yield* line(`${config.baseUrl}: ${what} from ${from}`)
    yield* Access.check(config, { ...fields, accepted: false })
    yield* line("accepted")
    yield* result({ ...fields, accepted: true })
  }).pipe(Effect.provide(Output.layer(values)))

interface LogoutValues extends Pick<Connection, "baseUrl">, Output.Mode {}

export const logout = (values: LogoutValues) =>
  Effect.gen(function* () {
    const { note, result, warn } = yield* Output.Output
    const baseUrl = yield* Scenario.baseUrl(values)
    const file = yield* CredentialsFile.path
    const removed = yield* CredentialsFile.remove(file, baseUrl)
    yield* note(
      removed
        ? `Removed the credentials for ${baseUrl} from ${file}.`
        : `No credentials for ${baseUrl} are stored in ${file}.`
    )
    const environment = yield* Credentials.ofEnvironment
    if (Option.isSome(environment)) {
      const { source } = environment.value
      yield* warn(`${Credentials.describeSource(source)} still has credentials; unset the variables to remove them`)
    }
    yield* result({ baseUrl, file, removed })
  }).pipe(Effect.provide(Output.layer(values)))
