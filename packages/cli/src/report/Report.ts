/** An error, told to the person on stderr, and to the program on stdout where it asked for JSON. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import {
  AccessError,
  Failures,
  isWithoutDirectory,
  NoWorkingDirectory,
  ProblemsFound,
  type Resumable
} from "../errors/CommandError.ts"
import * as ExitCode from "../errors/ExitCode.ts"
import type * as Events from "../json/Events.ts"
import * as Fields from "../json/Fields.ts"
import * as Json from "../json/Json.ts"
import type * as Arguments from "../settings/Arguments.ts"
import * as Ending from "../start/Ending.ts"
import * as Colors from "../text/Colors.ts"
import * as Format from "../text/Format.ts"
import * as Causes from "./Causes.ts"
import * as Hint from "./Hint.ts"
import * as Message from "./Message.ts"
import * as UsageMessage from "./UsageMessage.ts"

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
  { isJson, isVerbose, path }: Pick<Arguments.Meaning, "isJson" | "isVerbose" | "path">,
  cause: Cause.Cause<unknown>
) {
  const failure = isWithoutDirectory(Cause.squash(cause))
    ? Option.some(new NoWorkingDirectory())
    : Cause.findErrorOption(cause)
  const told =
    Option.isSome(failure) && Predicate.hasProperty(failure.value, "_tag")
      ? of(path, failure.value)
      : yield* ofBug(cause)
  const { exitCode, fields, hints, messages } = told
  const { error: paint } = yield* Colors.ofStderr
  const said = (isVerbose ? messages : onOneScreen(messages)).map(
    (message) => `${paint(`${path[0]}:`)} ${Format.printable(message)}\n`
  )
  const more = [...(isVerbose ? told.details.map((line) => `  ${line}`) : []), ...hints]
  process.stderr.write([...said, ...more.map((line) => `${Format.printable(line)}\n`)].join(""))
  if (Ending.claim(exitCode) && isJson) {
    const end: Events.End = { type: "error", ...fields, exitCode, messages, hints }
    process.stdout.write(yield* Json.line(end))
  }
  return exitCode
  // A signal that comes meanwhile must not come between what is claimed and what is printed.
}, Effect.uninterruptible)

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

const of = (path: ReadonlyArray<string>, error: unknown): Told => {
  if (CliError.isCliError(error)) return ofUsage(path, error)
  if (error instanceof Failures) return ofFailures(error)
  if (error instanceof AccessError) {
    const told = ofOne(error.problem.kind === "open" ? error : error.problem.answer)
    return { ...told, messages: [error.message], hints: [], fields: { ...told.fields, ...error.fields } }
  }
  if (error instanceof ProblemsFound) {
    const { _tag, done, exitCode, message } = error
    return { messages: [message], hints: [], exitCode, details: [], fields: { error: _tag, ...done } }
  }
  const told = ofOne(error)
  return told.exitCode === ExitCode.exitCodes.usage ? { ...told, hints: [...told.hints, seeHelp(path)] } : told
}

/** An error by itself; `run` can be resumed. */
const ofOne = (error: unknown, run?: Resumable): Told => ({
  messages: [Message.of(error)],
  hints: Hint.of(error, run),
  exitCode: ExitCode.of(error),
  details: Causes.of(error),
  fields: Fields.ofError(error)
})

/** A single error is told alone; of several each with what it happened to. */
const ofFailures = (failures: Failures): Told => {
  const { done, failed, run, total } = failures
  const [{ error, jobId }] = failed
  const runId = run?.runId === undefined ? {} : { runId: run.runId }
  if (total === 1) {
    const told = ofOne(error, run)
    const ofJob = jobId === undefined ? {} : { jobId }
    // A transfer knows its host alone.
    const messages =
      error._tag === "TransferError" && jobId !== undefined ? [`Job ${jobId}: ${Message.of(error)}`] : told.messages
    return { ...told, messages, fields: { ...told.fields, ...ofJob, ...done, ...runId } }
  }
  return {
    messages: [...failed.map(({ error, of }) => `${of}: ${Message.of(error)}`), failures.message],
    hints: [...new Set(failed.flatMap(({ error }) => Hint.of(error, run)))],
    exitCode: ExitCode.of(failures),
    details: failed.flatMap(({ error, of }) => Causes.of(error).map((line) => `${of}: ${line}`)),
    fields: {
      error: failures._tag,
      ...done,
      failed: failed.map(({ error, of }) => ({ of, error: error._tag, message: Message.of(error) })),
      ...runId
    }
  }
}

const ofUsage = (meant: ReadonlyArray<string>, error: CliError.CliError): Told => {
  const errors = error._tag === "ShowHelp" ? error.errors : [error]
  const unknown = errors.find(({ _tag }) => _tag === "UnknownSubcommand")
  // `help` asks for the help of another one.
  const path = unknown?._tag === "UnknownSubcommand" && unknown.parent !== undefined ? unknown.parent : meant
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
