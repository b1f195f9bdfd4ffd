/** What is done about runs and tables: `list`, `cancel`, `retry`, `migrate`. */
import * as Output from "@scenario-assets/cli/engine/output/Output"
import * as Format from "@scenario-assets/cli/engine/text/Format"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Fleet from "../Fleet.ts"
import * as Migrations from "../Migrations.ts"
import * as Database from "./Database.ts"
import * as Told from "./Told.ts"

interface Values extends Output.Mode {
  readonly database: Option.Option<string>
}

interface OfRun extends Values {
  readonly run: string
}

export const list = (values: Values) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.Fleet
    const { line, note } = yield* Output.Output
    const runs = yield* fleet.list
    for (const run of runs) {
      yield* line(`${Told.line(run)}  ${Format.shortPath(run.place)}`)
      for (const text of Told.troubles(run)) yield* line(`  ${text}`)
    }
    if (runs.length === 0) yield* note("There is no run in this database.")
    return yield* Told.result(values, { runs: runs.map(Told.fields) })
  }).pipe(Effect.provide([Output.layer(values), Database.layerFleet(values.database)]))

export const cancel = (values: OfRun) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.Fleet
    const { note } = yield* Output.Output
    const run = yield* fleet.cancel(values.run)
    const { batches, runId, state } = run
    yield* note(
      state === "complete"
        ? `${runId} is complete: there is nothing to cancel`
        : `Cancelled ${runId}${batches.running === 0 ? "" : `; ${Format.count(batches.running, "batch", "batches")} stop within a second`}`
    )
    return yield* Told.result(values, Told.fields(run))
  }).pipe(Effect.provide([Output.layer(values), Database.layerFleet(values.database)]))

export const retry = (values: OfRun) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet.Fleet
    const { note } = yield* Output.Output
    const count = yield* fleet.retry(values.run)
    yield* note(
      count === 0
        ? `No batch of ${values.run} has failed or was cancelled`
        : `${Format.count(count, "batch is", "batches are")} offered again; to watch, run: scenario-assets-fleet watch ${values.run}`
    )
    return yield* Told.result(values, { runId: values.run, batches: count })
  }).pipe(Effect.provide([Output.layer(values), Database.layerFleet(values.database)]))

interface Migrate extends Values {
  readonly role: Option.Option<string>
}

export const migrate = (values: Migrate) =>
  Effect.gen(function* () {
    const { line, note } = yield* Output.Output
    const done = yield* Migrations.migrate
    const grants = Option.match(values.role, { onNone: () => [], onSome: Migrations.grants })
    yield* note(done.length === 0 ? "The tables are up to date." : `Made the tables (${done.join(", ")}).`)
    if (Option.isSome(values.role) && !values.json) yield* note(`Rights that the role ${values.role.value} needs:`)
    for (const grant of grants) yield* line(grant)
    return yield* Told.result(values, { migrations: done, grants })
  }).pipe(Effect.provide([Output.layer(values), Database.layer(values.database)]))
