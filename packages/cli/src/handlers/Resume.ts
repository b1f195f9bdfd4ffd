/** `runs resume`: goes on with a run, from wherever. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Downloading from "../Downloading.ts"
import * as Output from "../Output.ts"
import * as Request from "../Request.ts"
import { RunBusyElsewhere, RunNotFound } from "../RunError.ts"
import * as RunFields from "../RunFields.ts"
import * as RunRecord from "../RunRecord.ts"
import * as Runs from "../Runs.ts"

interface Values extends Output.Mode {
  readonly id: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
  readonly connections: Option.Option<number>
  readonly limitRate: Option.Option<number>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { note, result } = yield* Output.Output
    const record = yield* Option.match(values.id, { onNone: () => latestHere, onSome: Runs.find })
    yield* Runs.checkIdle(record)
    const { request, runId } = record
    if (RunRecord.state(record) === "done") {
      yield* result(RunFields.of(record))
      return yield* note(`Run ${runId} is done, and its files went to ${Request.place(request)}`)
    }
    yield* note(`Going on with run ${runId}: ${Request.describe(request)} to ${Request.place(request)}`)
    return yield* Downloading.perform(
      {
        ...request,
        deadline: Option.orElse(values.deadline, () => request.deadline),
        connections: Option.orElse(values.connections, () => request.connections),
        limitRate: Option.orElse(values.limitRate, () => request.limitRate)
      },
      { json: values.json, resumed: record }
    )
  }).pipe(Effect.provide(Output.layer(values)))

/** The latest that was begun in this directory or goes to it. Where that one still runs, no other is meant. */
const latestHere = Effect.gen(function* () {
  const unfinished = (yield* Runs.all).filter((record) => RunRecord.state(record) !== "done")
  const here = unfinished.find((record) => RunRecord.isOf(record, process.cwd()))
  if (here !== undefined) {
    if (RunRecord.state(here) !== "running" || RunRecord.isBusy(here)) return here
    return yield* new RunBusyElsewhere({ runId: here.runId, host: here.process.host })
  }
  const others = unfinished.slice(0, 5).map((record) => `${record.runId} (${Request.place(record.request)})`)
  return yield* new RunNotFound({
    message:
      "There is no unfinished run of this directory" +
      (others.length === 0 ? "." : `; give the id of another: ${others.join(", ")}.`)
  })
})
