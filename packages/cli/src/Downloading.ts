/** A request, carried out: the archives of its jobs, extracted or kept. It is written down before anything is begun. */
import { join } from "node:path"
import type { JobId } from "@scenario-assets/core/Asset"
import * as JobJournal from "@scenario-assets/core/JobJournal"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as Selection from "@scenario-assets/core/Selection"
import type { Extraction } from "@scenario-assets/node/extraction/Extraction"
import type { FileDownload } from "@scenario-assets/node/file/FileDownload"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Archiving from "./Archiving.ts"
import { CurrentRun, resume } from "./CurrentRun.ts"
import * as Detaching from "./Detaching.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Extracting from "./Extracting.ts"
import * as Failures from "./Failures.ts"
import * as Keeping from "./Keeping.ts"
import { transferOptions } from "./Options.ts"
import { Output } from "./Output.ts"
import * as Request from "./Request.ts"
import type { End, RunRecord } from "./RunRecord.ts"
import * as Runs from "./Runs.ts"
import * as Scenario from "./Scenario.ts"
import type { UsageError } from "./UsageError.ts"

export interface Options {
  readonly json: boolean
  /** Begin the jobs of a selection, and wait for none. */
  readonly detach?: boolean
  /** The run that this goes on with. */
  readonly resumed?: RunRecord
}

export const perform = (request: Request.Request, options: Options) =>
  Option.match(request.archive, {
    onNone: () =>
      Effect.flatMap(Extracting.check({ ...request, json: options.json }), (checked) =>
        performTo(request, options, (total) => Extracting.destination(checked, total, transferOptions(request)))
      ),
    onSome: (archive) => {
      const names = { directory: request.directory, archive }
      return Effect.andThen(
        Keeping.check(names, request),
        performTo(request, options, (total) => Keeping.open({ ...request, ...names }, total))
      )
    }
  })

/** A place for so many archives. */
type Open<A> = (
  total: number
) => Effect.Effect<
  Archiving.Destination<A>,
  FileError | UsageError,
  Extraction | FileDownload | FileSystem.FileSystem | Output | Scope.Scope
>

const performTo = <A extends { readonly jobId: JobId }>(
  request: Request.Request,
  { detach = false, resumed }: Options,
  open: Open<A>
) =>
  Effect.gen(function* () {
    const { event, whenInterrupted } = yield* Output
    const standalone = Request.standalone(request, yield* ScenarioConfig)
    const { ended, runId, ...jobs } = yield* Runs.begin(standalone, resumed)
    const run =
      runId === undefined
        ? undefined
        : { runId, beginsJobs: Request.beginsJobs(request), isResumed: resumed !== undefined }
    if (runId !== undefined) yield* event({ type: "run", runId })
    yield* carryOut(request, { detach, resumed }, open, jobs).pipe(
      Effect.scoped,
      Effect.provideService(CurrentRun, run),
      Effect.onExit((exit) => Effect.flatMap(endOf(exit, detach), ended)),
      Effect.mapError((error) =>
        run === undefined || error._tag === "UsageError" ? error : Failures.ofRun(error, run)
      ),
      whenInterrupted(
        runId === undefined
          ? "Run the same command again to go on where it stopped; jobs that were started go on at Scenario."
          : `Jobs that were started go on at Scenario; to go on: ${resume(runId)}`
      )
    )
  }).pipe(Effect.provide(Scenario.layerJournal(request, join(request.directory, ".scenario-assets-jobs.json"))))

const carryOut = Effect.fnUntraced(function* <A extends { readonly jobId: JobId }>(
  request: Request.Request,
  { detach, resumed }: { readonly detach: boolean; readonly resumed: RunRecord | undefined },
  open: Open<A>,
  jobs: Archiving.Jobs
) {
  const { wanted } = request
  if ("jobIds" in wanted) {
    const destination = yield* open(wanted.jobIds.length)
    const earlier = new Set(resumed?.jobs.map(({ batch }) => batch))
    return yield* Archiving.ofJobs(wanted.jobIds, request, destination, jobs, earlier)
  }
  if (resumed !== undefined) yield* restore(wanted, resumed)
  const destination = yield* open(Selection.batches(wanted.selection).length)
  return yield* detach
    ? Detaching.begin(wanted, request, destination, jobs)
    : Archiving.ofSelection(wanted, request, destination, jobs)
})

/** Jobs of the run that its journal does not know any more: it lies among the files, and may have been removed with them. */
const restore = Effect.fnUntraced(function* (wanted: Request.OfSelection, { jobs }: RunRecord) {
  const journal = yield* JobJournal.JobJournal
  const config = yield* ScenarioConfig
  const keys = Selection.batches(wanted.selection).map((selection) => JobJournal.key(config, { ...wanted, selection }))
  for (const { batch, jobId } of jobs) {
    const key = keys[batch]
    if (key !== undefined && Option.isNone(yield* journal.find(key))) yield* journal.record(key, jobId)
  }
})

/** What is written down of an end. */
const endOf = <A, E extends Failures.Failure>(exit: Exit.Exit<A, E>, detach: boolean) =>
  Effect.gen(function* () {
    const at = yield* DateTime.now
    const end = (state: End["state"], exitCode: number, message?: string): End => ({
      state,
      at,
      exitCode,
      message: Option.fromUndefinedOr(message)
    })
    if (Exit.isSuccess(exit)) return end(detach ? "detached" : "done", ExitCode.exitCodes.ok)
    if (Cause.hasInterruptsOnly(exit.cause)) return end("interrupted", (yield* ExitCode.Interruption)())
    // What a defect says is nobody's promise, and might hold a secret.
    return Option.match(Cause.findErrorOption(exit.cause), {
      onNone: () => end("failed", ExitCode.exitCodes.failed),
      onSome: (error) => end("failed", ExitCode.of(error), error.message)
    })
  })
