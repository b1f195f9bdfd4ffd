/** The archive of a job that has one now. One look: who wants to wait has `wait`. */
import * as Archives from "@scenario-assets/core/Archives"
import type { JobId } from "@scenario-assets/core/Asset"
import { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import { JobError } from "@scenario-assets/core/JobError"
import * as Effect from "effect/Effect"
import { JobPending } from "./JobPending.ts"

export const locate = Effect.fnUntraced(function* (jobId: JobId) {
  const job = yield* (yield* AssetDownload).getStatus(jobId)
  const error = JobError.fromJob(job)
  if (error !== undefined) return yield* error
  if (!DownloadJob.isReady(job)) return yield* new JobPending({ jobId, jobStatus: job.jobStatus })
  const { ofJob } = yield* Archives.Archives
  const source = { url: job.downloadUrl, refresh: Effect.flatMap(ofJob(jobId), ({ source }) => source.refresh) }
  return { name: jobId, source }
})
