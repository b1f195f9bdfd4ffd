/** Archives as they become ready, each saved as soon as it is. One that fails does not stop the others. */
import * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import type { BatchRequest } from "@scenario-assets/core/AssetDownload"
import { JobJournal } from "@scenario-assets/core/JobJournal"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import * as Selection from "@scenario-assets/core/Selection"
import { type DownloadedFile, FileDownload, type Options as FileOptions } from "@scenario-assets/node/FileDownload"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ArchiveFile from "./ArchiveFile.ts"
import type { Failure } from "./Failures.ts"
import { type Transfer, transferOptions } from "./Options.ts"
import { Output } from "./Output.ts"
import * as Saved from "./Saved.ts"
import * as Watch from "./Watch.ts"

export interface Options extends ArchiveFile.Names, Transfer {
  /** Replace what is there. */
  readonly force: boolean
  readonly deadline: Option.Option<Duration.Duration>
}

/** From a selection; what an earlier run began is taken up again. */
export const ofSelection = Effect.fnUntraced(function* (request: BatchRequest, options: Options) {
  const { events } = yield* Archives.Archives
  const batches = Selection.batches(request.selection)
  const saving = yield* prepare(options, batches.length)

  const journal = yield* JobJournal
  const begun = yield* Effect.forEach(batches, (selection) => journal.lookup({ ...request, selection }))
  yield* Effect.forEach(begun, (jobId, index) => (Option.isSome(jobId) ? Effect.void : saving.refuseTaken(index)))
  /** Jobs of an earlier run: what stands where their archives go is their archive. */
  const resumed = new Set(begun.flatMap(Option.toArray))

  const outcomes = yield* events({ ...request, concurrency: options.concurrency, poll: poll(options) }).pipe(
    Stream.tap(Watch.archive),
    Stream.filterMap((event) =>
      event._tag === "Ready" || event._tag === "Failed" ? Result.succeed(event) : Result.failVoid
    ),
    Stream.mapEffect(
      (event) => {
        const { index } = event
        const archive = event._tag === "Ready" ? Effect.succeed(event.archive) : Effect.fail(event.error)
        const saved = Effect.flatMap(archive, (archive) => saving.save(archive, resumed.has(archive.jobId)))
        return Effect.map(Saved.outcome(`batch ${index + 1}`, saved), (outcome) => ({ index, outcome }))
      },
      { concurrency: options.concurrency, unordered: true }
    ),
    Stream.runCollect
  )
  const inOrder = outcomes.toSorted((a, b) => a.index - b.index).map(({ outcome }) => outcome)
  yield* forgetWhenDone(inOrder)
  yield* saving.tell(inOrder)
})

/** Of jobs begun earlier, by whomever. */
export const ofJobs = Effect.fnUntraced(function* (jobIds: ReadonlyArray<JobId>, options: Options) {
  const { ofJob } = yield* Archives.Archives
  const { states } = yield* JobPoller
  const saving = yield* prepare(options, jobIds.length)
  yield* Effect.forEach(jobIds, (_, index) => saving.refuseTaken(index))

  const outcomes = yield* Effect.forEach(
    jobIds,
    (jobId, index) =>
      Saved.outcome(
        `job ${jobId}`,
        Effect.gen(function* () {
          yield* Stream.runForEach(states(jobId, poll(options)), Watch.job)
          const archive = yield* ofJob(jobId, poll(options))
          return yield* saving.save({ ...archive, index }, false)
        })
      ),
    { concurrency: options.concurrency }
  )
  yield* saving.tell(outcomes)
})

const poll = ({ deadline }: Options) => ({ deadline: Option.getOrUndefined(deadline) })

/** What both ways have in common. Nothing is requested where nothing could be saved. */
const prepare = Effect.fnUntraced(function* (options: Options, total: number) {
  const { events } = yield* FileDownload
  const { progress } = yield* Output
  const since = yield* Clock.currentTimeMillis
  progress.expect(total)
  yield* ArchiveFile.prepare(options)
  return {
    refuseTaken: (index: number) => (options.force ? Effect.void : ArchiveFile.refuseTaken(options, total, index)),

    /** What stands under a job's own name is its archive; `isOfThisJob` says so of another name. */
    save: Effect.fnUntraced(function* ({ index, jobId, source }: Archives.Archive, isOfThisJob: boolean) {
      const fileOptions: FileOptions = {
        expect: "zip",
        ifExists: options.force ? "replace" : isOfThisJob || Option.isNone(options.archive) ? "skip" : "fail",
        ...transferOptions(options)
      }
      const file = yield* Saved.file(jobId, events(source, ArchiveFile.path(options, total, index, jobId), fileOptions))
      return { jobId, ...file }
    }),

    tell: <A extends DownloadedFile, E extends Failure>(outcomes: ReadonlyArray<Saved.Outcome<A, E>>) =>
      Saved.tell({ kind: "archives", one: "archive", total, outcomes, since })
  }
})

/** As long as one is missing all jobs are remembered, so that the same command again starts none of them twice. */
const forgetWhenDone = Effect.fnUntraced(function* <E>(
  outcomes: ReadonlyArray<Saved.Outcome<{ readonly jobId: JobId }, E>>
) {
  if (!outcomes.every(Result.isSuccess)) return
  const journal = yield* JobJournal
  const { warn } = yield* Output
  yield* Effect.forEach(outcomes, ({ success }) => journal.forget(success.jobId)).pipe(
    Effect.catch((error) => warn(error.message))
  )
})
