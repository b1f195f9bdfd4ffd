/** The jobs that a command asks about, given by their ids or by their run, and the account that they belong to. */
import type { JobId } from "@scenario-assets/core/Asset"
import type { RunHead } from "@scenario-assets/node/runs/RunRecord"
import * as Runs from "@scenario-assets/node/runs/Runs"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Scenario from "../access/Scenario.ts"
import { NoJobBegun, UsageError } from "../errors/CommandError.ts"
import * as Ids from "../ids/Ids.ts"
import type { Connection } from "../settings/Options.ts"

export interface AskedJobs {
  readonly jobIds: Arr.NonEmptyReadonlyArray<JobId>
  readonly connection: Connection
  /** The run that has started them. */
  readonly head?: RunHead
}

export const read = Effect.fnUntraced(function* (words: ReadonlyArray<string>, { baseUrl, project }: Connection) {
  const wanted = yield* Ids.readJobs(words)
  if (wanted._tag !== "Run") {
    const asked: AskedJobs = { jobIds: wanted.jobIds, connection: { baseUrl, project } }
    return asked
  }
  yield* Ids.checkFlagsOfRun(wanted.runId, (flag) => flag !== "base-url" && flag !== "project")
  const runs = yield* Runs.Runs
  const head = yield* runs.get(wanted.runId)
  if (head.wanted.kind === "sync") {
    return yield* new UsageError({
      message: `${head.runId} is a run of sync, which starts no jobs; to see it: scenario-assets runs show ${head.runId}`
    })
  }
  const jobIds = (yield* runs.jobs(head.runId)).map(({ jobId }) => jobId)
  if (!Arr.isReadonlyArrayNonEmpty(jobIds)) return yield* new NoJobBegun({ runId: head.runId })
  const asked: AskedJobs = { jobIds, connection: Scenario.ofRun(head), head }
  return asked
})
