/**
 * What can go wrong with a job, though every call about it went well.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { JobId } from "./Asset.ts"
import { DownloadJob, JobStatus, phase } from "./DownloadJob.ts"

/** The job ended as `failure`. `job.details` holds all the server said. @category reasons @since 0.1.0 */
export class JobFailed extends Schema.TaggedError<JobFailed>()("JobFailed", { job: DownloadJob }) {
  override get message(): string {
    return `failed at Scenario${because(this.job)}; start it again, or check the ids selected`
  }
}

/** The job was canceled by somebody. @category reasons @since 0.1.0 */
export class JobCanceled extends Schema.TaggedError<JobCanceled>()("JobCanceled", { job: DownloadJob }) {
  override get message(): string {
    return `was canceled${because(this.job)}; start it again if that was not meant`
  }
}

/** The job ended as `success`, and also after several looks has no `downloadUrl`. @category reasons @since 0.1.0 */
export class MissingDownloadUrl extends Schema.TaggedError<MissingDownloadUrl>()("MissingDownloadUrl", {
  job: DownloadJob
}) {
  override get message(): string {
    return "finished without a download URL; wait for it again, or start it again"
  }
}

const second = Duration.seconds(1)

/** The waiting ended before the job did: the deadline passed, or the caller's schedule ended. @category reasons @since 0.1.0 */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>()("DeadlineExceeded", {
  /** The last state seen, if there was any. */
  lastStatus: Schema.optionalKey(JobStatus),
  elapsed: Schema.Duration,
  /** What ended the waiting. */
  endedBy: Schema.Literals(["deadline", "schedule"])
}) {
  override get message(): string {
    const elapsed = Duration.isGreaterThan(this.elapsed, second)
      ? Duration.seconds(Math.floor(Duration.toSeconds(this.elapsed)))
      : this.elapsed
    return (
      `is not finished after ${Duration.format(elapsed)} (last state: ${this.lastStatus ?? "none seen"}), and the ` +
      `${this.endedBy === "deadline" ? "deadline has passed" : "polling schedule has ended"}; the job goes on at Scenario: wait for it again`
    )
  }
}

/** @category models @since 0.1.0 */
export const Reason = Schema.Union([JobFailed, JobCanceled, MissingDownloadUrl, DeadlineExceeded])
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
        return new JobError({ jobId: job.jobId, reason: new JobFailed({ job }) })
      case "canceled":
        return new JobError({ jobId: job.jobId, reason: new JobCanceled({ job }) })
      default:
        return undefined
    }
  }

  /** Whether waiting for the same job again may succeed. */
  get isRetryable(): boolean {
    return this.reason._tag === "DeadlineExceeded" || this.reason._tag === "MissingDownloadUrl"
  }
}

const because = (job: DownloadJob): string => {
  const words = [
    job.details["error"],
    job.details["message"],
    job.details["reason"],
    job.details["failureReason"]
  ].find((value) => typeof value === "string" && value !== "")
  return typeof words === "string" ? `: ${JSON.stringify(words.replace(/\s+/g, " ").slice(0, 200))}` : ""
}
