/** The reasons of a `JobError`. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { ApiError } from "../ApiError.ts"
import { DownloadJob, JobStatus } from "../DownloadJob.ts"

/** The job ended as `failure`. `job.details` holds all the server said. @category reasons @since 0.1.0 */
export class JobFailed extends Schema.TaggedError<JobFailed>()("JobFailed", { job: DownloadJob }) {
  override get message(): string {
    return `failed at Scenario${because(this.job)}; check the selected ids, or start it again`
  }
}

/** The job was canceled by somebody. @category reasons @since 0.1.0 */
export class JobCanceled extends Schema.TaggedError<JobCanceled>()("JobCanceled", { job: DownloadJob }) {
  override get message(): string {
    return `was canceled${because(this.job)}; start it again if that was a mistake`
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
  endedBy: Schema.Literals(["deadline", "schedule"]),
  /** Why the last look at the job failed, if it did. */
  lastError: Schema.optionalKey(ApiError)
}) {
  override get message(): string {
    const elapsed = Duration.isGreaterThan(this.elapsed, second)
      ? Duration.seconds(Math.floor(Duration.toSeconds(this.elapsed)))
      : this.elapsed
    const isSeen = this.lastStatus !== undefined
    const state = isSeen
      ? `has not finished after ${Duration.format(elapsed)} (last state: ${this.lastStatus})`
      : `could not be checked for ${Duration.format(elapsed)}`
    const why =
      this.lastError === undefined ? "" : ` (the last check failed: ${this.lastError.message.replace(/\.$/, "")})`
    const end = this.endedBy === "deadline" ? "deadline has passed" : "polling schedule has ended"
    return `${state}, and the ${end}${why}; ${isSeen ? "the job continues at Scenario: " : ""}wait for it again`
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
