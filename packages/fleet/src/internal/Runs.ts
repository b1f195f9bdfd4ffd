/** Runs as a whole in the database: submitted, looked at, cancelled, offered again. */
import * as RunIds from "@scenario-assets/node/engine/runs/RunIds"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import { type Account, RunId } from "@scenario-assets/node/runs/RunRecord"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { PlaceBusy, UnknownRun } from "../FleetError.ts"
import { RunProgress, type Trouble } from "../RunProgress.ts"
import type * as Batch from "./Batch.ts"

/** What is given to the queue, in the transaction that writes the rows. */
export type Offer = (item: Batch.Item) => Effect.Effect<void, SqlError>

const encodeRequest = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(DownloadRequest.DownloadRequest)))

export const submit = (sql: SqlClient.SqlClient, offer: Offer) =>
  Effect.fnUntraced(function* (
    { baseUrl, projectId }: Account,
    place: string,
    batches: ReadonlyArray<Batch.Part>
  ): Effect.fn.Return<RunId, SqlError | PlaceBusy> {
    const runId = yield* RunIds.make
    return yield* sql.withTransaction(
      Effect.gen(function* () {
        yield* claimPlace(sql, place, runId)
        yield* sql`INSERT INTO scenario_assets_runs (run_id, base_url, project_id, place)
          VALUES (${runId}, ${baseUrl}, ${projectId ?? ""}, ${place})`
        for (const [batch, { ids, request }] of batches.entries()) {
          yield* sql`INSERT INTO scenario_assets_batches (run_id, batch, request, ids)
            VALUES (${runId}, ${batch}, ${encodeRequest(request)}, ${ids})`
          yield* offer({ runId, batch, round: 0 })
        }
        return runId
      })
    )
  })

/** Fails where another run to the same place is not over. Two at once would both find that it is free, so they come one by one. */
const claimPlace = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  place: string,
  runId: RunId
): Effect.fn.Return<void, SqlError | PlaceBusy> {
  yield* sql`SELECT pg_advisory_xact_lock(hashtext('scenario_assets_submit'))`
  const [busy] = yield* sql<{ readonly run_id: string; readonly place: string }>`
    SELECT run_id, place FROM scenario_assets_runs JOIN scenario_assets_batches USING (run_id)
    WHERE run_id <> ${runId} AND state IN ('waiting', 'running')
      -- One in the other has folders in common with it.
      AND (starts_with(place || '/', ${place} || '/') OR starts_with(${place} || '/', place || '/')) LIMIT 1`
  if (busy !== undefined) return yield* new PlaceBusy({ place: busy.place, runId: RunId.make(busy.run_id) })
})

interface Row {
  readonly run_id: string
  readonly base_url: string
  readonly project_id: string
  readonly place: string
  readonly submitted_at: string
  readonly is_cancelled: boolean
  readonly total: number
  readonly waiting: number
  readonly running: number
  readonly complete: number
  readonly failed: number
  readonly cancelled: number
  readonly ids: number
  readonly not_found: number
  readonly files: number
  readonly bytes: number
}

/** A worker that was not heard of for so long, in seconds, is not there. */
const silence = 15

const decode = Schema.decodeSync(RunProgress)

/** So many runs are listed, and so many troubles told. */
const mostRuns = 100
const mostTroubles = 20

