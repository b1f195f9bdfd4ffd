/** What a download would do, found out by looking alone. */
import { join } from "node:path"
import type { ApiError } from "@scenario-assets/core/ApiError"
import { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import { JobPoller } from "@scenario-assets/core/JobPoller"
import type { Source } from "@scenario-assets/core/transfer/Source"
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { OpenArchive } from "../../archive/internal/OpenArchive.ts"
import type { Extraction, Preview } from "../../extraction/Extraction.ts"
import * as Files from "../../file/internal/Files.ts"
import * as SameFile from "../../file/internal/SameFile.ts"
import type * as DownloadRequest from "../../runs/DownloadRequest.ts"
import * as Batches from "../../runs/internal/Batches.ts"
import * as Place from "../../runs/internal/Place.ts"
import type { Destinations } from "../Destination.ts"
import * as ExtractedFiles from "./ExtractedFiles.ts"
import * as StoredFiles from "./StoredFiles.ts"

/**
 * A job that has no archive yet, where nobody waits for one.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobNotReady extends Schema.TaggedError<JobNotReady>()("JobNotReady", {
  jobId: JobId,
  jobStatus: Schema.String
}) {
  override get message(): string {
    return `Job ${this.jobId} has no archive yet (its state is ${this.jobStatus}); wait for it first.`
  }
}

/**
 * What a download would do: request so many batches; or, of jobs begun earlier, write these files or keep these archives.
 *
 * @category models
 * @since 0.1.0
 */
export type DownloadPreview =
  | {
      readonly _tag: "Batches"
      readonly batches: ReadonlyArray<{
        readonly request: ReturnType<typeof Batches.of>[number]
        /** Where the archive would be kept. */
        readonly path: string | undefined
      }>
    }
  | (Preview & { readonly _tag: "Files"; readonly jobIds: ReadonlyArray<JobId> })
  | {
      readonly _tag: "ArchiveFiles"
      readonly archives: ReadonlyArray<{
        readonly jobId: JobId
        readonly path: string
        /** None where the host does not say. */
        readonly size: number | undefined
        /** Where the file exists and is not to be replaced: `skip` if it may be this archive, as far as size and checksums tell, else `refuse`. */
        readonly action: "write" | "replace" | "skip" | "refuse"
      }>
    }

interface Services {
  readonly destinations: Destinations["Service"]
  readonly openArchive: OpenArchive
  readonly extraction: Extraction["Service"]
  readonly transfer: Transfer["Service"]
}

export const make = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  { destinations, extraction, openArchive, transfer }: Services
) {
  const { destination, wanted } = request
  const total = Batches.archiveCount(request)
  const pathOf = (batch: number) =>
    destination._tag === "ArchiveFiles" ? Place.archivePath(destination.file, total, batch) : undefined
  const rules = destination._tag === "Directory" ? yield* ExtractedFiles.rules(destination) : undefined
  const storeRules = destination._tag === "Store" ? yield* StoredFiles.rules(destination) : undefined
  if (wanted._tag === "Assets") {
    const batches = Batches.of(request).map((request, batch) => ({ request, path: pathOf(batch) }))
    return { _tag: "Batches", batches } satisfies DownloadPreview
  }

  const sources = yield* Effect.forEach(wanted.jobIds, (jobId) =>
    Effect.map(locate(jobId), (source) => ({ jobId, source }))
  )
  if (destination._tag === "Directory") {
    const locations = sources.map(({ jobId, source }) => ({ name: jobId, source }))
    const { idleTimeout, retries } = request
    const options = { idleTimeout, retries, ...rules }
    const { directory, folders = false } = destination
    const preview = folders
      ? inOne(
          yield* Effect.forEach(locations, (location, batch) =>
            Effect.map(
              extraction.preview([location], join(directory, Place.folder(total, batch)), options),
              (preview) => ({ folder: Place.folder(total, batch), preview })
            )
          )
        )
      : yield* extraction.preview(locations, directory, options)
    return { _tag: "Files", jobIds: wanted.jobIds, ...preview } satisfies DownloadPreview
  }
  if (destination._tag === "Store") {
    const store = yield* destinations.find(destination.url)
    const { select = () => true, ...limits } = storeRules ?? {}
    const { idleTimeout, retries } = request
    const options = { idleTimeout, retries, select, ...limits }
    const preview = yield* StoredFiles.preview(openArchive, sources, { store, total }, options)
    return { _tag: "Files", jobIds: wanted.jobIds, ...preview } satisfies DownloadPreview
  }

  const archives = yield* Effect.forEach(
    sources,
    Effect.fnUntraced(function* ({ jobId, source }, batch) {
      const path = Place.archivePath(destination.file, total, batch)
      const isTaken = yield* Files.exists(path)
      const opened = yield* transfer.events(source, { expect: "zip" }).pipe(
        Stream.filter((event) => event._tag === "Opened"),
        Stream.runHead
      )
      const object = Option.getOrUndefined(opened)?.object ?? {}
      const action = !isTaken
        ? ("write" as const)
        : destination.replace
          ? ("replace" as const)
          : (yield* SameFile.compare(path, object)).isSame === false
            ? ("refuse" as const)
            : ("skip" as const)
      return { jobId, path, size: object.size, action }
    })
  )
  return { _tag: "ArchiveFiles", archives } satisfies DownloadPreview
})

/** What would become of archives that have folders of their own. */
const inOne = (all: ReadonlyArray<{ readonly folder: string; readonly preview: Preview }>): Preview => ({
  archives: all.flatMap(({ folder, preview }) =>
    preview.archives.map((archive) => ({
      ...archive,
      files: archive.files.map((file) => ({ ...file, path: Place.inFolder(folder, file.path) }))
    }))
  ),
  bytesToWrite: all.reduce((sum, { preview }) => sum + preview.bytesToWrite, 0),
  free: Math.min(...all.map(({ preview }) => preview.free))
})

/** The archive of a job that has one now, by one look. */
const locate = Effect.fnUntraced(function* (
  jobId: JobId
): Effect.fn.Return<Source<ApiError | JobError>, ApiError | JobError | JobNotReady, AssetDownload | JobPoller> {
  const job = yield* (yield* AssetDownload).getStatus(jobId)
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  if (!DownloadJob.isReady(job)) return yield* new JobNotReady({ jobId, jobStatus: job.jobStatus })
  const poller = yield* JobPoller
  return {
    url: job.downloadUrl,
    refresh: Effect.map(poller.wait(jobId, { justBegun: false }), ({ downloadUrl }) => downloadUrl)
  }
})
