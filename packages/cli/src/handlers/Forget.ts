/** `runs forget`: takes runs off the list. */
import * as RunRecord from "@scenario-assets/node/download/RunRecord"
import * as Runs from "@scenario-assets/node/download/Runs"
import * as RunProcess from "@scenario-assets/node/engine/download/RunProcess"
import * as Effect from "effect/Effect"
import * as Output from "../output/Output.ts"

interface Values extends Output.Mode {
  readonly ids: ReadonlyArray<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { note, result } = yield* Output.Output
    const runs = yield* Runs.Runs
    // All of them, or none.
    const heads = yield* Effect.forEach(new Set(values.ids), runs.get)
    const busy = heads.find(RunProcess.isBusy)
    if (busy !== undefined) {
      return yield* new RunRecord.RunBusy({ place: busy.place, runId: busy.runId, pid: busy.process.pid })
    }
    const forgotten = heads.map(({ runId }) => runId)
    yield* Effect.forEach(forgotten, runs.forget, { discard: true })
    yield* note(`Forgotten: ${forgotten.join(", ")}; files and jobs stay as they are`)
    return yield* result({ forgotten })
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))
