/**
 * The server's work on one batch.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { JobId } from "./Asset.ts"
import type { KnownJobStatus } from "./internal/KnownJobStatus.ts"
import * as SignedUrl from "./SignedUrl.ts"

/** @category models @since 0.1.0 */
export type { KnownJobStatus } from "./internal/KnownJobStatus.ts"

/**
 * A job's state: one of the eight known ones, or whatever else the server says, kept as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const JobStatus = Schema.String
/** @category models @since 0.1.0 */
export type JobStatus = KnownJobStatus | (string & {})

/**
 * What a state means to one who waits. Unknown states are `pending`: not finished.
 *
 * @category models
 * @since 0.1.0
 */
export type Phase = "pending" | "ready" | "failed" | "canceled"

/**
 * A job as `getStatus` describes it.
 *
 * @category models
 * @since 0.1.0
 */
export class DownloadJob extends Schema.Class<DownloadJob>("@scenario-assets/core/DownloadJob")({
  jobId: JobId,
  jobStatus: JobStatus,
  /** Where the archive is; the reference promises it only for a finished job. */
  downloadUrl: Schema.optionalKey(SignedUrl.SignedUrl),
  /** Every other field of the answer, with the queries of URLs removed: the reason of a failure is undocumented. */
  details: Schema.Record(Schema.String, Schema.Json)
}) {}

/**
 * A finished job, whose archive can be fetched.
 *
 * @category models
 * @since 0.1.0
 */
export type ReadyJob = DownloadJob & { readonly downloadUrl: SignedUrl.SignedUrl }

/**
 * The one place that decides what a state means.
 *
 * @category getters
 * @since 0.1.0
 */
export const phase = (status: JobStatus): Phase => {
  switch (status) {
    case "success":
      return "ready"
    case "failure":
      return "failed"
    case "canceled":
      return "canceled"
    default:
      return "pending"
  }
}

/**
 * Whether the archive of a job can be fetched: finished, and the URL is there.
 *
 * @category guards
 * @since 0.1.0
 */
export const isReady = (job: DownloadJob): job is ReadyJob =>
  phase(job.jobStatus) === "ready" && job.downloadUrl !== undefined
