/** Data on stdout, everything else on stderr. */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import * as Progress from "./Progress.ts"

export interface Mode {
  /** Events and the result as NDJSON on stdout. */
  readonly json: boolean
  /** Nothing on stderr but errors. */
  readonly quiet: boolean
  /** Everything on stderr. */
  readonly verbose: boolean
}

/** A line of NDJSON; `type` says what it is. */
export type Json = { readonly type: string } & { readonly [key: string]: unknown }

export class Output extends Context.Service<Output, {
  readonly mode: Mode
  /** Something happened: a line of NDJSON on stdout with `--json`. */
  readonly event: (event: Json) => Effect.Effect<void>
  /** The result: one object with `--json`, else the lines, on stdout. */
  readonly result: (result: Json, lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** For the person who watches; not with `--quiet`. */
  readonly note: (text: string) => Effect.Effect<void>
  /** For the person who wants to know all; only with `--verbose`. */
  readonly detail: (text: string) => Effect.Effect<void>
  /** Always shown. */
  readonly warn: (text: string) => Effect.Effect<void>
  /** What is going on, redrawn in place on a terminal and now and then a line elsewhere. */
  readonly progress: Progress.Progress
}>()("@scenario-assets/cli/Output") {}

export const layer = (mode: Mode): Layer.Layer<Output, Config.ConfigError, Stdio.Stdio> =>
  Layer.effect(Output, Effect.gen(function*() {
    const stdio = yield* Stdio.Stdio
    const isDumb = (yield* Config.String("TERM").pipe(Config.withDefault(""))) === "dumb"
    const canRedraw = !isDumb && (yield* stdio.stderrIsTerminal)
    const progress = yield* Progress.make(mode.quiet ? "none" : canRedraw ? "redraw" : "lines")
    const say = (text: string) => progress.aside(`${text}\n`)
    const print = (text: string) => Effect.sync(() => void process.stdout.write(`${text}\n`))
    return Output.of({
      mode,
      event: (event) =>
        mode.json
          ? Effect.flatMap(DateTime.now, (now) => print(toJson({ ...event, time: DateTime.formatIso(now) })))
          : Effect.void,
      result: (result, lines) => mode.json ? print(toJson(result)) : Effect.forEach(lines, print, { discard: true }),
      note: (text) => mode.quiet ? Effect.void : say(text),
      detail: (text) => mode.verbose ? say(text) : Effect.void,
      warn: (text) => say(`warning: ${text}`),
      progress
    })
  }))

const toJson = (value: Json): string =>
  JSON.stringify(value, (_, field: unknown) => Redacted.isRedacted(field) ? undefined : field)
