/** A run that is recorded, so that another process can resume it. */
import type { RunHead, RunId } from "@scenario-assets/node/download/RunRecord"

export interface Recorded {
  readonly runId: RunId
  /** Whether it begins its jobs, and could do so again. Jobs of others it only fetches. */
  readonly beginsJobs: boolean
  /** Whether it is resumed by its id alone, so that flags of `download` cannot be given. */
  readonly isResumed: boolean
}

export const ofHead = ({ runId, wanted }: RunHead, isResumed: boolean): Recorded => ({
  runId,
  beginsJobs: wanted.kind === "assets",
  isResumed
})

/** The one command that resumes it. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`
