/** `runs`: what was begun on this machine, and what became of it. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { resume } from "../CurrentRun.ts"
import * as Format from "../Format.ts"
import * as Output from "../Output.ts"
import * as Request from "../Request.ts"
import * as RunFields from "../RunFields.ts"
import * as RunRecord from "../RunRecord.ts"
import * as Runs from "../Runs.ts"

interface Values extends Output.Mode {
  readonly all: boolean
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { line, note, result } = yield* Output.Output
    const known = yield* Runs.all
    const runs = values.all ? known : known.slice(0, shown)
    const now = DateTime.toEpochMillis(yield* DateTime.now)
    const rows = runs.map((record) => [
      record.runId,
      `${Format.time(Math.max(1000, now - DateTime.toEpochMillis(record.process.since)))} ago`,
      RunRecord.state(record),
      Format.name(Request.describe(record.request)),
      Format.name(Request.place(record.request))
    ])
    if (rows.length > 0) yield* line(table(rows))
    yield* result({ runs: runs.map(RunFields.of) })
    if (runs.length < known.length) yield* note(`… and ${known.length - runs.length} more: scenario-assets runs --all`)
    const unfinished = runs.find((record) => isUnfinished(RunRecord.state(record)))
    if (unfinished !== undefined) yield* note(`To go on: ${resume(unfinished.runId)}`)
    if (known.length === 0) yield* note("No download was started on this machine")
  }).pipe(Effect.provide(Output.layer(values)))

const shown = 20

const isUnfinished = (state: RunRecord.State): boolean => state !== "done" && state !== "running"

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
