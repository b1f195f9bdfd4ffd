/** `runs`: what was begun on this machine, and what became of it. */
import * as Runs from "@scenario-assets/node/download/Runs"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Output from "../output/Output.ts"
import { resume } from "../runs/Recorded.ts"
import * as RunFields from "../runs/RunFields.ts"
import * as Format from "../text/Format.ts"

interface Values extends Output.Mode {
  readonly all: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, note, result } = yield* Output.Output
    const known = yield* (yield* Runs.Runs).list
    const heads = values.all ? known : known.slice(0, shown)
    const now = DateTime.toEpochMillis(yield* DateTime.now)
    const rows = heads.map((head) => [
      head.runId,
      `${Format.time(Math.max(1000, now - DateTime.toEpochMillis(head.process.since)))} ago`,
      RunFields.state(head),
      Format.name(RunFields.what(head)),
      Format.name(head.place)
    ])
    if (rows.length > 0) yield* line(table(rows))
    yield* result({ runs: heads.map(RunFields.of) })
    if (heads.length < known.length) {
      yield* note(`… and ${known.length - heads.length} more: scenario-assets runs --all`)
    }
    const unfinished = heads.find((head) => !["done", "running"].includes(RunFields.state(head)))
    if (unfinished !== undefined) yield* note(`To go on: ${resume(unfinished.runId)}`)
    if (known.length === 0) yield* note("No download was started on this machine")
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

const shown = 20

/** Columns as wide as they need; the last one is not filled up. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()
    )
    .join("\n")
}
