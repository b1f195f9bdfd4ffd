/** `watch`: a run, until it is over. */
import * as Output from "@scenario-assets/cli/engine/output/Output"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Fleet from "../Fleet.ts"
import type { RunProgress } from "../RunProgress.ts"
import * as Database from "./Database.ts"
import * as Told from "./Told.ts"

interface Values extends Output.Mode {
  readonly run: string
  readonly database: Option.Option<string>
}

export const run = (values: Values) =>
  Effect.provide(watch(values, values.run), [Output.layer(values), Database.layerFleet(values.database)])

/** A line is not told again for bytes alone before so many milliseconds have passed. */
const pause = 10_000

export const watch = Effect.fnUntraced(function* (mode: Output.Mode, runId: string) {
  const fleet = yield* Fleet.Fleet
  const { line, note, whenInterrupted } = yield* Output.Output
  let told = { counts: "", time: Number.NEGATIVE_INFINITY }
  let last: RunProgress | undefined
  yield* fleet.watch(runId).pipe(
    Stream.runForEach(
      Effect.fnUntraced(function* (run) {
        last = run
        yield* Told.event(mode, "run", Told.fields(run))
        const time = yield* Clock.currentTimeMillis
        const counts = JSON.stringify([run.batches, run.workers, run.paused])
        if (told.counts === counts && time - told.time < pause) return
        told = { counts, time }
        yield* note(Told.line(run))
      })
    ),
    whenInterrupted(() => `The run goes on; to watch it again, run: scenario-assets-fleet watch ${runId}`)
  )
  if (last === undefined) return
  // The first one is told with the error.
  if (last.troubles.length > 1) for (const text of Told.troubles(last)) yield* note(text)
  if (last.state === "incomplete") return yield* Told.RunIncomplete.of(last)
  if (last.state === "cancelled") return yield* Told.RunCancelled.of(last)
  if (last.notFound > 0) return yield* Told.IdsNotFound.of(last)
  yield* line(last.place)
  yield* Told.result(mode, Told.fields(last))
})
