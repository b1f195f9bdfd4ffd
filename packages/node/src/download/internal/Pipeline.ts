/** From jobs to saved archives: each archive is saved as soon as it is ready, and nobody waits for anybody. */
import type { ApiRetry } from "@scenario-assets/core/ApiRetry"
import type { Archive, BatchError, NotFound } from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import type { DownloadJob } from "@scenario-assets/core/DownloadJob"
import type { JournalError } from "@scenario-assets/core/JobJournal"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { FileError } from "../../file/FileError.ts"
import type { DestinationError } from "../Destination.ts"
import type { DownloadEvent, DownloadFailure } from "../DownloadEvent.ts"
import type { Destination, ReadyArchive, SaveEvent } from "./Destination.ts"

/** The job of a batch exists. `unrecorded`: no later run will find it. */
interface Requested {
  readonly _tag: "Requested"
  readonly index: number
  readonly jobId: JobId
  readonly resumed: boolean
  readonly unrecorded?: JournalError
}

/** What happens to a batch; the last one is `Ready` or `Failed`. */
export type JobEvent =
  | { readonly _tag: "Started"; readonly index: number; readonly idCount: number }
  | (ApiRetry & { readonly _tag: "Retrying"; readonly index: number; readonly jobId?: JobId })
  | { readonly _tag: "NotFound"; readonly index: number; readonly ids: NotFound["ids"] }
  | Requested
  | { readonly _tag: "NotRecorded"; readonly index: number; readonly error: JournalError }
  | { readonly _tag: "Waiting"; readonly index: number; readonly job: DownloadJob }
  | { readonly _tag: "Ready"; readonly index: number; readonly archive: Archive }
  | { readonly _tag: "Failed"; readonly index: number; readonly jobId?: JobId; readonly error: BatchError }

/** Where archives come from. */
export interface Jobs {
  /** How many there will be. */
  readonly total: number
  readonly events: Stream.Stream<JobEvent>
  /** Whether an earlier run may have saved the archive of a job that exists now. */
  readonly mayBeSaved: (job: Requested) => boolean
  /** Begins the job of a batch once more, where that may be: its archive is of no use. `undefined` where it may not. */
  readonly anew: (archive: ReadyArchive) => Effect.Effect<Stream.Stream<JobEvent> | undefined, DownloadFailure>
}

/** Ready archives that wait to be saved. While there are more, no further job is begun. */
const mostWaiting = 2

/** Jobs are begun once the destination is open: what it takes to save them is known to be there. */
export const make = (
  jobs: Jobs,
  destination: Destination
): Stream.Stream<DownloadEvent, FileError | DestinationError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const isOpen = yield* Deferred.make<void>()
      const ready = yield* Queue.bounded<ReadyArchive, Cause.Done>(mostWaiting)
      const again = yield* Queue.unbounded<Stream.Stream<JobEvent>, Cause.Done>()
      const resumed = new Set<number>()
      let unsettled = jobs.total

      /** A batch has come to its end. */
      const settle = Effect.suspend(() =>
        --unsettled === 0 ? Effect.andThen(Queue.end(ready), Queue.end(again)) : Effect.void
      )

      const ofJobs = Effect.fnUntraced(function* (event: JobEvent): Effect.fn.Return<ReadonlyArray<DownloadEvent>> {
        switch (event._tag) {
          case "Started":
            // A part of a batch that had to be divided.
            if (event.index >= jobs.total) unsettled++
            break
          case "Requested":
            if (jobs.mayBeSaved(event)) resumed.add(event.index)
            else resumed.delete(event.index)
            break
          case "Ready": {
            const { index: batch, jobId, source } = event.archive
            yield* Queue.offer(ready, { batch, jobId, source, resumed: resumed.has(batch) })
            break
          }
          case "Failed":
            yield* settle
            break
          default:
        }
        return toldOfJob(event)
      })

      const ofSaving = Effect.fnUntraced(function* (event: SaveEvent): Effect.fn.Return<DownloadEvent> {
        if (event._tag === "ArchiveSaved") yield* settle
        if (event._tag !== "NotSaved") return event
        const { archive, error } = event
        const of = { batch: archive.batch, jobId: archive.jobId }
        const next = isOfNoUse(error) ? yield* Effect.result(jobs.anew(archive)) : undefined
        if (next?._tag === "Success" && next.success !== undefined) {
          yield* Queue.offer(again, next.success)
          return { _tag: "ArchiveFailed", ...of, error, startsAnew: true }
        }
        yield* settle
        return { _tag: "ArchiveFailed", ...of, error, startsAnew: false }
      })

      const begun = Stream.merge(
        jobs.events,
        Stream.flatMap(Stream.fromQueue(again), (events) => events, { concurrency: "unbounded" })
      ).pipe(Stream.mapEffect(ofJobs), Stream.flattenIterable)
      const saved = destination
        .save(Stream.unwrap(Effect.as(Deferred.succeed(isOpen, undefined), Stream.fromQueue(ready))))
        .pipe(
          Stream.mapEffect(ofSaving),
          // Whoever waits for the end of a batch would wait for ever.
          Stream.onEnd(
            Effect.suspend(() =>
              unsettled > 0 ? Effect.die(new Error(`Saving has ended, and not for ${unsettled} archives`)) : Effect.void
            )
          )
        )
      return Stream.merge(Stream.unwrap(Effect.as(Deferred.await(isOpen), begun)), saved)
    })
  )

/** What is told of a job. */
export const toldOfJob = (event: JobEvent): ReadonlyArray<DownloadEvent> => {
  const { index: batch } = event
  switch (event._tag) {
    case "Started":
      return [{ _tag: "BatchStarted", batch, idCount: event.idCount }]
    case "NotFound":
      return [{ _tag: "IdsNotFound", batch, ids: event.ids }]
    case "Retrying": {
      const { error, pause, tries } = event
      return [{ _tag: "ApiRetrying", batch, ...ofJob(event.jobId), error, tries, pause }]
    }
    case "Requested": {
      const { jobId, resumed, unrecorded } = event
      const started: DownloadEvent = { _tag: "JobStarted", batch, jobId, resumed }
      return unrecorded === undefined ? [started] : [started, { _tag: "NotRecorded", error: unrecorded }]
    }
    case "NotRecorded":
      return [{ _tag: "NotRecorded", error: event.error }]
    case "Waiting":
      return [{ _tag: "JobWaiting", batch, jobId: event.job.jobId, jobStatus: event.job.jobStatus }]
    case "Ready":
      return [{ _tag: "ArchiveStarted", batch, jobId: event.archive.jobId }]
    case "Failed":
      return [{ _tag: "BatchFailed", batch, ...ofJob(event.jobId), error: event.error }]
  }
}

const ofJob = (jobId: JobId | undefined) => (jobId === undefined ? {} : { jobId })

/** An archive that is gone or not what it should be; the job done again may make a whole one. */
const isOfNoUse = (error: DownloadFailure): boolean =>
  (error._tag === "ArchiveError" || error._tag === "TransferError") && kinds.has(error.reason._tag)

const kinds: ReadonlySet<string> = new Set(["NotAnArchive", "Damaged", "WrongContent", "ObjectMissing"])
