/** A job that has no archive yet, where nobody waits for one. */
import { JobId } from "@scenario-assets/core/Asset"
import * as Schema from "effect/Schema"

export class JobPending extends Schema.TaggedError<JobPending>()("JobPending", {
  jobId: JobId,
  jobStatus: Schema.String
}) {
  override get message(): string {
    return `Job ${this.jobId} has no archive yet; its state is ${this.jobStatus}.`
  }
}
