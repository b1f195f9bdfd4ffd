/** What a download has begun, and how to go on with it without paying for it twice. */
import type { DownloadEvent } from "@scenario-assets/node/download/DownloadEvent"
import type { DownloadRequest } from "@scenario-assets/node/download/DownloadRequest"
import type { RunId } from "@scenario-assets/node/download/RunRecord"
import type { Connection } from "../settings/Options.ts"
import * as Recorded from "./Recorded.ts"

export interface Begun {
  readonly hear: (event: DownloadEvent) => void
  /** Nothing where there is nothing to go on with: then the same command does it. */
  readonly run: () => Recorded.Recorded | undefined
}

export const make = (
  request: DownloadRequest,
  options: { readonly connection: Connection; readonly run?: Recorded.Recorded }
): Begun => {
  const { connection } = options
  const beginsJobs = request.wanted._tag === "Assets"
  /** By the number of the batch. */
  const jobs = new Map<number, string>()
  /** Those that the record of the run does not have. */
  const unrecorded = new Set<string>()
  let runId: RunId | undefined = options.run?.runId

  const recorded = (): Recorded.Recorded | undefined =>
    runId === undefined
      ? undefined
      : { runId, beginsJobs, isResumed: options.run !== undefined, command: Recorded.resume(runId) }

  return {
    hear: (event) => {
      if (event._tag === "Started") runId = event.runId
      if (event._tag === "JobStarted") jobs.set(event.batch, event.jobId)
      if (event._tag === "NotRecorded" && event.error._tag === "JournalError" && event.error.jobId !== undefined) {
        unrecorded.add(event.error.jobId)
      }
    },
    run: () => {
      const ids = [...jobs].toSorted(([a], [b]) => a - b).map(([, jobId]) => jobId)
      if (ids.length === 0) return recorded()
      const isKnown = runId !== undefined && !ids.some((jobId) => unrecorded.has(jobId))
      const run = (isKnown || !beginsJobs ? recorded() : undefined) ?? Recorded.ofJobs(ids, request, connection)
      return { ...run, elsewhere: Recorded.fetchJobs(ids, request, connection, "OTHER") }
    }
  }
}
