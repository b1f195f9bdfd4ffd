/** Runs that were begun on this machine: a file for each, in the state directory. */
import { join } from "node:path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type * as Archiving from "./Archiving.ts"
import { exitCodes } from "./ExitCode.ts"
import { Output } from "./Output.ts"
import * as Places from "./Places.ts"
import * as Request from "./Request.ts"
import { RunBusy, RunNotFound } from "./RunError.ts"
import * as RunRecord from "./RunRecord.ts"
import * as SystemCode from "./SystemCode.ts"
import * as WholeFile from "./WholeFile.ts"

/** A run while it is carried out. What is told to it is written down. */
export interface Run extends Archiving.Jobs {
  /** None where it cannot be written down. */
  readonly runId: RunRecord.RunId | undefined
  readonly ended: (end: RunRecord.End) => Effect.Effect<void>
}

/** All that are known, first the one that was begun or gone on with last. */
export const all = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* directory
  const names = yield* fs.readDirectory(path).pipe(
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([])),
    Effect.mapError(SystemCode.fileError("read the runs in", path))
  )
  const records = yield* Effect.forEach(
    names.filter((name) => name.endsWith(ending)),
    // What is damaged, or of another version, is passed over.
    (name) => Effect.option(Effect.flatMap(fs.readFileString(join(path, name)), decode)),
    { concurrency: 16 }
  )
  return records.flatMap(Option.toArray).toSorted((a, b) => when(b) - when(a))
})

export const find = Effect.fnUntraced(function* (id: string) {
  const record = (yield* all).find(({ runId }) => runId === id)
  return record ?? (yield* new RunNotFound({ message: `There is no run ${JSON.stringify(id)} on this machine.` }))
})

/** Fails where it is going on. Of another machine that is not known. */
export const checkIdle = (record: RunRecord.RunRecord): Effect.Effect<void, RunBusy> =>
  RunRecord.isBusy(record) ? Effect.fail(new RunBusy({ runId: record.runId, pid: record.process.pid })) : Effect.void

export const forget = Effect.fnUntraced(function* (runId: RunRecord.RunId) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* fileOf(runId)
  yield* Effect.mapError(fs.remove(path, { force: true }), SystemCode.fileError("remove", path))
})

/**
 * Writes down that a run begins. One that was begun for the same files and is not done is the same run, gone on with. Where
 * nothing can be written, there is a warning, and the run goes on without.
 */
export const begin = Effect.fnUntraced(function* (
  request: Request.Request,
  resumed?: RunRecord.RunRecord
): Effect.fn.Return<Run, never, FileSystem.FileSystem | Output> {
  const { warn } = yield* Output
  return yield* Effect.catch(start(request, resumed), (error) =>
    Effect.as(warn(`this run will not be listed by 'scenario-assets runs'. ${error.message}`), unrecorded)
  )
})

const unrecorded: Run = {
  runId: undefined,
  begun: () => Effect.void,
  useless: () => Effect.void,
  ended: () => Effect.void
}

const start = Effect.fnUntraced(function* (request: Request.Request, resumed: RunRecord.RunRecord | undefined) {
  const known = yield* all
  yield* prune(known)
  const same =
    resumed === undefined
      ? known.filter((record) => RunRecord.state(record) !== "done" && Request.isSame(record.request, request))
      : [known.find(({ runId }) => runId === resumed.runId) ?? resumed]
  // Both will meet in the directory, and there it is told.
  if (same.some(RunRecord.isBusy)) return unrecorded

  const fs = yield* FileSystem.FileSystem
  const { warn } = yield* Output
  const one = yield* Semaphore.make(1)
  const own = yield* RunRecord.ownProcess
  const isFree = (id: RunRecord.RunId) => known.every(({ runId }) => runId !== id)
  let record: RunRecord.RunRecord = {
    version: 1,
    runId: yield* Effect.repeat(RunRecord.makeId, { until: isFree }),
    started: own.since,
    cwd: process.cwd(),
    jobs: [],
    ...same[0],
    process: own,
    request,
    end: Option.none()
  }
  yield* write(record)

  const update = (change: (record: RunRecord.RunRecord) => Partial<RunRecord.RunRecord>) =>
    Effect.suspend(() => write((record = { ...record, ...change(record) }))).pipe(
      one.withPermits(1),
      Effect.provideService(FileSystem.FileSystem, fs),
      Effect.catch((error) => warn(error.message))
    )
  const run: Run = {
    runId: record.runId,
    begun: (batch, jobId) =>
      update(({ jobs }) => ({ jobs: [...jobs.filter((job) => job.batch !== batch), { batch, jobId }] })),
    useless: (jobId) => update(({ jobs }) => ({ jobs: jobs.filter((job) => job.jobId !== jobId) })),
    ended: Effect.fnUntraced(function* (end) {
      // What was wrong with a command line was never begun.
      const isNothing = end.exitCode === exitCodes.usage && same.length === 0 && record.jobs.length === 0
      if (!isNothing) return yield* update(() => ({ end: Option.some(end) }))
      return yield* Effect.ignore(Effect.provideService(forget(record.runId), FileSystem.FileSystem, fs))
    })
  }
  return run
})

const ending = ".json"

const directory = Effect.map(Places.stateDirectory, (path) => join(path, "runs"))

const fileOf = (runId: RunRecord.RunId) => Effect.map(directory, (path) => join(path, runId + ending))

const Json = Schema.fromJsonString(RunRecord.RunRecord)
const decode = Schema.decodeEffect(Json)
const encode = Schema.encodeSync(Json)

const when = ({ process }: RunRecord.RunRecord): number => DateTime.toEpochMillis(process.since)

const write = Effect.fnUntraced(function* (record: RunRecord.RunRecord) {
  const path = yield* fileOf(record.runId)
  yield* WholeFile.writePrivate(path, encode(record)).pipe(
    Effect.mapError(SystemCode.fileError("write down the run in", path))
  )
})

/** Done runs are of use to nobody but those who look back. */
const prune = (known: ReadonlyArray<RunRecord.RunRecord>) =>
  Effect.forEach(
    known.filter((record) => RunRecord.state(record) === "done").slice(keptDone),
    ({ runId }) => Effect.ignore(forget(runId)),
    { discard: true }
  )

const keptDone = 100
