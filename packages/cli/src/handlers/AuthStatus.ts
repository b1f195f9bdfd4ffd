/** `auth status`: which credentials are used with an API, and whether it accepts them. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Access from "../access/Access.ts"
import * as Credentials from "../access/Credentials.ts"
import * as Scenario from "../access/Scenario.ts"
import * as Unencrypted from "../access/Unencrypted.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"

interface Values extends Connection, Output.Mode {}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, result } = yield* Output.Output
    const { config, source } = yield* Scenario.configuration(values)
    yield* Unencrypted.warn(config.baseUrl)
    const what = Credentials.describe(config.credentials)
    const fields = {
      baseUrl: config.baseUrl,
      ...(config.projectId === undefined ? {} : { project: config.projectId }),
      credentials: what,
      ...Option.getOrUndefined(source)
    }
    const from = Option.match(source, { onNone: () => "", onSome: Credentials.describeSource })
    yield* line(`${config.baseUrl}: ${what} of ${from}`)
    yield* Access.check(config, { ...fields, accepted: false })
    yield* line("accepted")
    yield* result({ ...fields, accepted: true })
  }).pipe(Effect.provide(Output.layer(values)))
