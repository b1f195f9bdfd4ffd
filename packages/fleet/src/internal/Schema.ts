/** The tables: what is in them, how they are made, and what a worker needs to be allowed. */
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"

/** Ours. Every name begins alike, so that they are found, and stay apart from those of others. */
export const tables = {
  runs: "scenario_assets_runs",
  batches: "scenario_assets_batches",
  jobs: "scenario_assets_jobs",
  workers: "scenario_assets_workers",
  migrations: "scenario_assets_migrations"
} as const

/** The queue of Effect: what it makes there, and when it changes that, is its own affair. */
export const queue = {
  table: "scenario_assets_queue",
  migrations: "scenario_assets_queue_migrations",
  sequence: "scenario_assets_queue_sequence_seq",
  /** How many migrations the version has that this one is tested with. */
  version: 2
} as const

export const loader = Migrator.fromRecord({
  "0001_tables": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE scenario_assets_runs (
      run_id text PRIMARY KEY,
      base_url text NOT NULL,
      project_id text NOT NULL,
      place text NOT NULL,
      submitted_at timestamptz NOT NULL DEFAULT now(),
      cancelled_at timestamptz
    )`
    yield* sql`CREATE TABLE scenario_assets_batches (
      run_id text NOT NULL REFERENCES scenario_assets_runs ON DELETE CASCADE,
      batch integer NOT NULL,
      request text NOT NULL,
      ids integer NOT NULL,
      -- How often it was offered again; the rows of the queue have the same number.
      round integer NOT NULL DEFAULT 0,
      state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'running', 'complete', 'failed', 'cancelled')),
      attempt integer NOT NULL DEFAULT 0,
      -- Who has it: a worker that does not find its claim has lost the batch to another.
      claim uuid,
      worker text,
      lease_until timestamptz,
      files integer NOT NULL DEFAULT 0,
      bytes bigint NOT NULL DEFAULT 0,
      not_found integer NOT NULL DEFAULT 0,
      message text,
      PRIMARY KEY (run_id, batch)
    )`
    yield* sql`CREATE UNIQUE INDEX scenario_assets_batches_claim ON scenario_assets_batches (claim)`
    // What is over stays, and is not looked at every second.
    yield* sql`CREATE INDEX scenario_assets_batches_open ON scenario_assets_batches (run_id)
      WHERE state IN ('waiting', 'running')`
    yield* sql`CREATE TABLE scenario_assets_jobs (
      run_id text NOT NULL REFERENCES scenario_assets_runs ON DELETE CASCADE,
      batch_key text NOT NULL,
      job_id text NOT NULL,
      unknown text NOT NULL,
      PRIMARY KEY (run_id, batch_key)
    )`
    yield* sql`CREATE TABLE scenario_assets_workers (
      worker text PRIMARY KEY,
      base_url text NOT NULL,
      project_id text NOT NULL,
      slots integer NOT NULL,
      busy integer NOT NULL,
      paused text,
      seen_at timestamptz NOT NULL DEFAULT now()
    )`
  })
})

/** How many of our migrations there are. */
export const version = 1

/** What a role must be allowed that submits, works, watches: everything but to make tables. */
export const rights: ReadonlyArray<{ readonly table: string; readonly privileges: ReadonlyArray<string> }> = [
  ...[tables.runs, tables.batches, tables.jobs, tables.workers, queue.table].map((table) => ({
    table,
    privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"]
  })),
  { table: tables.migrations, privileges: ["SELECT"] },
  // Effect locks it at every start.
  { table: queue.migrations, privileges: ["SELECT", "UPDATE"] }
]
