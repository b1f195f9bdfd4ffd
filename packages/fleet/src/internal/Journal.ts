/** The jobs of a run in the database: the guard against a second job for a batch. */
import { createHash } from "node:crypto"
import { AssetId, InferenceId, JobId, ModelId } from "@scenario-assets/core/Asset"
import { type BatchKey, type JobJournal, JournalError } from "@scenario-assets/core/JobJournal"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { asking, patiently } from "./Asking.ts"

/** A list of ids as it stands in a table. */
const Ids = Schema.fromJsonString(Schema.Array(Schema.Union([AssetId, InferenceId, ModelId])))

const Row = Schema.Struct({ job_id: JobId, unknown: Ids })
const decode = Schema.decodeUnknownEffect(Row)
const encodeIds = Schema.encodeSync(Ids)

const digest = (batch: BatchKey): string => createHash("sha256").update(batch).digest("hex")

/** A server that is away is waited for: what has begun a job must not forget it. */
export const make = (sql: SqlClient.SqlClient, runId: string, patience: Duration.Input): JobJournal["Service"] => {
  const attempt = <A>(what: string, statement: Effect.Effect<A, SqlError>, jobId?: JobId) =>
    statement.pipe(
      asking(what),
      patiently(patience),
      Effect.mapError(({ message }) => new JournalError({ message, ...(jobId === undefined ? {} : { jobId }) }))
    )
  return {
    find: (batch) =>
      Effect.flatMap(
        attempt(
          "look for the job of a batch",
          sql`SELECT job_id, unknown FROM scenario_assets_jobs WHERE run_id = ${runId} AND batch_key = ${digest(batch)}`
        ),
        ([row]) =>
          row === undefined
            ? Effect.succeedNone
            : Effect.mapBoth(decode(row), {
                onFailure: () => new JournalError({ message: `The job of a batch of run ${runId} cannot be read.` }),
                onSuccess: (found) => Option.some({ jobId: found.job_id, unknown: found.unknown })
              })
      ),
    record: (batch, { jobId, unknown }) =>
      Effect.asVoid(
        attempt(
          `record job ${jobId}, which exists`,
          sql`INSERT INTO scenario_assets_jobs (run_id, batch_key, job_id, unknown)
            VALUES (${runId}, ${digest(batch)}, ${jobId}, ${encodeIds(unknown)})
            ON CONFLICT (run_id, batch_key) DO UPDATE SET job_id = excluded.job_id, unknown = excluded.unknown`,
          jobId
        )
      ),
    forget: (jobId) =>
      Effect.asVoid(
        attempt(
          `forget job ${jobId}`,
          sql`DELETE FROM scenario_assets_jobs WHERE run_id = ${runId} AND job_id = ${jobId}`
        )
      )
  }
}
