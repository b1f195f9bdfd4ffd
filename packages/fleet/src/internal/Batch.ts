/** One batch of a run: what a worker is given, and its row in the database. */
import { join } from "node:path"
import * as Selection from "@scenario-assets/core/Selection"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import { RunId } from "@scenario-assets/node/runs/RunRecord"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { NotForFleet } from "../FleetError.ts"
import { queue } from "./Schema.ts"

/** What stands in the queue: where the batch is written down, and which time it was offered. */
export const Item = Schema.Struct({ runId: RunId, batch: Schema.Natural, round: Schema.Natural })
export type Item = typeof Item.Type

/** Its id in the queue, where no two are the same. */
export const idOf = ({ batch, round, runId }: Item): string =>
  round === 0 ? `${runId}/${batch}` : `${runId}/${batch}/${round}`

/** A batch as a download of its own. */
export interface Part {
  readonly ids: number
  readonly request: DownloadRequest.DownloadRequest
}

/** Cuts a request into batches, each with a folder of its own where there are several: no two workers meet. */
export const split = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest
): Effect.fn.Return<ReadonlyArray<Part>, NotForFleet> {
  const { destination, wanted } = request
  if (destination._tag === "ArchiveFiles") {
    return yield* new NotForFleet({
      description: "it keeps the archives as files; give a directory that all workers reach, or the address of a store"
    })
  }
  if (request.timeLimit !== undefined) {
    return yield* new NotForFleet({
      description: "timeLimit is one for a single process; leave it out, and cancel the run when its time is over"
    })
  }
  const parts =
    wanted._tag === "Jobs"
      ? wanted.jobIds.map((jobId) => ({ ids: 1, wanted: DownloadRequest.Jobs.make({ jobIds: [jobId] }) }))
      : Selection.batches(wanted.selection).map((selection) => ({
          ids: selection.size,
          wanted: { ...wanted, selection }
        }))
  return parts.map(({ ids, wanted }, index) => ({
    ids,
    request: { ...request, wanted, destination: folderOf(destination, Place.folder(parts.length, index)) }
  }))
})

const folderOf = (
  destination: DownloadRequest.Directory | DownloadRequest.Store,
  folder: string
): DownloadRequest.Directory | DownloadRequest.Store =>
  destination._tag === "Directory"
    ? { ...destination, folders: false, directory: join(destination.directory, folder) }
    : { ...destination, url: folder === "" ? destination.url : `${destination.url.replace(/\/+$/, "")}/${folder}` }

/** Who takes a batch, for the how manieth time. */
export interface Claim {
  readonly claim: string
  readonly worker: string
  readonly attempt: number
  /** In seconds. */
  readonly lease: number
}

const decodeRequest = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(DownloadRequest.DownloadRequest)))

/** What a worker has to do: nothing where the request cannot be read, as one of another version. */
export interface Claimed {
  readonly request: DownloadRequest.DownloadRequest | undefined
  /** That of the whole run. */
  readonly place: string
}

/**
 * Takes a batch; nothing where there is nothing to do: it is done, was offered anew since, or its run is cancelled. One that was frozen
 * while it took it finds that a later attempt has it.
 */
export const claim = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { batch, round, runId }: Item,
  { attempt, claim, lease, worker }: Claim
): Effect.fn.Return<Claimed | undefined, SqlError> {
  const [row] = yield* sql<{ readonly state: string; readonly request: string; readonly place: string }>`
    WITH r AS (SELECT * FROM scenario_assets_runs WHERE run_id = ${runId} FOR SHARE)
    UPDATE scenario_assets_batches AS b
    SET state = CASE WHEN r.cancelled_at IS NULL THEN 'running' ELSE 'cancelled' END,
      claim = ${claim}::uuid, worker = ${worker}, attempt = ${attempt},
      lease_until = now() + interval '1 second' * ${lease}::float8, files = 0, bytes = 0, not_found = 0
    FROM r
    WHERE r.run_id = b.run_id AND b.batch = ${batch} AND b.round = ${round}
      AND b.state IN ('waiting', 'running') AND b.attempt <= ${attempt}
    RETURNING b.state, b.request, r.place`
  if (row?.state !== "running") return undefined
  const request = yield* Effect.option(decodeRequest(row.request))
  return { request: Option.getOrUndefined(request), place: row.place }
})

