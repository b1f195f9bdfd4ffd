/**
 * What happens during a download, and what came of it: plain data with a schema, for screens, logs, and other processes.
 *
 * @since 0.1.0
 */
import { ApiError } from "@scenario-assets/core/ApiError"
import { AssetId, InferenceId, JobId, ModelId } from "@scenario-assets/core/Asset"
import { JobError } from "@scenario-assets/core/JobError"
import { JournalError } from "@scenario-assets/core/JobJournal"
import { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { ArchiveError } from "../archive/ArchiveError.ts"
import { FileError } from "../file/FileError.ts"
import { RunId } from "../runs/RunRecord.ts"
import { DestinationError } from "./Destination.ts"

const Count = Schema.Natural

/**
 * Why a batch has no archive, or an archive was not saved.
 *
 * @category errors
 * @since 0.1.0
 */
export const DownloadFailure = Schema.Union([
  ApiError,
  JobError,
  JournalError,
  TransferError,
  ArchiveError,
  FileError,
  DestinationError
])
/** @category errors @since 0.1.0 */
export type DownloadFailure = typeof DownloadFailure.Type

const Failed = Schema.Struct({
  /** From 0. */
  batch: Count,
  /** None where no job was begun. */
  jobId: Schema.optionalKey(JobId),
  error: DownloadFailure
})

/**
 * A batch or an archive that failed.
 *
 * @category models
 * @since 0.1.0
 */
export type Failed = typeof Failed.Type

const SavedFile = Schema.Struct({
  /** Relative to the directory or the store, with `/`. */
  path: Schema.String,
  /** The name in the archive. */
  name: Schema.String,
  size: Count,
  crc32: Count,
  /** It already existed, with this size and CRC-32, and was left as it is. */
  alreadyThere: Schema.Boolean,
  /** Why the path is not the name; empty where it is. */
  why: Schema.Array(Schema.String)
})

/**
 * A file of an archive, in the directory or the store now.
 *
 * @category models
 * @since 0.1.0
 */
export type SavedFile = typeof SavedFile.Type

const SavedArchive = Schema.Struct({
  batch: Count,
  jobId: JobId,
  /** Where the archive itself is kept; none where it was extracted. */
  path: Schema.optionalKey(Schema.String),
  /** Files in the directory or the store; 1 for an archive that is kept. */
  files: Count,
  bytes: Count,
  /** Files that already existed. */
  alreadyThere: Count,
  /** Bytes that were fetched for it now. */
  fetched: Count,
  /** The checksums that the storage host declared and the bytes have; of an archive that is kept. */
  verified: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * An archive whose files are all there, or that is kept as a file.
 *
 * @category models
 * @since 0.1.0
 */
export type SavedArchive = typeof SavedArchive.Type

/** Ids that Scenario does not know, for whoever may have mistyped them. */
const Ids = Schema.Array(Schema.Union([AssetId, InferenceId, ModelId]))

/**
 * What came of a download: counts, and one entry for each archive, so that it stays small however many files there are.
 *
 * @category models
 * @since 0.1.0
 */
export const DownloadReport = Schema.Struct({
  /** None where the run is not recorded. */
  runId: Schema.optionalKey(RunId),
  /** `begun`: the jobs are begun, and nothing was waited for. */
  state: Schema.Literals(["complete", "incomplete", "begun"]),
  /** Where the files are. */
  place: Schema.String,
  batches: Count,
  files: Count,
  bytes: Count,
  alreadyThere: Count,
  fetched: Count,
  /** Files whose path is not their name in the archive. */
  renamed: Count,
  /** Files of archives that were not written because their content or their name is not what it should be. */
  refused: Count,
  /** Ids that Scenario does not know, in this project: the others were downloaded without them. */
  notFound: Schema.Struct({
    count: Count,
    /** The first 100 of them. */
    ids: Ids
  }),
  /** The jobs of the run, by batch. */
  jobs: Schema.Array(Schema.Struct({ batch: Count, jobId: JobId, resumed: Schema.Boolean })),
  archives: Schema.Array(SavedArchive),
  failures: Schema.Array(Failed)
})
/** @category models @since 0.1.0 */
export type DownloadReport = typeof DownloadReport.Type

const archive = { batch: Count, jobId: JobId }

/**
 * One thing that happens. A batch begins with `BatchStarted` and ends with `ArchiveSaved`, `ArchiveFailed` or `BatchFailed`. One that
 * Scenario takes only in parts goes on as the first of them, and the others begin behind the batches that `Started` tells of. An
 * archive begins with `ArchiveStarted`; its files begin with `ArchivePlanned`, large ones with a
 * `FileStarted` of their own, and end with `FilesSaved` or `FileRefused`. The
 * first event is `Started`, the last one `Ended`. Batches are counted from 0.
 *
 * @category models
 * @since 0.1.0
 */
export const DownloadEvent = Schema.Union([
  /** All is decided, and the run is recorded (or `runId` is missing). */
  Schema.TaggedStruct("Started", {
    runId: Schema.optionalKey(RunId),
    /** An unfinished run for the same is resumed. */
    resumed: Schema.Boolean,
    place: Schema.String,
    batches: Count,
    idCount: Count
  }),
  /** The run, or a job of it, cannot be recorded: it goes on, and what is not recorded cannot be resumed. */
  Schema.TaggedStruct("NotRecorded", { error: Schema.Union([FileError, JournalError]) }),
  Schema.TaggedStruct("BatchStarted", { batch: Count, idCount: Count }),
  /** Scenario does not know these ids of the batch. The others are requested without them. */
  Schema.TaggedStruct("IdsNotFound", { batch: Count, ids: Ids }),
  /** The job exists and is recorded; `resumed` where an earlier run began it. */
  Schema.TaggedStruct("JobStarted", { ...archive, resumed: Schema.Boolean }),
  /** The job is in another state, and has no archive yet. */
  Schema.TaggedStruct("JobWaiting", { ...archive, jobStatus: Schema.String }),
  /** A call of the API failed, and is repeated after a pause; `tries` counts failures in a row. */
  Schema.TaggedStruct("ApiRetrying", {
    batch: Count,
    jobId: Schema.optionalKey(JobId),
    error: ApiError,
    tries: Count,
    pause: Schema.DurationFromMillis
  }),
  Schema.TaggedStruct("BatchFailed", Failed.fields),
  Schema.TaggedStruct("ArchiveStarted", archive),
  /** The host serves no ranges: the archive is fetched as a whole first. */
  Schema.TaggedStruct("ArchiveSpooled", archive),
  /** The archive's directory was read: so many files and bytes in all, so many files to write, so many bytes to read. */
  Schema.TaggedStruct("ArchivePlanned", {
    ...archive,
    files: Count,
    bytes: Count,
    filesToWrite: Count,
    bytesToRead: Count
  }),
  /** So many bytes are here, of so many where the host says. The latest alone is told to a slow consumer. */
  Schema.TaggedStruct("ArchiveProgressed", { ...archive, bytes: Count, size: Schema.optionalKey(Count) }),
  /** An exchange failed, and is tried again after a pause. */
  Schema.TaggedStruct("Retrying", {
    ...archive,
    offset: Count,
    tries: Count,
    pause: Schema.DurationFromMillis,
    fault: Schema.String
  }),
  /** A link was refused, and a fresh one was asked for. */
  Schema.TaggedStruct("LinkRefreshed", { ...archive, offset: Count, status: Schema.Int }),
  /** The host did not resume, and bytes are discarded; `sameObject` where it has the same object still. */
  Schema.TaggedStruct("StartedOver", { ...archive, discarded: Count, sameObject: Schema.Boolean }),
  Schema.TaggedStruct("ConnectionsChanged", { ...archive, connections: Count }),
  /** A file of the archive has begun that is too large to be there at once, as all others are. */
  Schema.TaggedStruct("FileStarted", { ...archive, path: Schema.String, name: Schema.String, size: Count }),
  Schema.TaggedStruct("FilesSaved", { ...archive, files: Schema.Array(SavedFile) }),
  Schema.TaggedStruct("FileRefused", { ...archive, name: Schema.String, error: ArchiveError }),
  Schema.TaggedStruct("ArchiveSaved", SavedArchive.fields),
  /** `startsAnew`: the archive is damaged or gone, and its job is begun once more. */
  Schema.TaggedStruct("ArchiveFailed", { ...archive, error: DownloadFailure, startsAnew: Schema.Boolean }),
  Schema.TaggedStruct("Ended", { report: DownloadReport })
])
/** @category models @since 0.1.0 */
export type DownloadEvent = typeof DownloadEvent.Type

/**
 * Not everything that was asked for is there. What is there, and why the rest is not, is in the report.
 *
 * @category errors
 * @since 0.1.0
 */
export class DownloadIncomplete extends Schema.TaggedError<DownloadIncomplete>()("DownloadIncomplete", {
  report: DownloadReport
}) {
  override get message(): string {
    const { batches, failures, notFound, place } = this.report
    const [first] = failures
    if (first === undefined) {
      return (
        `Download: ${notFound.count} ids do not exist in this project, such as ${notFound.ids[0] ?? ""}; ` +
        `all others were saved to ${place}.`
      )
    }
    return (
      `Download: ${failures.length} of ${batches} archives could not be saved to ${place}; run it again to resume. ` +
      `The first error: ${first.error.message}`
    )
  }
}

/**
 * A download took longer than its `timeLimit`, and was stopped. The same request again resumes it.
 *
 * @category errors
 * @since 0.1.0
 */
export class TimeLimitExceeded extends Schema.TaggedError<TimeLimitExceeded>()("TimeLimitExceeded", {
  limit: Schema.DurationFromMillis
}) {
  override get message(): string {
    return `The time limit of ${Duration.format(this.limit)} was exceeded; run it again to resume.`
  }
}
