/** What is told of a job in JSON: not its URL, which is a secret. */
import * as DownloadJob from "@scenario-assets/core/DownloadJob"

export const of = (job: DownloadJob.DownloadJob) => ({
  jobId: job.jobId,
  jobStatus: job.jobStatus,
  phase: DownloadJob.phase(job.jobStatus),
  ready: DownloadJob.isReady(job),
  details: job.details
})
