/** An error, told to the person on stderr, and to the program on stdout where it asked for JSON. */
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as ErrorFields from "./ErrorFields.ts"
import * as ExitCode from "./ExitCode.ts"
import { Failures } from "./Failures.ts"
import * as Format from "./Format.ts"
import * as Hint from "./Hint.ts"
import * as Json from "./Json.ts"
import * as UsageMessage from "./UsageMessage.ts"

interface Told {
  readonly messages: ReadonlyArray<string>
  readonly hints: ReadonlyArray<string>
  readonly exitCode: number
  readonly fields: Json.Fields
}

/** Tells an error, and gives its exit code. */
export const error = (name: string, args: ReadonlyArray<string>, cause: unknown): Effect.Effect<number> =>
  Effect.sync(() => {
    const { exitCode, fields, hints, messages } = CliError.isCliError(cause)
      ? ofUsage(name, cause)
      : of(name, args, cause)
    const lines = [...messages.map((message) => `${name}: ${message}`), ...hints, ""].join("\n")
    process.stderr.write(Format.printable(lines))
    if (wantsJson(args))
      process.stdout.write(`${Json.encode({ type: "error", ...fields, exitCode, messages, hints })}\n`)
    return exitCode
  })

/** Read here once more, for it must be known also where the command line is wrong. */
const wantsJson = (args: ReadonlyArray<string>): boolean => {
  const end = args.indexOf("--")
  return args.slice(0, end === -1 ? undefined : end).includes("--json")
}

const ofUsage = (name: string, error: CliError.CliError): Told => {
  const [path, errors] = error._tag === "ShowHelp" ? [error.commandPath, error.errors] : [[name], [error]]
  return {
    messages: errors.length === 0 ? ["no command is given"] : errors.map(UsageMessage.of),
    hints: [seeHelp(path)],
    exitCode: ExitCode.exitCodes.usage,
    fields: { error: "UsageError" }
  }
}

const of = (name: string, args: ReadonlyArray<string>, error: unknown): Told => {
  if (error instanceof Failures) {
    const { exitCode, fields, hints, message, messages } = error
    return { messages: [...messages, message], hints, exitCode, fields: { error: error._tag, ...fields } }
  }
  const exitCode = ExitCode.of(error)
  const hint = Hint.of(error)
  const command = args.find((arg) => !arg.startsWith("-"))
  const isUsage = exitCode === ExitCode.exitCodes.usage
  return {
    messages: [messageOf(error)],
    hints: [
      ...(hint === undefined ? [] : [hint]),
      ...(isUsage ? [seeHelp([name, ...(command === undefined ? [] : [command])])] : [])
    ],
    exitCode,
    fields: ErrorFields.of(error)
  }
}

const seeHelp = (path: ReadonlyArray<string>): string => `See '${path.join(" ")} --help'.`

const messageOf = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? String(error.message) : String(error)
  return Predicate.hasProperty(error, "_tag")
    ? message
    : `this is a bug of scenario-assets, please report it: ${message}`
}
