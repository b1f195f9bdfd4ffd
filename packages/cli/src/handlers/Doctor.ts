/** `doctor`: what stands in the way of a download, and what to do about it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AccessCheck from "../doctor/AccessCheck.ts"
import * as Check from "../doctor/Check.ts"
import * as PlacesCheck from "../doctor/PlacesCheck.ts"
import * as SettingsCheck from "../doctor/SettingsCheck.ts"
import { ProblemsFound } from "../errors/CommandError.ts"
import { exitCodes } from "../errors/ExitCode.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Version from "../start/Version.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Output.Mode {
  readonly directory: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, result } = yield* Output.Output
    const tell = (checks: ReadonlyArray<Check.Check>) => Effect.forEach(checks, (check) => line(words(check)))

    const node = ofNode(process.versions.node)
    const settings = yield* SettingsCheck.run({
      "base-url": values.baseUrl,
      project: values.project,
      output: values.directory
    })
    yield* tell([node, ...settings.checks])
    yield* line(table(settings.found))

    const setting = (key: string) => settings.found.find((found) => found.key === key)
    /** None where it is the default, or cannot be used, which has been told. */
    const setTo = (key: string) =>
      Option.fromUndefinedOr(setting(key)?.source === "default" ? undefined : setting(key)?.value)
    // Whatever API was meant, the usual one is not to be asked in its place.
    const access =
      setting("base-url")?.value === undefined
        ? []
        : yield* AccessCheck.run({ baseUrl: setTo("base-url"), project: setTo("project") })
    yield* tell(access)
    const places = yield* PlacesCheck.run(Option.getOrElse(setTo("output"), () => "."))
    yield* tell(places)

    const checks = [node, ...settings.checks, ...access, ...places]
    const problems = checks.filter(({ status }) => status === "problem")
    const [first] = problems
    if (first === undefined) return yield* result({ checks, settings: settings.found })
    return yield* new ProblemsFound({
      count: problems.length,
      // They come in the order in which they are to be fixed.
      exitCode: first.exitCode ?? exitCodes.failed,
      done: { checks, settings: settings.found }
    })
  }).pipe(Effect.provide(Output.layer(values)))

const words = ({ advice, check, message, status }: Check.Check): string =>
  Format.printable(
    [`${status.padEnd(indent)}${check}: ${message}`, ...(advice === undefined ? [] : [advice])].join(gap)
  )

const indent = 9
const gap = `\n${" ".repeat(indent)}`

const table = (found: ReadonlyArray<SettingsCheck.Found>): string => {
  const rows = found.map(({ key, source, value }) => [key, value ?? "(not accepted)", source] as const)
  const [keys, values] = ([0, 1] as const).map((column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map(([key, value, source]) =>
      Format.printable(`${" ".repeat(indent)}${key.padEnd(keys ?? 0)}  ${value.padEnd(values ?? 0)}  ${source}`)
    )
    .join("\n")
}

const ofNode = (version: string): Check.Check => {
  const refusal = Version.refusal(version)
  return refusal === undefined
    ? Check.ok("node", version)
    : Check.problem("node", refusal, "Install a newer one.", exitCodes.usage)
}
