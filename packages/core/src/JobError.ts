/**
 * What can go wrong with a job, though every call about it went well.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { JobId } from "./Asset.ts"
import { type DownloadJob, phase } from "./DownloadJob.ts"
import * as JobReason from "./internal/JobReason.ts"

/** @category reasons @since 0.1.0 */
export type { DeadlineExceeded, JobCanceled, JobFailed, MissingDownloadUrl } from "./internal/JobReason.ts"

/**
 * Why a job's archive cannot be had: match by `_tag`. `Reason.cases` has the class of each, to construct one in a test.
 *
 * @category reasons
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  JobReason.JobFailed,
  JobReason.JobCanceled,
  JobReason.MissingDownloadUrl,
  JobReason.DeadlineExceeded
]).pipe(Schema.toTaggedUnion("_tag"))
/** @category models @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * A job whose archive cannot be had. Match the reason with `Effect.catchReason("JobError", "JobFailed", …)`.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobError extends Schema.TaggedError<JobError>()("JobError", { jobId: JobId, reason: Reason }) {
  override get message(): string {
    return `Job ${this.jobId} ${this.reason.message}.`
  }

  /** The error that a job which ended without an archive stands for; none while it is pending or ready. */
  static fromJob(job: DownloadJob): JobError | undefined {
    switch (phase(job.jobStatus)) {
      case "failed":
        return new JobError({ jobId: job.jobId, reason: new JobReason.JobFailed({ job }) })
      case "canceled":
        return new JobError({ jobId: job.jobId, reason: new JobReason.JobCanceled({ job }) })
      default:
        return undefined
    }
  }

  /** Whether waiting for the same job again may succeed. */
  get isRetryable(): boolean {
    return this.reason._tag === "DeadlineExceeded" || this.reason._tag === "MissingDownloadUrl"
  }
}
