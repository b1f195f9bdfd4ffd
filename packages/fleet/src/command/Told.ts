/** What is told of runs: lines for people, JSON lines for programs, and how a run ended as an error. */
import * as Json from "@scenario-assets/cli/engine/json/Json"
import * as Output from "@scenario-assets/cli/engine/output/Output"
import * as Ending from "@scenario-assets/cli/engine/start/Ending"
import * as Format from "@scenario-assets/cli/engine/text/Format"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isOver, RunProgress } from "../RunProgress.ts"

/** A run as JSON. */
export const fields: (run: RunProgress) => object = Schema.encodeSync(RunProgress)

/** A line on stdout with `--json`. */
export const event = Effect.fnUntraced(function* (mode: Output.Mode, type: string, fields: object) {
  if (!mode.json) return
  const { progress } = yield* Output.Output
  progress.write(process.stdout, yield* Json.line({ type, ...fields }))
})

/** The last one. */
export const result = Effect.fnUntraced(function* (mode: Output.Mode, fields: object) {
  if (Ending.claim(0)) yield* event(mode, "result", fields)
})

/** How far a run is, in one line. */
export const line = (run: RunProgress): string => {
  const { batches, bytes, files, notFound, paused, runId, state, workers } = run
  const first = run.troubles.find(({ state }) => state !== "failed")
  const done = `${batches.complete} of ${Format.count(batches.total, "batch", "batches")}`
  return [
    `${runId}  ${state}`,
    batches.failed === 0 ? done : `${done}, ${batches.failed} failed`,
    `${Format.count(files, "file")}, ${Format.bytes(bytes)}`,
    ...(notFound === 0 ? [] : [`${Format.count(notFound, "id")} not found`]),
    ...(!isOver(run)
      ? [workers === 0 ? `no worker for ${account(run)}; start one` : Format.count(workers, "worker")]
      : []),
    ...(isOver(run) ? [] : paused.map((reason) => `paused: ${reason}`)),
    ...(isOver(run) || first === undefined || paused.includes(first.message)
      ? []
      : [`batch ${first.batch + 1} is tried again: ${first.message}`])
  ].join("  ")
}

const account = ({ baseUrl, projectId }: RunProgress): string =>
  projectId === undefined ? baseUrl : `${baseUrl}, project ${projectId}`

/** What went wrong, in a line for each batch. */
export const troubles = ({ troubles }: RunProgress): ReadonlyArray<string> =>
  troubles.map(
    ({ attempts, batch, message, state }) =>
      `batch ${batch + 1} ${state === "failed" ? `has failed, attempt ${attempts}` : `is tried again after attempt ${attempts}`}: ${message}`
  )

/** Batches of a run have failed. */
export class RunIncomplete extends Schema.TaggedError<RunIncomplete>()("RunIncomplete", { message: Schema.String }) {
  static of(run: RunProgress): RunIncomplete {
    const { batches, runId } = run
    return new RunIncomplete({
      message: `${batches.failed} of ${Format.count(batches.total, "batch", "batches")} of ${runId} failed: ${troubles(run)[0] ?? "nothing is known of it"}. To offer them again, run: scenario-assets-fleet retry ${runId}`
    })
  }
}

/** A run was cancelled. */
export class RunCancelled extends Schema.TaggedError<RunCancelled>()("RunCancelled", { message: Schema.String }) {
  static of({ batches, runId }: RunProgress): RunCancelled {
    return new RunCancelled({
      message: `${runId} was cancelled after ${batches.complete} of ${Format.count(batches.total, "batch", "batches")}; to go on, run: scenario-assets-fleet retry ${runId}`
    })
  }
}

/** All that is known came, and some ids are not known. */
export class IdsNotFound extends Schema.TaggedError<IdsNotFound>()("IdsNotFound", { message: Schema.String }) {
  static of({ notFound, runId }: RunProgress): IdsNotFound {
    return new IdsNotFound({
      message: `${Format.count(notFound, "id does", "ids do")} not exist in this project; all others of ${runId} are there`
    })
  }
}
