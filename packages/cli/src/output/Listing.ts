/** Files in lines on stdout: for a person at a terminal with short names and round sizes, elsewhere exact. */
import * as Effect from "effect/Effect"
import * as Format from "../text/Format.ts"
import { Output } from "./Output.ts"

export type Row = Facts & ({ readonly name: string } | { readonly path: string })

interface Facts {
  /** What becomes of it. */
  readonly action?: "write" | "replace" | "skip" | "refuse"
  /** In bytes; `undefined` where it is not known. */
  readonly size: number | undefined
  /** What else there is to say. */
  readonly more?: string
}

export const print = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
  const { isTerminal, line } = yield* Output
  const sizes = rows.map(({ size }) => (size === undefined ? "?" : isTerminal ? Format.bytes(size) : String(size)))
  const sizeWidth = sizes.reduce((most, size) => Math.max(most, size.length), 0)
  const lines = rows.map((row, index) =>
    [
      row.action?.padEnd("replace".length) ?? "",
      (sizes[index] ?? "").padStart(sizeWidth),
      label(row, isTerminal),
      row.more ?? ""
    ]
      .filter((cell) => cell !== "")
      .join("  ")
  )
  if (lines.length > 0) yield* line(lines.join("\n"))
})

/** A name in an archive is of unknown origin; a path is one of this machine. */
const label = (row: Row, isShort: boolean): string => {
  if ("path" in row) return isShort ? Format.shortPath(row.path) : Format.path(row.path)
  return isShort ? Format.shortName(row.name) : Format.name(row.name)
}
