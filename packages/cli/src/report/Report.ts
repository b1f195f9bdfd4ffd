/** An error, told to the person on stderr, and to the program on stdout where it asked for JSON. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as ExitCode from "../errors/ExitCode.ts"
import * as ErrorFields from "../json/ErrorFields.ts"
import type * as Events from "../json/Events.ts"
import * as Json from "../json/Json.ts"
import * as Colors from "../text/Colors.ts"
import * as Format from "../text/Format.ts"
import * as Causes from "./Causes.ts"
import { Failures } from "./Failures.ts"
import * as Hint from "./Hint.ts"
import * as UsageMessage from "./UsageMessage.ts"
import * as Wording from "./Wording.ts"

interface Told {
  readonly messages: ReadonlyArray<string>
  readonly hints: ReadonlyArray<string>
  readonly exitCode: number
  readonly fields: Events.Particulars & Events.Done
  /** What only `--verbose` tells. */
  readonly details: ReadonlyArray<string>
}

/** Tells why a run ended, and gives its exit code. */
export const error = Effect.fnUntraced(function* (
  name: string,
  args: ReadonlyArray<string>,
  cause: Cause.Cause<unknown>
) {
  const failure = Cause.findErrorOption(cause)
  const told =
    Option.isSome(failure) && Predicate.hasProperty(failure.value, "_tag")
      ? of(name, args, failure.value)
      : yield* ofBug(cause)
  const { exitCode, fields, hints, messages } = told
  const { error: paint } = yield* Colors.ofStderr
  const isVerbose = isGiven(args, "--verbose")
  const said = (isVerbose ? messages : onOneScreen(messages)).map(
    (message) => `${paint(`${name}:`)} ${Format.printable(message)}\n`
  )
  const more = [...(isVerbose ? told.details.map((line) => `  ${line}`) : []), ...hints]
  process.stderr.write([...said, ...more.map((line) => `${Format.printable(line)}\n`)].join(""))
  if (isGiven(args, "--json")) {
    const end: Events.End = { type: "error", ...fields, exitCode, messages, hints }
    process.stdout.write(yield* Json.line(end))
  }
  return exitCode
})

/** Read here once more, for it must be known also where the command line is wrong. */
const isGiven = (args: ReadonlyArray<string>, flag: string): boolean => {
  const end = args.indexOf("--")
  return args.slice(0, end === -1 ? undefined : end).includes(flag)
}

/** The first of several whole, for they are often all alike, and a line or two of others. The last one sums up. */
const onOneScreen = (messages: ReadonlyArray<string>): ReadonlyArray<string> => {
  const others = messages.slice(1, -1)
  const shown = others.length > most ? others.slice(0, most) : others
  const hidden = others.length - shown.length
  return [
    ...messages.slice(0, 1).map(cut(messages.length > 1 ? 300 : 1000)),
    ...shown.map(cut(140)),
    ...(hidden > 0 ? [`… and ${hidden} more; --json tells all of them`] : []),
    ...messages.slice(1).slice(-1).map(cut(300))
  ]
}

const most = 6

const cut =
  (length: number) =>
  (text: string): string =>
    text.length <= length ? text : `${text.slice(0, length - 1)}…`

const of = (name: string, args: ReadonlyArray<string>, error: unknown): Told => {
  if (CliError.isCliError(error)) return ofUsage(name, error)
  if (error instanceof Failures) {
    const { details, exitCode, fields, hints, message, messages } = error
    return { messages: [...messages, message], hints, exitCode, details, fields: { error: error._tag, ...fields } }
  }
  const exitCode = ExitCode.of(error)
  const command = args.find((arg) => !arg.startsWith("-"))
  const isUsage = exitCode === ExitCode.exitCodes.usage
  return {
    messages: [Wording.of(error)],
    hints: [...Hint.of(error), ...(isUsage ? [seeHelp([name, ...(command === undefined ? [] : [command])])] : [])],
    exitCode,
    details: Causes.of(error),
    fields: ErrorFields.of(error)
  }
}

const ofUsage = (name: string, error: CliError.CliError): Told => {
  const [path, errors] = error._tag === "ShowHelp" ? [error.commandPath, error.errors] : [[name], [error]]
  return {
    messages: errors.length === 0 ? ["no command is given"] : errors.map(UsageMessage.of),
    hints: [
      ...(errors.some((error) => error._tag === "UnrecognizedOption" && UsageMessage.similar(error).length === 0)
        ? ["If it begins with a dash and is no flag, write it after --."]
        : []),
      seeHelp(path)
    ],
    exitCode: ExitCode.exitCodes.usage,
    details: [],
    fields: { error: "UsageError" }
  }
}

const ofBug = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  // Loaded when it is needed, which should be never.
  const Bug = yield* Effect.promise(() => import("./Bug.ts"))
  const { details, file, hints, message } = yield* Bug.of(cause)
  const told: Told = {
    messages: [message],
    hints,
    exitCode: ExitCode.exitCodes.failed,
    details: details.trimEnd().split("\n"),
    fields: { error: "Defect", details: file }
  }
  return told
})

const seeHelp = (path: ReadonlyArray<string>): string => `See '${path.join(" ")} --help'.`