/** Whether it is still with whoever has taken it. */
export const isKept = (sql: SqlClient.SqlClient, claim: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql`SELECT 1 AS found FROM scenario_assets_batches WHERE claim = ${claim}::uuid AND state = 'running'`,
    ({ length }) => length === 1
  )

/** How far it is. */
export interface Counts {
  readonly claim: string
  readonly files: number
  readonly bytes: number
}

/** Writes down how far some are, and keeps them; gives those that are still claimed, and whether their run is cancelled. */
export const keep = (
  sql: SqlClient.SqlClient,
  counts: ReadonlyArray<Counts>,
  lease: number
): Effect.Effect<ReadonlyArray<{ readonly claim: string; readonly is_cancelled: boolean }>, SqlError> =>
  sql`
    UPDATE scenario_assets_batches AS b
    SET files = v.files, bytes = v.bytes, lease_until = now() + interval '1 second' * ${lease}::float8
    FROM jsonb_to_recordset(${JSON.stringify(counts)}::text::jsonb) AS v (claim uuid, files int, bytes bigint),
      scenario_assets_runs AS r
    WHERE b.claim = v.claim AND b.state = 'running' AND r.run_id = b.run_id
    RETURNING b.claim::text AS claim, r.cancelled_at IS NOT NULL AS is_cancelled`

/** What became of an attempt. */
export interface Ended {
  /** It was given back, and that counts as no attempt. */
  readonly isUncounted?: boolean | undefined
  /** `waiting`: somebody may take it again, unless its run is cancelled. */
  readonly state: "waiting" | "complete" | "failed"
  readonly message?: string | undefined
  readonly counts?: { readonly files: number; readonly bytes: number; readonly notFound: number } | undefined
}

/** Writes down what became of it, unless another one has it by now. */
export const end = (
  sql: SqlClient.SqlClient,
  claim: string,
  { counts, isUncounted = false, message, state }: Ended
): Effect.Effect<void, SqlError> =>
  Effect.asVoid(
    sql`
      WITH r AS (
        SELECT run_id, cancelled_at FROM scenario_assets_runs
        WHERE run_id = (SELECT run_id FROM scenario_assets_batches WHERE claim = ${claim}::uuid) FOR SHARE
      )
      UPDATE scenario_assets_batches AS b
      SET state = CASE WHEN ${state}::text = 'waiting' AND r.cancelled_at IS NOT NULL THEN 'cancelled' ELSE ${state}::text END,
        message = coalesce(${message ?? null}::text, CASE WHEN ${state}::text = 'waiting' THEN b.message END),
        files = coalesce(${counts?.files ?? null}::int, b.files),
        bytes = coalesce(${counts?.bytes ?? null}::float8, b.bytes),
        not_found = coalesce(${counts?.notFound ?? null}::int, b.not_found),
        attempt = b.attempt - ${isUncounted ? 1 : 0}::int,
        claim = NULL
      FROM r WHERE r.run_id = b.run_id AND b.claim = ${claim}::uuid AND b.state = 'running'`
  )

/**
 * Ends what nobody will take again: the queue has given it up, as after the last attempt, whether its worker could say so or not; or its
 * run was cancelled while its worker was lost.
 */
export const reap = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError> =>
  Effect.asVoid(
    sql`
      UPDATE scenario_assets_batches AS b
      SET state = CASE WHEN r.cancelled_at IS NULL THEN 'failed' ELSE 'cancelled' END, claim = NULL,
        message = coalesce(b.message, 'Worker ' || coalesce(b.worker, 'unknown') || ' was lost in the last attempt.')
      FROM scenario_assets_runs AS r
      WHERE r.run_id = b.run_id AND (b.state = 'waiting' OR (b.state = 'running' AND b.lease_until < now()))
        AND (r.cancelled_at IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM ${sql(queue.table)} AS q
          WHERE q.id = b.run_id || '/' || b.batch || CASE b.round WHEN 0 THEN '' ELSE '/' || b.round END
            AND q.state = 'pending'
        ))`
  )
