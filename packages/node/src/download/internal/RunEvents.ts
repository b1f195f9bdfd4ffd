/** What the record of a run has of its events, and of how it ended. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { FileError } from "../../file/FileError.ts"
import type { DownloadEvent, DownloadReport } from "../DownloadEvent.ts"
import type { Run } from "../Runs.ts"

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
export const endOfReport = ({ failures: [first], state }: DownloadReport) =>
  first === undefined ? { state } : { state, message: first.error.message }

/** How a run ended that came to no report. */
export const endOf = (exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return { state: "interrupted" } as const
  // What a defect says is nobody's promise, and might hold a secret.
  return Option.match(Cause.findErrorOption(exit.cause), {
    onNone: () => ({ state: "incomplete" }) as const,
    onSome: (error) => ({ state: "incomplete", message: error instanceof Error ? error.message : "" }) as const
  })
}
