/** What is told of a run in JSON. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as JsonShapes from "./JsonShapes.ts"
import * as Request from "./Request.ts"
import * as RunRecord from "./RunRecord.ts"

export const of = (record: RunRecord.RunRecord): JsonShapes.Run => {
  const { end, process, request, runId, started } = record
  return {
    runId,
    state: RunRecord.state(record),
    started: DateTime.formatIso(started),
    since: DateTime.formatIso(process.since),
    ...Option.match(end, {
      onNone: () => ({ pid: process.pid, host: process.host }),
      onSome: ({ at, exitCode, message }) => ({
        ended: DateTime.formatIso(at),
        exitCode,
        message: Option.getOrNull(message)
      })
    }),
    what: Request.describe(request),
    jobs: RunRecord.jobIds(record),
    path: Request.place(request)
  }
}
