/** `runs forget`: takes runs off the list. */
import * as Effect from "effect/Effect"
import * as Output from "../Output.ts"
import * as Runs from "../Runs.ts"

interface Values extends Output.Mode {
  readonly ids: ReadonlyArray<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { note, result } = yield* Output.Output
    // All of them, or none.
    const records = yield* Effect.forEach(new Set(values.ids), Runs.find)
    yield* Effect.forEach(records, Runs.checkIdle)
    yield* Effect.forEach(records, ({ runId }) => Runs.forget(runId))
    yield* note(`Forgotten: ${records.map(({ runId }) => runId).join(", ")}; files and jobs stay as they are`)
    yield* result({ forgotten: records.map(({ runId }) => runId) })
  }).pipe(Effect.provide(Output.layer(values)))