/** How far one run is, or the newest ones. */
const progress = (sql: SqlClient.SqlClient, only: string | undefined) =>
  Effect.gen(function* () {
    const rows = yield* sql<Row>`
      SELECT run_id, base_url, project_id, place, cancelled_at IS NOT NULL AS is_cancelled,
        to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS submitted_at,
        count(*)::int AS total,
        count(*) FILTER (WHERE state = 'waiting')::int AS waiting,
        count(*) FILTER (WHERE state = 'running')::int AS running,
        count(*) FILTER (WHERE state = 'complete')::int AS complete,
        count(*) FILTER (WHERE state = 'failed')::int AS failed,
        count(*) FILTER (WHERE state = 'cancelled')::int AS cancelled,
        sum(ids)::int AS ids, sum(not_found)::int AS not_found, sum(files)::int AS files, sum(bytes)::float8 AS bytes
      FROM scenario_assets_runs AS r JOIN scenario_assets_batches USING (run_id)
      WHERE ${only === undefined ? sql`true` : sql`run_id = ${only}`}
      GROUP BY run_id ORDER BY r.submitted_at DESC, run_id LIMIT ${sql.literal(String(mostRuns))}`
    const workers = yield* sql<{
      readonly base_url: string
      readonly project_id: string
      readonly paused: string | null
    }>`
      SELECT base_url, project_id, paused FROM scenario_assets_workers
      WHERE seen_at > now() - interval '1 second' * ${sql.literal(String(silence))} ORDER BY worker`
    return yield* Effect.forEach(rows, (row) =>
      Effect.gen(function* () {
        const troubles = yield* sql<Trouble>`
          SELECT batch, state, attempt AS attempts, message FROM scenario_assets_batches
          WHERE run_id = ${row.run_id} AND message IS NOT NULL AND state IN ('waiting', 'running', 'failed')
          ORDER BY state = 'failed' DESC, batch LIMIT ${sql.literal(String(mostTroubles))}`
        const own = workers.filter(
          ({ base_url, project_id }) => base_url === row.base_url && project_id === row.project_id
        )
        const paused = new Set(own.flatMap(({ paused }) => (paused === null ? [] : [paused])))
        const { cancelled, complete, failed, running, total, waiting } = row
        return decode({
          runId: row.run_id,
          baseUrl: row.base_url,
          ...(row.project_id === "" ? {} : { projectId: row.project_id }),
          place: row.place,
          submittedAt: row.submitted_at,
          state: stateOf(row),
          batches: { total, waiting, running, complete, failed, cancelled },
          ids: row.ids,
          notFound: row.not_found,
          files: row.files,
          bytes: row.bytes,
          workers: own.length,
          paused: [...paused],
          troubles
        })
      })
    )
  })

const stateOf = ({ complete, failed, is_cancelled, running, total, waiting }: Row): RunProgress["state"] => {
  if (running > 0) return "running"
  if (complete === total) return "complete"
  if (is_cancelled) return "cancelled"
  if (waiting === total) return "waiting"
  if (waiting > 0) return "running"
  return failed > 0 ? "incomplete" : "cancelled"
}

export const get = (sql: SqlClient.SqlClient, runId: string): Effect.Effect<RunProgress, SqlError | UnknownRun> =>
  Effect.flatMap(progress(sql, runId), ([found]) =>
    found === undefined ? Effect.fail(new UnknownRun({ runId })) : Effect.succeed(found)
  )

export const list = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<RunProgress>, SqlError> =>
  progress(sql, undefined)

/** What nobody has is cancelled at once; whoever has a batch looks every second. */
export const cancel = (sql: SqlClient.SqlClient, runId: string): Effect.Effect<void, SqlError> =>
  sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`UPDATE scenario_assets_runs SET cancelled_at = now() WHERE run_id = ${runId} AND cancelled_at IS NULL`
      yield* sql`UPDATE scenario_assets_batches SET state = 'cancelled' WHERE run_id = ${runId} AND state = 'waiting'`
    })
  )

/** Offers what failed or was cancelled again, from the first attempt on; gives how many batches that are. */
export const retry = (
  sql: SqlClient.SqlClient,
  offer: Offer,
  { place, runId }: Pick<RunProgress, "runId" | "place">
): Effect.Effect<number, SqlError | PlaceBusy> =>
  sql.withTransaction(
    Effect.gen(function* () {
      yield* claimPlace(sql, place, runId)
      yield* sql`UPDATE scenario_assets_runs SET cancelled_at = NULL WHERE run_id = ${runId}`
      const rows = yield* sql<{ readonly batch: number; readonly round: number }>`
        UPDATE scenario_assets_batches
        SET state = 'waiting', round = round + 1, attempt = 0, message = NULL, claim = NULL
        WHERE run_id = ${runId} AND state IN ('failed', 'cancelled') RETURNING batch, round`
      yield* Effect.forEach(rows, ({ batch, round }) => offer({ runId, batch, round }), { discard: true })
      return rows.length
    })
  )
