/** `doctor`: what keeps a download from working, and what to do about it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as AccessCheck from "../doctor/AccessCheck.ts"
import type * as ApiProbe from "../doctor/ApiProbe.ts"
import * as Check from "../doctor/Check.ts"
import * as PlacesCheck from "../doctor/PlacesCheck.ts"
import * as ServiceReport from "../doctor/ServiceReport.ts"
import * as SettingsCheck from "../doctor/SettingsCheck.ts"
import { ProblemsFound } from "../errors/CommandError.ts"
import { exitCodes } from "../errors/ExitCode.ts"
import * as Output from "../output/Output.ts"
import type { Connection } from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"
import * as Version from "../start/Version.ts"
import * as Colors from "../text/Colors.ts"
import * as Format from "../text/Format.ts"

interface Values extends Connection, Output.Mode, ApiProbe.Wanted {
  readonly directory: Option.Option<string>
  readonly report: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, note, result } = yield* Output.Output
    yield* ServiceReport.checkWanted(values.report, values)
    const colors = yield* Colors.ofStdout
    const marks = { ok: colors.done("ok"), warning: colors.warning("warning"), problem: colors.error("problem") }
    const tell = (checks: ReadonlyArray<Check.Check>) =>
      Effect.forEach(checks, (check) => line(words(check), marks[check.status]))

    const node = ofNode(process.versions.node)
    const settings = yield* SettingsCheck.run({
      "base-url": values.baseUrl,
      project: values.project,
      output: values.directory
    })
    yield* tell([node, ...settings.checks])
    const shown = values.verbose ? settings.found : settings.found.filter(SettingsCheck.isSet)
    yield* Effect.forEach(table(shown), (row) => line(row))

    const setting = (key: string) => settings.found.find((found) => found.key === key)
    /** None where it is the default, or not valid, which has been said. */
    const setTo = (key: string) =>
      Option.flatMapNullishOr(Option.fromUndefinedOr(setting(key)), (found) =>
        SettingsCheck.isSet(found) ? found.value : undefined
      )
    const connection = { baseUrl: setTo("base-url"), project: setTo("project") }
    // Whatever API was meant, the usual one is not to be asked in its place.
    const isAddressed = setting("base-url")?.value !== undefined
    const access = isAddressed ? yield* AccessCheck.run(connection) : []
    yield* tell(access)
    const directory = Option.flatMap(setTo("output"), Settings.output.reader.read)
    const places = yield* PlacesCheck.run(Option.getOrElse(directory, () => "."))
    yield* tell(places)

    const checks = [node, ...settings.checks, ...access, ...places]
    const done = {
      checks,
      settings: settings.found,
      ...(Option.isSome(values.report) ? { report: values.report.value } : {})
    }
    if (Option.isSome(values.report) && isAddressed) {
      yield* note("\nAsking the API and its storage hosts for the report…")
      yield* ServiceReport.write(values.report.value, { ...values, connection, checks })
      yield* line(`\nThe report is in ${values.report.value}, ${reported}`)
    }
    const problems = checks.filter(({ status }) => status === "problem")
    const warnings = checks.filter(({ status }) => status === "warning")
    const [first] = problems
    if (first === undefined) {
      const others = warnings.length === 0 ? "" : `, ${Format.count(warnings.length, "warning")}`
      yield* line(`\nNo problems found${others}.`)
      return yield* result(done)
    }
    return yield* new ProblemsFound({
      checks: problems.map(({ check }) => check),
      // They come in the order in which they are to be fixed.
      exitCode: first.exitCode ?? exitCodes.failed,
      done
    })
  }).pipe(Effect.provide(Output.layer(values)))

const reported =
  "which only you can read. It says how the API and its storage hosts answered: statuses, names of fields and headers, the hosts of " +
  "links and how long they are valid. It holds no key, link, prompt or id. Read it before you send it to anybody."

/** What stands behind the status. */
const words = ({ advice, check, message, status }: Check.Check): string => {
  const text = [`${check}: ${message}`, ...(advice === undefined ? [] : [advice])].join(gap)
  return `${" ".repeat(indent - status.length)}${Format.printable(text)}`
}

const indent = 9
const gap = `\n${" ".repeat(indent)}`

const table = (found: ReadonlyArray<SettingsCheck.Found>): ReadonlyArray<string> => {
  const rows = found.map(({ key, source, value }) => [key, value ?? "(not valid)", source] as const)
  const [keys, values] = ([0, 1] as const).map((column) => Math.max(0, ...rows.map((row) => row[column].length)))
  return rows.map(([key, value, source]) =>
    Format.printable(`${" ".repeat(indent)}${key.padEnd(keys ?? 0)}  ${value.padEnd(values ?? 0)}  ${source}`)
  )
}

const ofNode = (version: string): Check.Check => {
  const refusal = Version.refusal(version)
  return refusal === undefined
    ? Check.ok("node", version)
    : Check.problem("node", refusal, "Install a newer one.", exitCodes.usage)
}
