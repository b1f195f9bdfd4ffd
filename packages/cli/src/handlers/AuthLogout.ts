/** `auth logout`: forgets the credentials of an API. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Credentials from "../access/Credentials.ts"
import * as CredentialsFile from "../access/CredentialsFile.ts"
import * as Scenario from "../access/Scenario.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"

interface Values extends Pick<Connection, "baseUrl">, Output.Mode {}

export const run = (values: Values) =>
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
      yield* warn(`there are still credentials in ${Credentials.describeSource(source)}; unset those to remove them`)
    }
    yield* result({ baseUrl, file, removed })
  }).pipe(Effect.provide(Output.layer(values)))
