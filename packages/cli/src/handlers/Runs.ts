/** `runs` and the commands below it: what was started on this machine, and what became of it. */
import { dirname } from "node:path"
import * as RunProcess from "@scenario-assets/node/engine/runs/RunProcess"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as RunRecord from "@scenario-assets/node/runs/RunRecord"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scenario from "../access/Scenario.ts"
import * as Downloading from "../download/Downloading.ts"
import * as TimeLimit from "../download/TimeLimit.ts"
import { NoUnfinishedRun, UsageError } from "../errors/CommandError.ts"
import * as Output from "../output/Output.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as RunDetails from "../runs/RunDetails.ts"
import * as RunFields from "../runs/RunFields.ts"
import * as RunTable from "../runs/RunTable.ts"
import { type Limits, transferOptions } from "../settings/Options.ts"
import * as Syncing from "../sync/Syncing.ts"
import * as Format from "../text/Format.ts"

/** All that are recorded, the latest first. */
const known = Effect.gen(function* () {
  return RunFields.known(yield* (yield* Runs.Runs).list)
})

const epochNow = Effect.map(DateTime.now, DateTime.toEpochMillis)

interface ListValues extends Output.Mode {
  readonly all: boolean
}

export const list = (values: ListValues) =>
  Effect.gen(function* () {
    const { line, note, result } = yield* Output.Output
    const all = yield* known
    const runs = values.all ? all : all.filter(({ supersededBy }) => supersededBy === undefined).slice(0, most)
    if (runs.length > 0) {
      const { columns, isTTY } = process.stdout
      yield* line(isTTY ? RunTable.ofWidth(runs, columns || 80, yield* epochNow) : RunTable.tabbed(runs))
    }
    yield* result({ runs: runs.map(RunFields.of) })
    if (runs.length < all.length)
      yield* note(`${runs.length} of ${all.length} runs; to list all: scenario-assets runs --all`)
    const unfinished = runs.find(RunFields.isUnfinished)
    if (unfinished !== undefined) yield* note(`To resume: ${Recorded.resume(unfinished.head.runId)}`)
    if (all.length === 0) yield* note("No download has been started on this machine yet")
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

const most = 20

interface ShowValues extends Output.Mode {
  readonly id: string
}

export const show = (values: ShowValues) =>
  Effect.gen(function* () {
    const { line, result } = yield* Output.Output
    const runs = yield* Runs.Runs
    const head = yield* runs.get(values.id)
    const run = (yield* known).find((run) => run.head.runId === head.runId) ?? { head, supersededBy: undefined }
    // What is left of a record that is damaged is shown.
    const asked: Effect.Effect<
      RunDetails.Record["request"],
      RunRecord.OtherKindOfRun | RunRecord.RunNotFound | FileError
    > = head.wanted.kind === "sync" ? runs.syncRequest(head.runId) : runs.request(head.runId)
    const request = Option.getOrUndefined(yield* Effect.option(asked))
    const jobs = yield* Effect.orElseSucceed(runs.jobs(head.runId, { withUseless: true }), () => [])
    const record = { run, request, jobs }
    yield* line(RunDetails.lines(record, yield* epochNow))
    yield* result(RunDetails.of(record))
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

interface ResumeValues extends Partial<Limits>, Output.Mode {
  readonly id: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
  /** Also a run that another machine may be carrying out. */
  readonly takeOver?: boolean
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
    yield* result(RunFields.of({ head, supersededBy: undefined }))
    return yield* note(`Run ${runId} is already done: ${place}`)
  }
  if (isKept(values)(head)) return yield* refuse(head)
  if (RunRecord.mayRunElsewhere(head)) yield* runs.release(runId)
  if (head.wanted.kind === "sync") return yield* resumeSync(head, values)
  const request = yield* runs.request(runId)
  yield* note(`Resuming run ${runId}: ${RunFields.what(head)} to ${place}`)
  return yield* Downloading.perform(
    {
      ...request,
      ...transferOptions(values),
      ...(Option.isSome(values.deadline) ? { deadline: values.deadline.value } : {})
    },
    { connection: Scenario.ofRun(head), json: values.json, run: Recorded.ofHead(head, true) }
  )
})

const resumeSync = Effect.fnUntraced(function* (head: RunRecord.RunHead, values: ResumeValues) {
  const { note } = yield* Output.Output
  const request = yield* (yield* Runs.Runs).syncRequest(head.runId)
  yield* note(`Resuming run ${head.runId}: sync of ${head.place}`)
  const { timeLimit: _ofAll, ...transfer } = transferOptions(values)
  return yield* Syncing.once({ ...request, ...transfer }).pipe(
    TimeLimit.of({ timeLimit: values.timeLimit ?? Option.none() }),
    Effect.provide(Scenario.layer(Scenario.ofRun(head)))
  )
})

/** The latest that was begun in this directory or goes to it. Where that one still runs, no other is meant. */
const latestHere = Effect.gen(function* () {
  const directory = process.cwd()
  const unfinished = (yield* known).filter((run) => !["done", "superseded"].includes(RunFields.state(run)))
  const here = unfinished.find(
    ({ head: { cwd, destination, place } }) =>
      cwd === directory || (destination === "archive" ? dirname(place) : place) === directory
  )
  if (here !== undefined) return here.head
  return yield* new NoUnfinishedRun({
    others: unfinished.slice(0, 5).map(({ head: { place, runId } }) => `${runId} (${place})`)
  })
})

interface ForgetValues extends Output.Mode {
  readonly ids: ReadonlyArray<string>
  readonly done: boolean
  readonly all: boolean
  readonly olderThan: Option.Option<Duration.Duration>
  /** Also runs that another machine may be carrying out. */
  readonly takeOver: boolean
}

export const forget = (values: ForgetValues) =>
  Effect.gen(function* () {
    const { note, result, warn } = yield* Output.Output
    const runs = yield* Runs.Runs
    const chosen = yield* choose(values)
    const [idle, kept] = Arr.partition(chosen, (head) =>
      isKept(values)(head) ? Result.fail(head) : Result.succeed(head)
    )
    // Of those that are named all, or none.
    if (values.ids.length > 0) yield* Effect.forEach(kept, refuse)
    const forgotten = idle.map(({ runId }) => runId)
    yield* Effect.forEach(
      idle,
      (head) =>
        Effect.andThen(
          RunRecord.mayRunElsewhere(head) ? runs.release(head.runId) : Effect.void,
          runs.forget(head.runId)
        ),
      { discard: true }
    )
    for (const head of kept) yield* warn(`kept: ${head.runId}, which ${whereabouts(head)}`)
    const which = forgotten.length > mostNamed ? "" : `: ${forgotten.join(", ")}`
    yield* note(
      forgotten.length === 0
        ? "No run to forget"
        : `Forgot ${Format.count(forgotten.length, "run")}${which}; files and jobs are untouched`
    )
    return yield* result({ forgotten, kept: kept.map(({ runId }) => runId) })
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

const mostNamed = 10

/** Whether a run is left to whoever carries it out, or may do so. */
const isKept =
  ({ takeOver = false }: { readonly takeOver?: boolean }) =>
  (head: RunRecord.RunHead): boolean =>
    RunProcess.isBusy(head) || (RunRecord.mayRunElsewhere(head) && !takeOver)

/** Fails with why a run is left alone. */
const refuse = (head: RunRecord.RunHead) => {
  const { place, process, runId } = head
  return Effect.fail(
    RunProcess.isBusy(head)
      ? new RunRecord.RunBusy({ place, runId, pid: process.pid })
      : new RunRecord.RunBusyElsewhere({ place, runId, host: process.host })
  )
}

const whereabouts = (head: RunRecord.RunHead): string =>
  RunProcess.isBusy(head)
    ? `is running (process ${head.process.pid})`
    : `may still be running on ${head.process.host}; if it is not, forget it by --take-over`

/** The runs that are meant, in the one way that is given. */
const choose = Effect.fnUntraced(function* ({ all, done, ids, olderThan }: ForgetValues) {
  const runs = yield* Runs.Runs
  const ways = [ids.length > 0, done, all, Option.isSome(olderThan)].filter(Boolean).length
  if (ways !== 1) {
    return yield* new UsageError({
      message: "say which runs to forget: ids, --done, --all or --older-than, and only one of these"
    })
  }
  if (ids.length > 0) return yield* Effect.forEach(new Set(ids), runs.get)
  const heads = yield* runs.list
  if (done) return heads.filter((head) => RunRecord.state(head) === "complete")
  if (Option.isNone(olderThan)) return heads
  const before = (yield* epochNow) - Duration.toMillis(olderThan.value)
  return heads.filter((head) => DateTime.toEpochMillis(RunFields.lastActive(head)) < before)
})
