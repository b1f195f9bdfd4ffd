/** Data on stdout, everything else on stderr. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Predicate from "effect/Predicate"
import * as References from "effect/References"
import * as Stdio from "effect/Stdio"
import type * as Events from "../json/Events.ts"
import * as Json from "../json/Json.ts"
import * as Progress from "../progress/Progress.ts"
import * as Ending from "../start/Ending.ts"
import * as Colors from "../text/Colors.ts"
import * as Format from "../text/Format.ts"
import * as EventPace from "./EventPace.ts"

export interface Mode {
  /** Events and the result as NDJSON on stdout. */
  readonly json: boolean
  /** Nothing on stderr but warnings and errors. */
  readonly quiet: boolean
  /** Everything on stderr. */
  readonly verbose: boolean
}

export class Output extends Context.Service<
  Output,
  {
    /** Whether a person sees what goes to stdout, which then is to be short. */
    readonly isTerminal: boolean
    /**
     * A line of data on stdout, which does nothing to a terminal; not with `--json`. A mark before it is a word of ours, and may be
     * painted.
     */
    readonly line: (text: string, mark?: string) => Effect.Effect<void>
    /** Something happened: a line of NDJSON on stdout with `--json`. */
    readonly event: (event: Events.Event) => Effect.Effect<void>
    /** The result, once and last: a line of NDJSON on stdout with `--json`. */
    readonly result: (fields: Events.Result) => Effect.Effect<void>
    /** For the person who watches; not with `--quiet`. */
    readonly note: (text: string) => Effect.Effect<void>
    /** For the person who wants to know all; only with `--verbose`, and not with `--quiet`. */
    readonly detail: (text: string) => Effect.Effect<void>
    /** Always shown. */
    readonly warn: (text: string) => Effect.Effect<void>
    /** The same, however often it is found to be so. */
    readonly warnOnce: (text: string) => Effect.Effect<void>
    /** What to tell when a signal ends an effect, and how to go on then. */
    readonly whenInterrupted: (
      wayOn: () => string
    ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /** What is under way: redrawn in place on a terminal, a line a minute elsewhere. */
    readonly progress: Progress.Progress
  }
>()("@scenario-assets/cli/output/Output") {}

/** The output, and what the library logs going the same way. */
export const layer = (mode: Mode): Layer.Layer<Output, never, Stdio.Stdio> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const stdio = yield* Stdio.Stdio
      const colors = yield* Colors.ofStderr
      const isTerminal = yield* stdio.stdoutIsTerminal
      const canRedraw = !(yield* Colors.isDumb) && (yield* stdio.stderrIsTerminal)
      const progress = yield* Progress.make(mode.quiet ? "none" : canRedraw ? "redraw" : "lines", colors)

      const say = (text: string) => progress.write(process.stderr, `${Format.printable(text)}\n`)
      const log = (level: string, text: string) => {
        const paint = level === "debug" ? colors.faint : colors.warning
        progress.write(process.stderr, `${paint(`${level}:`)} ${Format.printable(text)}\n`)
      }
      const warned = new Set<string>()
      const warn = (text: string) => Effect.sync(() => log("warning", text))
      /** Nothing comes after the line that tells of a crash. */
      const print = (text: string) => (Ending.hasCrashed() ? undefined : progress.write(process.stdout, text))
      const json = (fields: { readonly type: string }) =>
        mode.json ? Effect.map(Json.line(fields), print) : Effect.void
      const events = mode.json ? yield* EventPace.make(json) : EventPace.none
      /** The end is told once, and as a whole. */
      const end = (exitCode: number, fields: Events.End) =>
        events.flush.pipe(
          Effect.andThen(
            Effect.suspend(() => (!Ending.hasCrashed() && Ending.claim(exitCode) ? json(fields) : Effect.void))
          ),
          Effect.uninterruptible
        )

      const output = Output.of({
        isTerminal,
        line: (text, mark = "") =>
          Effect.sync(() => (mode.json ? undefined : print(`${mark}${isTerminal ? Format.printable(text) : text}\n`))),
        event: events.print,
        result: (fields) => end(0, { type: "result", ...fields }),
        note: (text) => Effect.sync(() => (mode.quiet ? undefined : say(text))),
        detail: (text) => Effect.sync(() => (mode.verbose && !mode.quiet ? say(text) : undefined)),
        warn,
        warnOnce: (text) =>
          Effect.suspend(() => {
            const isKnown = warned.has(text)
            warned.add(text)
            return isKnown ? Effect.void : warn(text)
          }),
        whenInterrupted: (wayOn) =>
          Effect.onInterrupt(() => {
            const exitCode = Ending.exitCode()
            progress.stop()
            // The result was told just before the signal came: there is nothing to go on with.
            if (exitCode === 0) return Effect.void
            const message = `Interrupted. ${wayOn()}`
            say(message)
            return end(exitCode, { type: "error", error: "Interrupted", exitCode, messages: [message], hints: [] })
          }),
        progress
      })

      const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
        // What the library says there, the command has told by itself.
        if (logLevel === "Info") return
        const words = (Array.isArray(message) ? message : [message]).map((word) =>
          Predicate.isString(word) ? word : Json.stringify(word)
        )
        const more = Cause.hasInterruptsOnly(cause) || cause.reasons.length === 0 ? [] : [Cause.pretty(cause)]
        log(logLevel === "Warn" ? "warning" : logLevel.toLowerCase(), [...words, ...more].join(" "))
      })

      return Context.make(Output, output).pipe(
        Context.add(Logger.CurrentLoggers, new Set([logger])),
        Context.add(References.MinimumLogLevel, mode.verbose && !mode.quiet ? "Debug" : "Warn")
      )
    })
  )
