/**
 * A Postgres of its own: that of this machine, started on a free port in a directory of its own, as a user who is not root. Where there
 * is none, {@link isInstalled} says so.
 */
import { execFile, execFileSync } from "node:child_process"
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Context, Effect, Layer, Redacted } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Canary from "./Canary.ts"
import { freePort } from "./FreePort.ts"

const directory = [
  process.env["POSTGRES_BIN"] ?? "",
  ...globSync("/usr/lib/postgresql/*/bin").toSorted().toReversed(),
  "/usr/local/bin",
  "/usr/bin",
  "/opt/homebrew/bin"
].find((bin) => ["initdb", "pg_ctl", "postgres"].every((name) => existsSync(join(bin, name))))

/** Whether this machine has one. */
export const isInstalled = directory !== undefined

const run = promisify(execFile)

/** Root may not start it. */
const user = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string, name: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }))
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: idOf("-u", name), gid: idOf("-g", name) }
    } catch {
      // There is no such user.
    }
  }
  return undefined
}

/** The password of every role here. */
export const password = Canary.secret

export interface Database {
  readonly name: string
  readonly role: string
  /** Without the password. */
  readonly url: string
  readonly layer: Layer.Layer<PgClient.PgClient | SqlClient.SqlClient>
}

export class Postgres extends Context.Service<
  Postgres,
  {
    readonly port: number
    /** A new database, which the role `owner` owns. */
    readonly database: Effect.Effect<Database>
    /** The same database as another role sees it. */
    readonly as: (database: Database, role: string, timezone?: string) => Database
    /** A role that may do nothing yet. */
    readonly role: (name: string) => Effect.Effect<void>
    /** Carries out statements as the owner of a database. */
    readonly query: (database: Database, statements: ReadonlyArray<string>) => Effect.Effect<void>
    /** All that a database holds, as text. */
    readonly dump: (database: Database) => Effect.Effect<string>
    /** Goes away at once, and so does every connection. */
    readonly stop: Effect.Effect<void>
    readonly start: Effect.Effect<void>
  }
>()("test/Postgres") {}

const make = Effect.gen(function* () {
  const as = user()
  const bin = (name: string) => join(directory ?? "", name)
  const home = mkdtempSync(join(tmpdir(), "scenario-assets-postgres-"))
  if (as !== undefined) chownSync(home, as.uid, as.gid)
  const data = join(home, "data")
  const passwords = join(home, "password")
  writeFileSync(passwords, password)
  if (as !== undefined) chownSync(passwords, as.uid, as.gid)
  const port = yield* Effect.promise(freePort)
  const ctl = (...args: ReadonlyArray<string>) =>
    Effect.promise(() => run(bin("pg_ctl"), ["-D", data, ...args], { cwd: home, ...as }))
  const start = Effect.asVoid(
    ctl(
      "-w",
      "-l",
      join(home, "log"),
      "-o",
      `-p ${port} -k ${home} -c listen_addresses=127.0.0.1 -c fsync=off`,
      "start"
    )
  )
  const stop = Effect.asVoid(ctl("-m", "immediate", "stop"))
  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      Effect.ignoreCause(stop),
      Effect.sync(() => rmSync(home, { recursive: true, force: true }))
    )
  )
  yield* Effect.promise(() =>
    run(
      bin("initdb"),
      ["-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", passwords, "-N", "-E", "UTF8", "--locale=C"],
      {
        cwd: home,
        ...as
      }
    )
  )
  yield* start

  let made = 0
  const connect = (name: string, role: string, timezone: string) =>
    Layer.orDie(
      PgClient.layer({
        host: "127.0.0.1",
        port,
        database: name,
        username: role,
        password: Redacted.make(password),
        startupParameters: { timezone }
      })
    )
  const databaseOf = (name: string, role: string, timezone = "UTC"): Database => ({
    name,
    role,
    url: `postgres://${role}@127.0.0.1:${port}/${name}`,
    layer: connect(name, role, timezone)
  })
  const query = (name: string, statements: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      for (const statement of statements) yield* sql`${sql.literal(statement)}`
    }).pipe(Effect.provide(connect(name, "owner", "UTC")), Effect.orDie)

  return Postgres.of({
    port,
    start,
    stop,
    as: ({ name }, role, timezone) => databaseOf(name, role, timezone),
    database: Effect.gen(function* () {
      const name = `fleet_${++made}`
      yield* query("postgres", [`CREATE DATABASE ${name}`])
      return databaseOf(name, "owner")
    }),
    role: (name) => query("postgres", [`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`]),
    query: ({ name }, statements) => query(name, statements),
    dump: ({ name }) =>
      Effect.promise(async () => {
        const env = { ...process.env, PGPASSWORD: password }
        const args = ["-h", "127.0.0.1", "-p", String(port), "-U", "owner", name]
        const { stdout } = await run(bin("pg_dump"), args, { cwd: home, env, maxBuffer: 256 * 1024 * 1024 })
        return stdout
      })
  })
})

export const layer = Layer.effect(Postgres, make)
