/** The command tree, and how a run of it ends. */
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Asset from "./commands/Asset.ts"
import * as Download from "./commands/Download.ts"
import * as Emulate from "./commands/Emulate.ts"
import * as Status from "./commands/Status.ts"
import * as ExitCode from "./ExitCode.ts"

export const name = "scenario-assets"

const tree = Command.make(name).pipe(
  Command.withDescription("Download generated assets from Scenario in bulk"),
  Command.withSubcommands([Download.command, Status.status, Status.wait, Asset.command, Emulate.command]),
  Command.withExamples([
    { command: `${name} download model_abc`, description: "All assets of a model, as one archive" },
    { command: `${name} asset asset_abc --format png`, description: "One asset, as PNG" },
    { command: `${name} emulate`, description: "A Scenario of your own to try things on" }
  ])
)

/** Help that was asked for is data; help after a mistake is not, and a mistake is told in two lines. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag === "Help" && event.reason === "Requested") return CliOutput.defaultPresenter.present(event)
    if (event._tag === "Version") return stdout(`${event.version}\n`)
    if (event._tag === "Help") {
      return stderr(`${CliOutput.defaultFormatter({ colors: false }).formatHelpDoc(event.helpDoc)}\n`)
    }
    return stderr([
      ...event.errors.map((error) => `${name}: ${error.message}`),
      `See '${event.commandPath.join(" ")} --help'.`,
      ""
    ].join("\n"))
  }
}

const stdout = (text: string) => Effect.sync(() => void process.stdout.write(text))
const stderr = (text: string) => Effect.sync(() => void process.stderr.write(text))

/** Runs the command line; the exit code is the value. An interruption stays one. */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Command.runWith(tree, { version })(args).pipe(
    Effect.as<number>(ExitCode.exitCodes.ok),
    Effect.catchCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.interrupt : report(args, Cause.squash(cause))),
    Effect.provide(Layer.mergeAll(
      CliOutput.layerPresenter(presenter),
      Layer.succeed(Logger.LogToStderr, true),
      Layer.succeed(References.MinimumLogLevel, "Warn")
    ))
  )

const report = (args: ReadonlyArray<string>, error: unknown): Effect.Effect<number> => {
  // The presenter has spoken.
  if (CliError.isCliError(error) && error._tag === "ShowHelp") {
    return Effect.succeed(error.errors.length > 0 ? ExitCode.exitCodes.usage : ExitCode.exitCodes.ok)
  }
  const exitCode = ExitCode.of(error)
  const messages = messagesOf(error)
  return Effect.as(
    Effect.andThen(
      stderr(messages.map((message) => `${name}: ${message}\n`).join("")),
      args.includes("--json")
        ? stdout(`${JSON.stringify({ type: "error", error: tagOf(error), exitCode, messages })}\n`)
        : Effect.void
    ),
    exitCode
  )
}

const messagesOf = (error: unknown): ReadonlyArray<string> => {
  if (typeof error !== "object" || error === null || !("message" in error)) return [String(error)]
  const more = "messages" in error && Array.isArray(error.messages) ? error.messages.map(String) : []
  return [...more, String(error.message)]
}

const tagOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "Defect"
