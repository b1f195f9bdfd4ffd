/** A little colour, where the stream is a terminal or somebody insists. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

type Paint = (text: string) => string

export interface Colors {
  /** What is done of a bar. */
  readonly done: Paint
  /** What matters less. */
  readonly faint: Paint
  readonly warning: Paint
  readonly error: Paint
}

const paint =
  (code: number): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`

export const none: Colors = { done: String, faint: String, warning: String, error: String }

export const some: Colors = { done: paint(32), faint: paint(2), warning: paint(33), error: paint(31) }

const setting = (name: string) => Config.option(Config.String(name))

/** Whether the terminal knows no control sequences. */
export const isDumb = Effect.gen(function* () {
  return Option.contains(yield* setting("TERM"), "dumb")
}).pipe(Effect.orDie)

/** `NO_COLOR` comes before `FORCE_COLOR`, and that before what the terminal is. Empty ones count as not set. */
const of = (stream: NodeJS.WriteStream): Effect.Effect<Colors> =>
  Effect.gen(function* () {
    const force = yield* setting("FORCE_COLOR")
    if (Option.isSome(yield* setting("NO_COLOR"))) return none
    if (Option.isSome(force)) return force.value === "0" || force.value === "false" ? none : some
    return stream.isTTY && !(yield* isDumb) ? some : none
  }).pipe(Effect.orDie)

export const ofStderr: Effect.Effect<Colors> = of(process.stderr)

export const ofStdout: Effect.Effect<Colors> = of(process.stdout)
