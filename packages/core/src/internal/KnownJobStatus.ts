/** The states of jobs that Scenario documents. */
import * as Schema from "effect/Schema"

/** The eight states of Scenario's general job record. The download operations document no list of their own. */
export const KnownJobStatus = Schema.Literals([
  "queued",
  "pending",
  "warming-up",
  "in-progress",
  "finalizing",
  "success",
  "failure",
  "canceled"
])
/** */
export type KnownJobStatus = typeof KnownJobStatus.Type

/** Whether a state is one of the eight known ones. */
export const isKnown: (status: string) => status is KnownJobStatus = Schema.is(KnownJobStatus)
