/** Files in lines on stdout: for a person at a terminal with short names and round sizes, elsewhere exact. */
import * as Effect from "effect/Effect"
import * as Format from "../text/Format.ts"
import { Output } from "./Output.ts"

export interface Row {
  /** What becomes of it. */
  readonly action?: "write" | "replace" | "skip" | "refuse"
  /** In bytes; `undefined` where it is not known. */
  readonly size: number | undefined
  readonly name: string
  /** What else there is to say. */
  readonly more?: string
}

export const print = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
  const { isTerminal, line } = yield* Output
  const sizes = rows.map(({ size }) => (size === undefined ? "?" : isTerminal ? Format.bytes(size) : String(size)))
  const sizeWidth = sizes.reduce((most, size) => Math.max(most, size.length), 0)
  const lines = rows.map(({ action, more = "", name }, index) =>
    [
      action?.padEnd("replace".length) ?? "",
      (sizes[index] ?? "").padStart(sizeWidth),
      isTerminal ? Format.shortName(name) : Format.name(name),
      more
    ]
      .filter((cell) => cell !== "")
      .join("  ")
  )
  if (lines.length > 0) yield* line(lines.join("\n"))
})
