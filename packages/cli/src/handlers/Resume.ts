/** `runs resume`: goes on with a run, from wherever. */
import { isAbsolute, relative, sep } from "node:path"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Downloading from "../Downloading.ts"
import * as Output from "../Output.ts"
import * as Request from "../Request.ts"
import { RunNotFound } from "../RunError.ts"
import * as RunFields from "../RunFields.ts"
import * as RunRecord from "../RunRecord.ts"
import * as Runs from "../Runs.ts"

interface Values extends Output.Mode {
  readonly id: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { detail, note, result } = yield* Output.Output
    const record = yield* Option.match(values.id, { onNone: () => latestHere, onSome: Runs.find })
    yield* Runs.checkIdle(record)
    const { request, runId } = record
    if (RunRecord.state(record) === "done") {
      yield* result(RunFields.of(record))
      return yield* note(`Run ${runId} is done, and its files went to ${Request.place(request)}`)
    }
    yield* detail(`Going on with run ${runId}: ${Request.describe(request)} to ${Request.place(request)}`)
    return yield* Downloading.perform(
      { ...request, deadline: Option.orElse(values.deadline, () => request.deadline) },
      { json: values.json, resumed: record }
    )
  }).pipe(Effect.provide(Output.layer(values)))

/** The latest that goes to this directory or one below it. */
const latestHere = Effect.gen(function* () {
  const unfinished = (yield* Runs.all).filter((record) => !["done", "running"].includes(RunRecord.state(record)))
  const here = unfinished.find(({ request }) => isBelow(Request.place(request)))
  if (here !== undefined) return here
  const others = unfinished.slice(0, 5).map((record) => `${record.runId} (${Request.place(record.request)})`)
  return yield* new RunNotFound({
    message:
      "There is no unfinished run that goes to this directory" +
      (others.length === 0 ? "." : `; give the id of another: ${others.join(", ")}.`)
  })
})

const isBelow = (path: string): boolean => {
  const way = relative(process.cwd(), path)
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
