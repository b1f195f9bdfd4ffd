/** `runs resume`: resumes a run, from wherever. */
import { dirname } from "node:path"
import * as RunRecord from "@scenario-assets/node/download/RunRecord"
import * as Runs from "@scenario-assets/node/download/Runs"
import * as RunProcess from "@scenario-assets/node/engine/download/RunProcess"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scenario from "../access/Scenario.ts"
import * as Downloading from "../download/Downloading.ts"
import { NoUnfinishedRun, RunBusyElsewhere } from "../errors/RunError.ts"
import * as Output from "../output/Output.ts"
import * as Recorded from "../runs/Recorded.ts"
import * as RunFields from "../runs/RunFields.ts"
import { type Transfer, transferOptions } from "../settings/Options.ts"

interface Values extends Pick<Transfer, "connections" | "limitRate">, Output.Mode {
  readonly id: Option.Option<string>
  readonly deadline: Option.Option<Duration.Duration>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const { note, result } = yield* Output.Output
    const runs = yield* Runs.Runs
    const head = yield* Option.match(values.id, { onNone: () => latestHere, onSome: runs.get })
    const { place, runId } = head
    if (RunRecord.state(head) === "complete") {
      yield* result(RunFields.of(head))
      return yield* note(`Run ${runId} is done, and its files went to ${place}`)
    }
    if (RunProcess.isBusy(head)) return yield* new RunRecord.RunBusy({ place, runId, pid: head.process.pid })
    const request = yield* runs.request(runId)
    yield* note(`Going on with run ${runId}: ${RunFields.what(head)} to ${place}`)
    return yield* Downloading.perform(
      {
        ...request,
        ...transferOptions(values),
        ...(Option.isSome(values.deadline) ? { deadline: values.deadline.value } : {})
      },
      { connection: Scenario.ofRun(head), json: values.json, run: Recorded.ofHead(head, true) }
    )
  }).pipe(Effect.provide([Output.layer(values), Runs.layerConfig]))

/** The latest that was begun in this directory or goes to it. Where that one still runs, no other is meant. */
const latestHere = Effect.gen(function* () {
  const runs = yield* Runs.Runs
  const unfinished = (yield* runs.list).filter((head) => RunRecord.state(head) !== "complete")
  const directory = process.cwd()
  const isHere = ({ cwd, place, runId }: RunRecord.RunHead) => {
    if (cwd === directory || place === directory) return Effect.succeed(true)
    // Whether it is an archive that is kept in this directory stands in the request.
    if (dirname(place) !== directory) return Effect.succeed(false)
    return Effect.match(runs.request(runId), {
      onFailure: () => false,
      onSuccess: ({ destination }) => destination._tag === "ArchiveFiles"
    })
  }
  const here = Option.getOrUndefined(yield* Effect.findFirst(unfinished, isHere))
  if (here === undefined) {
    const others = unfinished.slice(0, 5).map(({ place, runId }) => `${runId} (${place})`)
    return yield* new NoUnfinishedRun({ others })
  }
  if (RunRecord.state(here) !== "running" || RunProcess.isBusy(here)) return here
  return yield* new RunBusyElsewhere({ runId: here.runId, host: here.process.host })
})
