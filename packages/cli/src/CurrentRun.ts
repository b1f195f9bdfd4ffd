/** The run that is carried out; none where it is not written down. */
import * as Context from "effect/Context"
import type { RunId } from "./RunRecord.ts"

export const CurrentRun = Context.Reference<RunId | undefined>("@scenario-assets/cli/CurrentRun", {
  defaultValue: () => undefined
})

/** The one command that goes on with it. */
export const resume = (runId: RunId): string => `scenario-assets runs resume ${runId}`
