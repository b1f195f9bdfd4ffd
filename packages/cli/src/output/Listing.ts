/** Files in lines on stdout: for a person at a terminal with short names and round sizes, elsewhere exact. */
import * as Effect from "effect/Effect"
import * as Format from "../text/Format.ts"
import { Output } from "./Output.ts"

export interface Row {
  /** What becomes of it. */
  readonly action?: string
  /** In bytes; `undefined` where it is not known. */
  readonly size: number | undefined
  readonly name: string
  /** What else there is to say. */
  readonly more?: string
}

export const print = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
  const { isTerminal, line } = yield* Output
  const sizes = rows.map(({ size }) => (size === undefined ? "?" : isTerminal ? Format.bytes(size) : String(size)))
  const actions = rows.map(({ action = "" }) => action)
  const [sizeWidth, actionWidth] = [sizes, actions].map((cells) =>
    cells.reduce((most, cell) => Math.max(most, cell.length), 0)
  )
  const lines = rows.map(({ more = "", name }, index) =>
    [
      (actions[index] ?? "").padEnd(actionWidth ?? 0),
      (sizes[index] ?? "").padStart(sizeWidth ?? 0),
      isTerminal ? Format.shortName(name) : Format.name(name),
      more
    ]
      .filter((cell) => cell !== "")
      .join("  ")
  )
  if (lines.length > 0) yield* line(lines.join("\n"))
})
