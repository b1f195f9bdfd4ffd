/** The run that is carried out; none where it is not written down. */
import * as Context from "effect/Context"
import type { RunId } from "./RunRecord.ts"

export interface Recorded {
  readonly runId: RunId
  /** Whether it begins its jobs, and could do so again. Jobs of others it only fetches. */
  readonly beginsJobs: boolean
  /** Whether it is gone on with by its id alone, so that flags of `download` cannot be given. */
  readonly isResumed?: boolean
}

export const CurrentRun = Context.Reference<Recorded | undefined>("@scenario-assets/cli/CurrentRun", {
  defaultValue: () => undefined
})

/** The one command that goes on with it. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`
