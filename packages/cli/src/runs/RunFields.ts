/** What is told of a run, in JSON and in words. */
import * as RunRecord from "@scenario-assets/node/download/RunRecord"
import * as DateTime from "effect/DateTime"
import type * as JsonShapes from "../json/JsonShapes.ts"
import * as Format from "../text/Format.ts"

const states: { readonly [State in RunRecord.State]: JsonShapes.Run["state"] } = {
  complete: "done",
  begun: "detached",
  incomplete: "failed",
  interrupted: "interrupted",
  running: "running",
  stopped: "stopped"
}

export const state = (head: RunRecord.RunHead): JsonShapes.Run["state"] => states[RunRecord.state(head)]

/** What is downloaded, in few words. */
export const what = ({ wanted: { count, first, kind } }: RunRecord.RunHead): string =>
  count === 1 ? first : Format.count(count, kind === "jobs" ? "job" : "id")

export const of = (head: RunRecord.RunHead): JsonShapes.Run => {
  const { end, place, process, runId, started } = head
  return {
    runId,
    state: state(head),
    started: DateTime.formatIso(started),
    since: DateTime.formatIso(process.since),
    ...(end === undefined
      ? { pid: process.pid, host: process.host }
      : { ended: DateTime.formatIso(end.at), message: end.message ?? null }),
    what: what(head),
    path: place
  }
}
