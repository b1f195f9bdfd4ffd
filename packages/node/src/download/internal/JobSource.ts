/** Where the archives of a download come from: jobs begun for a selection, or begun by somebody earlier. */
import * as ApiRetry from "@scenario-assets/core/ApiRetry"
import type * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import * as BatchKeys from "@scenario-assets/core/engine/BatchKeys"
import * as JobJournal from "@scenario-assets/core/JobJournal"
import * as JobPoller from "@scenario-assets/core/JobPoller"
import type { Selection } from "@scenario-assets/core/Selection"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { FileError } from "../../file/FileError.ts"
import type * as DownloadRequest from "../../runs/DownloadRequest.ts"
import * as Batches from "../../runs/internal/Batches.ts"
import type { Account } from "../../runs/RunRecord.ts"
import type { Run } from "../../runs/Runs.ts"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Destination } from "./Destination.ts"
import * as Pipeline from "./Pipeline.ts"

export interface JobSource extends Pipeline.Jobs {
  /** Fails where an archive could not be saved anyway, before its job is begun. */
  readonly check: (destination: Destination) => Effect.Effect<void, FileError | JobJournal.JournalError>
  /** Begins the jobs, and waits for none. */
  readonly begin: Stream.Stream<DownloadEvent>
}

interface Services {
  readonly archives: Archives.Archives["Service"]
  readonly journal: JobJournal.JobJournal["Service"]
  readonly account: Account
  readonly mayStartAnew: Run["mayStartAnew"]
}

export const make = (
  request: DownloadRequest.DownloadRequest,
  services: Services
): Effect.Effect<JobSource, never, JobPoller.JobPoller> => {
  const { deadline, wanted } = request
  const poll: JobPoller.Options = deadline === undefined ? {} : { deadline }
  return wanted._tag === "Jobs"
    ? Effect.map(JobPoller.JobPoller, (poller) => ofJobs(wanted.jobIds, poll, services, poller))
    : Effect.succeed(ofAssets(request, poll, services))
}

/** Jobs of batches: begun here, or by an unfinished run to the same place. */
const ofAssets = (
  request: DownloadRequest.DownloadRequest,
  poll: JobPoller.Options,
  { account, archives, journal, mayStartAnew }: Services
): JobSource => {
  const batches = Batches.of(request)
  const whole = Batches.whole(request)
  /** What each job packs: of a batch that was refused it is less than the batch. */
  const packed = new Map<number, Selection>()
  let parts = 0
  /** Parts are numbered behind all batches, whichever request has them. */
  const numbered = (events: Stream.Stream<Archives.ArchiveEvent>, from: number, count: number) => {
    const ofParts = new Map<number, number>()
    const numberOf = (index: number): number => {
      if (index < count) return from + index
      const number = ofParts.get(index) ?? batches.length + parts++
      ofParts.set(index, number)
      return number
    }
    return Stream.map(jobEvents(events), (event) => {
      const index = numberOf(event.index)
      if (event._tag === "Requested") packed.set(index, event.selection)
      return event._tag === "Ready" ? { ...event, index, archive: { ...event.archive, index } } : { ...event, index }
    })
  }
  return {
    total: batches.length,
    events: whole === undefined ? Stream.empty : numbered(archives.events({ ...whole, poll }), 0, batches.length),
    begin: whole === undefined ? Stream.empty : told(jobEvents(archives.begin(whole))),
    mayBeSaved: ({ resumed }) => resumed,
    check: (destination) =>
      Effect.forEach(
        batches,
        (request, batch) =>
          Effect.flatMap(journal.find(BatchKeys.of(account, request)), (jobId) =>
            destination.check(batch, Option.isSome(jobId))
          ),
        { discard: true }
      ),
    anew: Effect.fnUntraced(function* ({ batch, jobId }) {
      const selection = packed.get(batch)
      yield* journal.forget(jobId)
      if (whole === undefined || selection === undefined || !(yield* mayStartAnew(batch))) return undefined
      return numbered(archives.events({ ...whole, selection, poll }), batch, 1)
    })
  }
}

const jobEvents = (events: Stream.Stream<Archives.ArchiveEvent>) =>
  Stream.filter(events, (event) => event._tag !== "Planned")

const told = (events: Stream.Stream<Pipeline.JobEvent>): Stream.Stream<DownloadEvent> =>
  Stream.flattenIterable(Stream.map(events, Pipeline.toldOfJob))

/** How many jobs are waited for at once. */
const mostWaiting = 8

/** Jobs that somebody has begun: they are waited for, and never begun anew. Those that are about to be saved are recorded. */
const ofJobs = (
  jobIds: ReadonlyArray<JobId>,
  poll: JobPoller.Options,
  { account, archives, journal }: Services,
  poller: JobPoller.JobPoller["Service"]
): JobSource => {
  const keyOf = (jobId: JobId) => JobJournal.BatchKey.make(JSON.stringify([account.baseUrl, "job", jobId]))
  const requested = (jobId: JobId, index: number): Pipeline.JobEvent => ({
    _tag: "Requested",
    index,
    jobId,
    resumed: true
  })
  const patience = { ...poll, justBegun: false }
  const one = (jobId: JobId, index: number): Stream.Stream<Pipeline.JobEvent> =>
    Stream.callback(
      (queue) => {
        const tell = (event: Pipeline.JobEvent) => Effect.asVoid(Queue.offer(queue, event))
        return Effect.gen(function* () {
          yield* tell(requested(jobId, index))
          yield* Stream.runForEach(poller.states(jobId, patience), (job) =>
            DownloadJob.isReady(job) ? Effect.void : tell({ _tag: "Waiting", index, job })
          )
          const archive = yield* archives.ofJob(jobId, patience)
          const recorded = yield* Effect.result(journal.record(keyOf(jobId), { jobId, unknown: [] }))
          if (Result.isFailure(recorded)) yield* tell({ _tag: "NotRecorded", index, error: recorded.failure })
          yield* tell({ _tag: "Ready", index, archive: { ...archive, index } })
        }).pipe(
          Effect.catch((error) => tell({ _tag: "Failed", index, jobId, error })),
          Effect.provideService(ApiRetry.Listener, (retry) => tell({ _tag: "Retrying", index, jobId, ...retry })),
          Effect.andThen(Queue.end(queue))
        )
      },
      // Nothing is told ahead of who listens.
      { bufferSize: 1 }
    )
  const numbered = jobIds.map((jobId, index) => ({ jobId, index }))
  return {
    total: jobIds.length,
    events: Stream.flatMap(Stream.fromIterable(numbered), ({ index, jobId }) => one(jobId, index), {
      concurrency: mostWaiting
    }),
    begin: told(Stream.fromIterable(numbered.map(({ index, jobId }) => requested(jobId, index)))),
    // Whoever asks for a job once more gets what there is of it.
    mayBeSaved: () => true,
    check: (destination) => Effect.forEach(numbered, ({ index }) => destination.check(index, true), { discard: true }),
    anew: () => Effect.succeed(undefined)
  }
}
