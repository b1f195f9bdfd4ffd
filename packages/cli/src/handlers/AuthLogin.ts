/** `auth login`: asks for credentials, tries them, and stores them. */
import * as ConfigNames from "@scenario-assets/core/engine/ConfigNames"
import * as ScenarioConfig from "@scenario-assets/core/ScenarioConfig"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Access from "../access/Access.ts"
import * as Credentials from "../access/Credentials.ts"
import * as CredentialsFile from "../access/CredentialsFile.ts"
import * as CredentialsInput from "../access/CredentialsInput.ts"
import * as Scenario from "../access/Scenario.ts"
import * as Unencrypted from "../access/Unencrypted.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"

interface Values extends Connection, Output.Mode {
  readonly withToken: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { note, result, warn } = yield* Output.Output
    const baseUrl = yield* Scenario.baseUrl(values)
    yield* Unencrypted.warn(baseUrl)
    const stored = yield* CredentialsInput.read(values.withToken ? "token" : "key", baseUrl)
    const options = { ...stored, baseUrl, projectId: Option.getOrUndefined(values.project) }
    const config = yield* ScenarioConfig.make(options, ConfigNames.variables)
    yield* Access.check(config, { baseUrl, stored: false })
    const file = yield* CredentialsFile.path
    yield* CredentialsFile.store(file, baseUrl, stored)
    yield* note(
      `${baseUrl} accepts ${Credentials.describe(config.credentials)}. It is stored in ${file}, for this API alone.`
    )
    const environment = yield* Credentials.ofEnvironment
    if (Option.isSome(environment)) {
      const { source } = environment.value
      yield* warn(`there are credentials in ${Credentials.describeSource(source)} too, and those come first`)
    }
    yield* result({ baseUrl, credentials: Credentials.describe(config.credentials), file })
  }).pipe(Effect.provide(Output.layer(values)))
