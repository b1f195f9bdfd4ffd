/** All that happens during a download, told to the person and to the program that watch. Batches are counted from 1. */
import type { DownloadEvent, SavedArchive } from "@scenario-assets/node/download/DownloadEvent"
import type { DownloadRequest } from "@scenario-assets/node/runs/DownloadRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fields from "../json/Fields.ts"
import type * as JsonShapes from "../json/JsonShapes.ts"
import { Output } from "../output/Output.ts"
import * as Watch from "../output/Watch.ts"
import * as Causes from "../report/Causes.ts"
import * as Message from "../report/Message.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as Format from "../text/Format.ts"
import * as SavedFiles from "./SavedFiles.ts"

/** What has been told of a batch. */
interface Batch {
  jobId: string | undefined
  /** Calls of the API that were repeated for it. */
  repeated: number
  /** Bytes that will be read of an archive whose directory is known. */
  bytesToRead: number | undefined
  isSpooled: boolean
  hasBytes: boolean
  /** Files of its archive, and those of them that are there. */
  files: number
  saved: number
}

const untold: Batch = {
  jobId: undefined,
  repeated: 0,
  bytesToRead: undefined,
  isSpooled: false,
  hasBytes: false,
  files: 0,
  saved: 0
}

/** An archive that is kept, as a file. */
export const fileOf = (
  request: DownloadRequest,
  { alreadyThere, bytes, fetched, path = "", verified = [] }: SavedArchive
): Omit<JsonShapes.SavedAsset, "assetId"> => ({
  path: SavedFiles.shownPath(request, path),
  bytes,
  resumedFrom: alreadyThere > 0 ? 0 : bytes - fetched,
  alreadyThere: alreadyThere > 0,
  verified
})

export interface Options {
  /** Whether it is resumed by its id: then no flags of `download` can be given. */
  readonly isResumed: boolean
  /** The command that fetches jobs by their ids. */
  readonly fetchJobs: (jobIds: ReadonlyArray<string>) => string
}

