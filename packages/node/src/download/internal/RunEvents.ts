/** What the record of a run has of its events, and of how it ended. */
import * as Effect from "effect/Effect"
import type { FileError } from "../../file/FileError.ts"
import type { Run } from "../../runs/Runs.ts"
import type { DownloadEvent, DownloadReport } from "../DownloadEvent.ts"

/** Whether the count of the files of a run is known after an event. */
export const savesFiles = ({ _tag }: DownloadEvent): boolean => _tag === "FilesSaved" || _tag === "ArchiveSaved"

/** Records what there is to record of an event. */
export const record = (run: Run, event: DownloadEvent, files: () => number): Effect.Effect<void, FileError> => {
  switch (event._tag) {
    case "FilesSaved":
      return run.saved(files())
    case "ArchiveSaved":
      return Effect.andThen(run.jobEnded(event.jobId, "saved"), run.saved(files()))
    case "ArchiveFailed":
      return event.startsAnew ? Effect.void : run.jobEnded(event.jobId, "failed")
    case "BatchFailed":
      return event.jobId === undefined ? Effect.void : run.jobEnded(event.jobId, "failed")
    default:
      return Effect.void
  }
}

/** How a run ended that has one, and its first error. */
export const endOfReport = (
  { failures: [first], notFound: { count, ids }, state }: DownloadReport,
  isBegun: boolean
) => {
  if (first !== undefined) return { state, message: first.error.message }
  if (count === 0) return { state }
  // There is nothing to resume but what exists.
  const message = `ids that do not exist in this project: ${count}, such as ${ids[0]}`
  return { state: isBegun ? ("begun" as const) : ("complete" as const), message }
}
