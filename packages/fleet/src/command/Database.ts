import * as PgClient from "@effect/sql-pg/PgClient"
/** The database: its address from the command line or the environment, its password from the environment alone. */
import { UsageError } from "@scenario-assets/cli/engine/errors/CommandError"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Fleet from "../Fleet.ts"
import type { DatabaseError, DatabaseNotReady } from "../FleetError.ts"
import { asking } from "../internal/Asking.ts"

const variable = "SCENARIO_ASSETS_DATABASE"

/** No message repeats the address: it may hold what it should not. */
const parse = (text: string, from: string, mayHoldPassword: boolean): Effect.Effect<string, UsageError> => {
  const refuse = (message: string) => Effect.fail(new UsageError({ message }))
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    return refuse(`${from} is not the address of a database, such as postgres://user@host/name`)
  }
  if (!mayHoldPassword && (url.password !== "" || [...url.searchParams.keys()].some((key) => /pass/i.test(key)))) {
    return refuse(
      `${from} holds a password, which everybody on this machine can read there; leave it out, and set PGPASSWORD, or the whole address as ${variable}`
    )
  }
  return Effect.succeed(text)
}

const find = Effect.fnUntraced(function* (flag: Option.Option<string>) {
  if (Option.isSome(flag)) return yield* parse(flag.value, "--database", false)
  const found = yield* Config.option(Config.Redacted(variable))
  if (Option.isSome(found) && Redacted.value(found.value) !== "") {
    return yield* parse(Redacted.value(found.value), variable, true)
  }
  return yield* new UsageError({
    message: `no database is given; pass --database postgres://user@host/name, or set ${variable}`
  })
})

/** The connection. Times are noted in UTC, whatever the server is set to. */
export const layer = (
  flag: Option.Option<string>
): Layer.Layer<SqlClient.SqlClient, UsageError | Config.ConfigError | DatabaseError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const url = yield* find(flag)
      const password = yield* Config.option(Config.Redacted("PGPASSWORD"))
      const hasOwn = new URL(url).password !== ""
      return PgClient.layer({
        url: Redacted.make(url),
        ...(Option.isSome(password) && !hasOwn ? { password: password.value } : {}),
        // A peer that is gone without a word is noticed.
        keepAlive: "15 seconds",
        applicationName: "scenario-assets-fleet",
        startupParameters: { timezone: "UTC" }
      }).pipe(Layer.catchTag("SqlError", (error) => Layer.effectContext(asking("connect")(Effect.fail(error)))))
    })
  )

/** The fleet of the database. */
export const layerFleet = (
  flag: Option.Option<string>,
  lease: Option.Option<Duration.Duration> = Option.none()
): Layer.Layer<Fleet.Fleet, UsageError | Config.ConfigError | DatabaseError | DatabaseNotReady> =>
  Layer.provide(Fleet.layer({ lease: Option.getOrUndefined(lease) }), layer(flag))
