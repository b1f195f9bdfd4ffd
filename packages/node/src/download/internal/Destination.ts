/** Where the archives of a download go. Downloads knows nothing else of directories, files and stores. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { JobId } from "@scenario-assets/core/Asset"
import type { JobError } from "@scenario-assets/core/JobError"
import type { Source } from "@scenario-assets/core/transfer/Source"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { FileError } from "../../file/FileError.ts"
import type { DestinationError } from "../Destination.ts"
import type { DownloadEvent, DownloadFailure } from "../DownloadEvent.ts"

/** An archive that can be fetched. */
export interface ReadyArchive {
  readonly batch: number
  readonly jobId: JobId
  readonly source: Source<ApiError | JobError>
  /** Its job was begun by an earlier run, which may have saved it. */
  readonly resumed: boolean
}

/** What happens to one archive: each ends with `ArchiveSaved`, or with what went wrong. */
export type SaveEvent =
  | Exclude<DownloadEvent, { readonly _tag: "ArchiveFailed" }>
  | { readonly _tag: "NotSaved"; readonly archive: ReadyArchive; readonly error: DownloadFailure }

export interface Destination {
  /** Fails where an archive could not be saved anyway, before its job is begun. `hasJob`: an earlier run has begun it. */
  readonly check: (batch: number, hasJob: boolean) => Effect.Effect<void, FileError>
  /** Saves archives as they come, several at once. One that fails stops no other. */
  readonly save: <E, R>(
    archives: Stream.Stream<ReadyArchive, E, R>
  ) => Stream.Stream<SaveEvent, FileError | DestinationError | E, R>
}
