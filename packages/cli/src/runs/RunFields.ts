/** What is told of a run, in JSON and in words. */
import * as RunRecord from "@scenario-assets/node/runs/RunRecord"
import * as DateTime from "effect/DateTime"
import type * as JsonShapes from "../json/JsonShapes.ts"
import * as Format from "../text/Format.ts"

type State = JsonShapes.Run["state"]

const states: { readonly [State in RunRecord.State]: JsonShapes.Run["state"] } = {
  complete: "done",
  begun: "detached",
  incomplete: "failed",
  interrupted: "interrupted",
  running: "running",
  stopped: "stopped"
}

/** A run, and the later one that supersedes it. */
export interface Known {
  readonly head: RunRecord.RunHead
  readonly supersededBy: RunRecord.RunId | undefined
}

/** Runs as `Runs.list` gives them. */
export const known = (heads: ReadonlyArray<RunRecord.RunHead>): ReadonlyArray<Known> => {
  const superseded = RunRecord.superseded(heads)
  return heads.map((head) => ({ head, supersededBy: superseded.get(head.runId) }))
}

export const state = ({ head, supersededBy }: Known): State =>
  supersededBy === undefined ? states[RunRecord.state(head)] : "superseded"

/** Whether resuming it is of use, and nobody is carrying it out. */
export const isUnfinished = (known: Known): boolean => !["done", "running", "superseded"].includes(state(known))

/** When it last began, or ended. */
export const lastActive = ({ end, process }: RunRecord.RunHead): DateTime.Utc => end?.at ?? process.since

/** What is downloaded, in few words. */
export const what = ({ wanted: { count, first, kind } }: RunRecord.RunHead): string =>
  kind === "sync" ? "sync" : count === 1 ? first : Format.count(count, kind === "jobs" ? "job" : "id")

/** What went wrong, or why its state is not known. */
export const why = (head: RunRecord.RunHead): string | undefined =>
  RunRecord.mayRunElsewhere(head) ? `May still be running on ${head.process.host}` : head.end?.message

export const of = (known: Known): JsonShapes.Run => {
  const { end, files, place, process, runId, started } = known.head
  return {
    runId,
    state: state(known),
    ...(known.supersededBy === undefined ? {} : { supersededBy: known.supersededBy }),
    started: DateTime.formatIso(started),
    since: DateTime.formatIso(process.since),
    ...(end === undefined
      ? { pid: process.pid, host: process.host }
      : { ended: DateTime.formatIso(end.at), message: end.message ?? null }),
    what: what(known.head),
    ...(files === undefined ? {} : { files }),
    path: place
  }
}
