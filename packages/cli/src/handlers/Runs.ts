import { dirname } from "node:path"
import * as RunRecord from "@scenario-assets/node/download/RunRecord"
import * as Runs from "@scenario-assets/node/download/Runs"
import * as RunProcess from "@scenario-assets/node/engine/download/RunProcess"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
/** `runs`, `runs resume` and `runs forget`: what was started on this machine, and what became of it. */
import * as Scenario from "../access/Scenario.ts"
import * as Downloading from "../download/Downloading.ts"
import { NoUnfinishedRun, RunBusyElsewhere } from "../errors/CommandError.ts"
import * as Output from "../output/Output.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as RunFields from "../runs/RunFields.ts"
import { type Limits, transferOptions } from "../settings/Options.ts"
import * as Format from "../text/Format.ts"

interface ListValues extends Output.Mode {
  readonly all: boolean
}

export const list = (values: ListValues) =>
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
      Format.path(head.place)
    ])
    if (rows.length > 0) yield* line(table(rows))
    yield* result({ runs: heads.map(RunFields.of) })
    if (heads.length < known.length) {
      yield* note(`… and ${known.length - heads.length} more: scenario-assets runs --all`)
    }
    const unfinished = heads.find((head) => !["done", "running"].includes(RunFields.state(head)))
    if (unfinished !== undefined) yield* note(`To go on: ${Recorded.resume(unfinished.runId)}`)
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

interface ResumeValues extends Partial<Limits>, Output.Mode {
  readonly id: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
}

export const resume = (values: ResumeValues) =>
  resumed(values).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

/** The same for a command that has its own output. */
export const resumed = Effect.fnUntraced(function* (values: ResumeValues) {
  const { note, result } = yield* Output.Output
  const runs = yield* Runs.Runs
  const head = yield* Option.match(values.id, { onNone: () => latestHere, onSome: runs.get })
  const { place, runId } = head
  if (RunRecord.state(head) === "complete") {
    yield* result(RunFields.of(head))
    return yield* note(`Run ${runId} is done, and its files went to ${place}`)
  }
  if (RunProcess.isBusy(head)) return yield* new RunRecord.RunBusy({ place, runId, pid: head.process.pid })
  const request = yield* runs.request(runId)
  yield* note(`Going on with run ${runId}: ${RunFields.what(head)} to ${place}`)
  return yield* Downloading.perform(
    {
      ...request,
      ...transferOptions(values),
      ...(Option.isSome(values.deadline) ? { deadline: values.deadline.value } : {})
    },
    { connection: Scenario.ofRun(head), json: values.json, run: Recorded.ofHead(head, true) }
  )
})

/** The latest that was begun in this directory or goes to it. Where that one still runs, no other is meant. */
const latestHere = Effect.gen(function* () {
  const runs = yield* Runs.Runs
  const unfinished = (yield* runs.list).filter((head) => RunRecord.state(head) !== "complete")
  const directory = process.cwd()
  const isHere = ({ cwd, place, runId }: RunRecord.RunHead) => {
    if (cwd === directory || place === directory) return Effect.succeed(true)
    // Whether it is an archive that is kept in this directory stands in the request.
    if (dirname(place) !== directory) return Effect.succeed(false)
    return Effect.match(runs.request(runId), {
      onFailure: () => false,
      onSuccess: ({ destination }) => destination._tag === "ArchiveFiles"
    })
  }
  const here = Option.getOrUndefined(yield* Effect.findFirst(unfinished, isHere))
  if (here === undefined) {
    const others = unfinished.slice(0, 5).map(({ place, runId }) => `${runId} (${place})`)
    return yield* new NoUnfinishedRun({ others })
  }
  if (RunRecord.state(here) !== "running" || RunProcess.isBusy(here)) return here
  return yield* new RunBusyElsewhere({ runId: here.runId, host: here.process.host })
})

interface ForgetValues extends Output.Mode {
  readonly ids: ReadonlyArray<string>
}

export const forget = (values: ForgetValues) =>
  Effect.gen(function* () {
    const { note, result } = yield* Output.Output
    const runs = yield* Runs.Runs
    // All of them, or none.
    const heads = yield* Effect.forEach(new Set(values.ids), runs.get)
    const busy = heads.find(RunProcess.isBusy)
    if (busy !== undefined) {
      return yield* new RunRecord.RunBusy({ place: busy.place, runId: busy.runId, pid: busy.process.pid })
    }
    const forgotten = heads.map(({ runId }) => runId)
    yield* Effect.forEach(forgotten, runs.forget, { discard: true })
    yield* note(`Forgotten: ${forgotten.join(", ")}; files and jobs stay as they are`)
    return yield* result({ forgotten })
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))
