/**
 * The tables of a fleet: making them, and checking that they are there before anything is done with them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { DatabaseError, DatabaseNotReady } from "./FleetError.ts"
import { asking } from "./internal/Asking.ts"
import * as Schema from "./internal/Schema.ts"

/**
 * Makes the tables, and those of Effect's queue, or brings them up to date; gives what was done. The role of the connection must be
 * allowed to make tables. Run again it does nothing. Workers of an older version must be stopped before, and started anew after.
 *
 * @category constructors
 * @since 0.1.0
 */
export const migrate: Effect.Effect<ReadonlyArray<string>, DatabaseError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const done = yield* Migrator.make({})({ loader: Schema.loader, table: Schema.tables.migrations })
    yield* Effect.scoped(PersistedQueue.makeStoreSql({ tableName: Schema.queue.table }))
    return done.map(([id, name]) => `${id}_${name}`)
  }
).pipe(
  asking("make the tables"),
  Effect.catchTag("MigrationError", ({ message }) => Effect.fail(failed(message))),
  // Effect's own migrations die.
  Effect.catchDefect((defect) => Effect.fail(failed(defect instanceof Error ? defect.message : String(defect))))
)

const failed = (description: string) =>
  new DatabaseError({
    operation: "make the tables",
    description,
    advice: "check that the role may make tables, and what the log of the database says",
    isPassing: false
  })

/**
 * The statements by which a role is allowed what submitting, working and watching take; it cannot make or change tables.
 *
 * @category getters
 * @since 0.1.0
 */
export const grants = (role: string): ReadonlyArray<string> => {
  const to = `TO "${role.replaceAll('"', '""')}"`
  return [
    ...Schema.rights.map(({ privileges, table }) => `GRANT ${privileges.join(", ")} ON ${table} ${to};`),
    `GRANT USAGE ON SEQUENCE ${Schema.queue.sequence} ${to};`
  ]
}

/**
 * Fails where the tables are missing or older than this version, where the role lacks rights, and where the connection has another
 * time zone than UTC: Effect's queue notes times without one. Changes nothing.
 *
 * @category getters
 * @since 0.1.0
 */
export const check: Effect.Effect<void, DatabaseError | DatabaseNotReady, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const [zone] = yield* sql<{ readonly zone: string }>`SELECT current_setting('TimeZone') AS zone`
    if (zone !== undefined && !/^(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Universal)$/i.test(zone.zone)) {
      return yield* new DatabaseNotReady({
        kind: "timezone",
        message: `The connection has the time zone ${zone.zone}, and a fleet needs UTC; give PgClient startupParameters: { timezone: "UTC" }.`
      })
    }
    const existing = yield* sql<{ readonly name: string }>`
      SELECT name FROM unnest(string_to_array(${Schema.rights.map(({ table }) => table).join(",")}, ',')) AS name
      WHERE to_regclass(name) IS NOT NULL`
    if (existing.length < Schema.rights.length) return yield* pending("The tables of the fleet are missing")

    const missing = yield* sql<{ readonly name: string; readonly privilege: string }>`
      SELECT split_part(pair, ' ', 1) AS name, split_part(pair, ' ', 2) AS privilege
      FROM unnest(string_to_array(${pairs}, ',')) AS pair
      WHERE NOT has_table_privilege(split_part(pair, ' ', 1), split_part(pair, ' ', 2))`
    const sequence = yield* sql<{ readonly allowed: boolean }>`
      SELECT has_sequence_privilege(${Schema.queue.sequence}, 'USAGE') AS allowed`
    const lacking = [
      ...missing.map(({ name, privilege }) => `${privilege} on ${name}`),
      ...(sequence[0]?.allowed === false ? [`USAGE on ${Schema.queue.sequence}`] : [])
    ]
    if (lacking.length > 0) {
      const [role] = yield* sql<{ readonly name: string }>`SELECT current_user AS name`
      return yield* new DatabaseNotReady({
        kind: "grants",
        message: `The role ${role?.name ?? ""} is not allowed ${lacking.slice(0, 3).join(", ")}${lacking.length > 3 ? ", …" : ""}; have the owner of the tables run what scenario-assets-fleet migrate --role ${role?.name ?? ""} prints.`
      })
    }

    for (const [table, version] of [
      [Schema.tables.migrations, Schema.version],
      [Schema.queue.migrations, Schema.queue.version]
    ] as const) {
      const [latest] = yield* sql<{ readonly id: number | null }>`
        SELECT max(migration_id)::int AS id FROM ${sql(table)}`
      if ((latest?.id ?? 0) < version) return yield* pending("The tables of the fleet are older than this version")
    }
  }
).pipe(asking("look at the tables"))

const pairs = Schema.rights
  .flatMap(({ privileges, table }) => privileges.map((privilege) => `${table} ${privilege}`))
  .join(",")

const pending = (what: string) =>
  Effect.fail(
    new DatabaseNotReady({
      kind: "migrations",
      message: `${what}; run scenario-assets-fleet migrate with a role that may make tables.`
    })
  )