/** Given a request, tells each event. */
export const make = (request: DownloadRequest, { fetchJobs, isResumed }: Options) =>
  Effect.gen(function* () {
    const { destination, wanted } = request
    const { detail, event, line, note, progress, warn } = yield* Output
    const watch = yield* Watch.make
    const batches = new Map<number, Batch>()
    const batchOf = (index: number): Batch => {
      const batch = batches.get(index) ?? { ...untold }
      batches.set(index, batch)
      return batch
    }
    /** Its archive is of no use, or its job: another one comes in its place. */
    const abandon = (batch: Batch) => {
      if (batch.jobId !== undefined) progress.abandoned(batch.jobId)
      progress.expectIn(-batch.files)
      progress.completed(-batch.saved)
      Object.assign(batch, untold)
    }
    const all = (...effects: ReadonlyArray<Effect.Effect<void>>) => Effect.all(effects, { discard: true })

    return (told: DownloadEvent): Effect.Effect<void> => {
      switch (told._tag) {
        case "Started": {
          const { batches, idCount, runId } = told
          if (destination._tag !== "ArchiveFiles") progress.several(batches)
          else progress.expect(batches)
          return all(
            runId === undefined ? Effect.void : event({ type: "run", runId }),
            wanted._tag === "Jobs" ? Effect.void : event({ type: "planned", batches, ids: idCount }),
            isResumed ? Effect.void : note(firstLine(request, told))
          )
        }
        case "NotRecorded": {
          const { message } = told.error
          return all(event({ type: "notRecorded", message }), warn(unrecorded(told.error, fetchJobs)))
        }
        case "BatchStarted":
          return all(
            event({ type: "batch", batch: told.batch + 1, ids: told.idCount }),
            progress.waiting(nameOf(told.batch), "requesting")
          )
        case "IdsNotFound":
          return event({ type: "idsNotFound", batch: told.batch + 1, ids: told.ids })
        case "JobStarted": {
          const { jobId, resumed } = told
          const batch = batchOf(told.batch)
          if (batch.jobId !== undefined && batch.jobId !== jobId) abandon(batch)
          batch.jobId = jobId
          progress.abandoned(nameOf(told.batch))
          return all(
            event({ type: "requested", batch: told.batch + 1, jobId, resumed }),
            progress.waiting(jobId, "requested"),
            (wanted._tag === "Jobs" ? detail : note)(`${resumed ? "Resuming" : "Started"} job ${jobId}`)
          )
        }
        case "JobWaiting":
          return watch.status(told.jobId, told.jobStatus, false)
        case "ApiRetrying": {
          const { error, jobId, pause, tries } = told
          const millis = Duration.toMillis(pause)
          progress.retried(jobId ?? nameOf(told.batch))
          const { operation, reason, requestId, status } = Fields.ofError(error)
          return all(
            event({
              type: "callRetrying",
              batch: told.batch + 1,
              jobId,
              tries,
              pauseMs: Math.round(millis),
              message: Message.of(error),
              operation,
              reason,
              status,
              requestId
            }),
            watch.repeated(
              ++batchOf(told.batch).repeated,
              `${Message.problem(error)}; trying again in ${Format.time(millis)}`
            ),
            detail(Causes.of(error).join("; "))
          )
        }
        case "BatchFailed": {
          const { error, jobId } = told
          const last = error._tag === "JobError" && "job" in error.reason ? error.reason.job : undefined
          return all(
            last === undefined ? Effect.void : watch.job(last),
            Effect.sync(() => progress.ended(jobId ?? nameOf(told.batch))),
            event({ type: "failed", batch: told.batch + 1, jobId, message: Message.of(error), startsAnew: false })
          )
        }
        case "ArchiveStarted":
          return all(
            watch.status(told.jobId, "success", true),
            progress.waiting(told.jobId, "ready"),
            event({ type: "ready", batch: told.batch + 1, jobId: told.jobId })
          )
        case "ArchiveSpooled":
          batchOf(told.batch).isSpooled = true
          return watch.spooled(told.jobId)
        case "ArchivePlanned": {
          const batch = batchOf(told.batch)
          batch.files = told.files
          batch.bytesToRead = told.bytesToRead
          if (!batch.isSpooled) progress.bytes(told.jobId, 0, told.bytesToRead)
          return watch.planned(told.jobId, told)
        }
        case "ArchiveProgressed": {
          const { bytes, jobId } = told
          const batch = batchOf(told.batch)
          const { hasBytes, isSpooled, bytesToRead } = batch
          batch.hasBytes = true
          // What is read of an archive that is here is no progress of the transfer.
          if (bytesToRead !== undefined && isSpooled)
            return event({ type: "progress", id: jobId, bytes, size: bytesToRead })
          return all(
            hasBytes || bytesToRead !== undefined ? Effect.void : watch.resumedAfter(jobId, bytes),
            watch.bytes(jobId, bytes, told.size ?? bytesToRead)
          )
        }
        case "Retrying":
          return watch.retrying(told.jobId, told)
        case "LinkRefreshed":
          return watch.refreshed(told.jobId, told)
        case "StartedOver":
          return watch.startedOver(told.jobId, told)
        case "ConnectionsChanged":
          return watch.connections(told.jobId, told.connections)
        case "FilesSaved":
          batchOf(told.batch).saved += told.files.length
          return watch.saved(told.jobId, told.files)
        case "FileRefused":
          return watch.refused(told.jobId, told.name, told.error.message)
        case "ArchiveSaved": {
          const { alreadyThere, bytes, fetched, files, jobId } = told
          const ended = Effect.sync(() => progress.ended(jobId))
          if (destination._tag !== "ArchiveFiles") {
            return all(watch.extracted(jobId, { files, bytes, alreadyThere, read: fetched }), ended)
          }
          const file = fileOf(request, told)
          return all(watch.completedFile(jobId, file, isResumed ? undefined : "--force"), line(file.path), ended)
        }
        case "ArchiveFailed": {
          const { error, jobId, startsAnew } = told
          const message = Message.of(error)
          if (startsAnew) abandon(batchOf(told.batch))
          else progress.ended(jobId)
          return all(
            event({ type: "failed", batch: told.batch + 1, jobId, message, startsAnew }),
            startsAnew ? note(`${message} Starting a new job for it`) : Effect.void
          )
        }
        // What is under way is told by archives.
        case "FileStarted":
        case "Ended":
          return Effect.void
      }
    }
  })

/** The task that a batch is before it has a job. */
const nameOf = (batch: number): string => `batch ${batch + 1}`

/** What is about to be done, told before anybody else is asked. */
const firstLine = (
  { wanted }: DownloadRequest,
  { batches, idCount, resumed, runId }: Extract<DownloadEvent, { readonly _tag: "Started" }>
): string => {
  if (wanted._tag === "Jobs") {
    const [first] = wanted.jobIds
    return `Fetching ${batches === 1 ? `job ${first}` : Format.count(batches, "job")} from Scenario…`
  }
  const ids = Format.count(idCount, "id")
  const many = batches === 1 ? "" : ` in ${Format.count(batches, "batch", "batches")}`
  return resumed ? `Resuming run ${runId ?? ""} (${ids}${many})…` : `Requesting ${ids} from Scenario${many}…`
}

/** The run continues; what to do should it not come to its end. */
const unrecorded = (
  error: Extract<DownloadEvent, { readonly _tag: "NotRecorded" }>["error"],
  fetchJobs: Options["fetchJobs"]
): string => {
  if (error._tag === "FileError") return Recorded.isNot(error)
  return error.jobId === undefined
    ? error.message
    : `${error.message} If this run is interrupted, do not run it again; fetch the job: ${fetchJobs([error.jobId])}`
}
