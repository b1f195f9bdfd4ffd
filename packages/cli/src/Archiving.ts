/** Archives as they become ready, each saved as soon as there is room. One that fails does not stop the others. */
import * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import * as JobJournal from "@scenario-assets/core/JobJournal"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as Selection from "@scenario-assets/core/Selection"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Damage from "./Damage.ts"
import type * as Failures from "./Failures.ts"
import { Output } from "./Output.ts"
import type * as Saved from "./Saved.ts"
import type { UsageError } from "./UsageError.ts"
import * as Watch from "./Watch.ts"

export interface Options {
  readonly concurrency: number
  readonly deadline: Option.Option<Duration.Duration>
}

export type SaveError = Archives.BatchError | TransferError | FileError | ArchiveError

/** Where archives go, and what is told of it. They are counted from 0. */
export interface Destination<A> {
  /** Fails where one could not be saved anyway, before its job is requested. */
  readonly check: (index: number) => Effect.Effect<void, FileError>
  /** `mayBeSaved`: this run, or one before it, has begun to save it, and what is there is its. */
  readonly save: (archive: Archives.Archive, mayBeSaved: boolean) => Effect.Effect<A, SaveError>
  readonly tell: (
    outcomes: ReadonlyArray<Saved.Outcome<A, SaveError>>
  ) => Effect.Effect<void, SaveError | UsageError | Failures.Failures>
}

/** Told of jobs, to write them down. */
export interface Jobs {
  /** It is of this run: begun by it, or begun by others, and now saved by it. */
  readonly begun: (batch: number, jobId: JobId) => Effect.Effect<void>
  /** Its archive is of no use; a later run begins another one. */
  readonly useless: (jobId: JobId) => Effect.Effect<void>
}

/** From a selection; what an earlier run began is taken up again. */
export const ofSelection = Effect.fnUntraced(function* <A extends { readonly jobId: JobId }>(
  request: BatchRequest,
  options: Options,
  destination: Destination<A>,
  jobs: Jobs
) {
  const { events } = yield* Archives.Archives
  const journal = yield* JobJournal.JobJournal
  const batches = Selection.batches(request.selection)
  const earlier = yield* check(request, destination)

  const archives = yield* Effect.forEach(batches, () => Deferred.make<Archives.Archive, Archives.BatchError>())
  const archiveOf = (index: number) => archives[index] ?? Deferred.makeUnsafe<Archives.Archive, Archives.BatchError>()
  const follow = events({ ...request, concurrency: options.concurrency, poll: poll(options) }).pipe(
    Stream.tap((event) => (event._tag === "Requested" ? jobs.begun(event.index, event.jobId) : Effect.void)),
    Stream.tap(Watch.archive),
    Stream.runForEach((event) => {
      if (event._tag === "Ready") return Deferred.succeed(archiveOf(event.index), event.archive)
      return event._tag === "Failed" ? Deferred.fail(archiveOf(event.index), event.error) : Effect.void
    })
  )
  const save = saveAll(
    archives.map((archive, index) => ({
      of: `batch ${index + 1}`,
      saved: Effect.mapError(Deferred.await(archive), (error) => ({ error })).pipe(
        Effect.flatMap((archive) =>
          destination.save(archive, earlier.has(archive.index)).pipe(
            Effect.tapErrorTag(["ArchiveError", "TransferError"], (error) =>
              Damage.isOf(error)
                ? Effect.andThen(journal.forget(archive.jobId), jobs.useless(archive.jobId))
                : Effect.void
            ),
            Effect.mapError((error) => ({ error, jobId: archive.jobId }))
          )
        )
      )
    })),
    options
  )
  const [, outcomes] = yield* Effect.all([follow, save], { concurrency: 2 })
  yield* forgetWhenDone(outcomes)
  yield* destination.tell(outcomes)
})

/** Gives the batches whose jobs were begun already; of the others, fails where one could not be saved anyway. */
export const check = Effect.fnUntraced(function* <A>(request: BatchRequest, destination: Destination<A>) {
  const journal = yield* JobJournal.JobJournal
  const config = yield* ScenarioConfig
  const begun = yield* Effect.forEach(Selection.batches(request.selection), (selection) =>
    journal.find(JobJournal.key(config, { ...request, selection }))
  )
  yield* Effect.forEach(begun, (jobId, index) => (Option.isSome(jobId) ? Effect.void : destination.check(index)))
  return new Set(begun.flatMap((jobId, index) => (Option.isSome(jobId) ? [index] : [])))
})

/** Of jobs begun earlier, by whomever. `earlier` are those that an earlier part of this run has begun to save. */
export const ofJobs = Effect.fnUntraced(function* <A>(
  jobIds: ReadonlyArray<JobId>,
  options: Options,
  destination: Destination<A>,
  { begun }: Jobs,
  earlier: ReadonlySet<number>
) {
  const { ofJob } = yield* Archives.Archives
  const { states } = yield* JobPoller
  yield* Effect.forEach(jobIds, (_, index) => (earlier.has(index) ? Effect.void : destination.check(index)))
  const patience = { ...poll(options), justBegun: false }
  const outcomes = yield* saveAll(
    jobIds.map((jobId, index) => ({
      of: `job ${jobId}`,
      saved: Effect.gen(function* () {
        yield* Stream.runForEach(states(jobId, patience), Watch.job)
        const archive = yield* ofJob(jobId, patience)
        yield* begun(index, jobId)
        return yield* destination.save({ ...archive, index }, earlier.has(index))
      }).pipe(
        Watch.task(jobId),
        Effect.mapError((error) => ({ error, jobId }))
      )
    })),
    options
  )
  yield* destination.tell(outcomes)
})

const saveAll = <A, R>(
  all: ReadonlyArray<{
    readonly of: string
    readonly saved: Effect.Effect<A, Omit<Saved.Failed<SaveError>, "of">, R>
  }>,
  { concurrency }: Options
) =>
  Effect.forEach(
    all,
    ({ of, saved }) =>
      saved.pipe(
        Effect.mapError((failed): Saved.Failed<SaveError> => ({ of, ...failed })),
        Effect.result
      ),
    { concurrency }
  )

const poll = ({ deadline }: Options) => ({ deadline: Option.getOrUndefined(deadline) })

/** As long as one is missing all jobs are remembered, so that the same command again starts none of them twice. */
const forgetWhenDone = Effect.fnUntraced(function* <E>(
  outcomes: ReadonlyArray<Saved.Outcome<{ readonly jobId: JobId }, E>>
) {
  if (!outcomes.every(Result.isSuccess)) return
  const journal = yield* JobJournal.JobJournal
  const { warn } = yield* Output
  yield* Effect.forEach(outcomes, ({ success }) => journal.forget(success.jobId)).pipe(
    Effect.catch((error) => warn(error.message))
  )
})
