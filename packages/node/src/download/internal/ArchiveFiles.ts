/** A destination: archives that are kept as files. */
import * as Fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ProvedEnd from "../../archive/internal/ProvedEnd.ts"
import type * as FileDownload from "../../file/FileDownload.ts"
import { FileError } from "../../file/FileError.ts"
import { Exists, IsDirectory } from "../../file/internal/FileReason.ts"
import * as Files from "../../file/internal/Files.ts"
import type * as DownloadRequest from "../../runs/DownloadRequest.ts"
import * as Place from "../../runs/internal/Place.ts"
import type { Destination, ReadyArchive, SaveEvent } from "./Destination.ts"

/** Makes the directory, and fails where nothing can be written to it. */
export const open = Effect.fnUntraced(function* (
  files: FileDownload.FileDownload["Service"],
  { file, replace = false }: DownloadRequest.ArchiveFiles,
  total: number,
  concurrency: number,
  options: FileDownload.Options
): Effect.fn.Return<Destination, FileError> {
  const directory = dirname(file)
  yield* Files.makeDirectory(directory)
  yield* Files.attempt("write to the directory", directory, () => Fs.access(directory, Fs.constants.W_OK))

  const saveOne = (archive: ReadyArchive): Stream.Stream<SaveEvent> => {
    const target = Place.archivePath(file, total, archive.batch)
    const ifExists = replace ? "replace" : archive.resumed ? "keep" : "fail"
    const how = { ...options, expect: "zip", ifExists, provesEnd: ProvedEnd.isWholeArchive } as const
    return files.events(archive.source, target, how).pipe(
      Stream.map((event) => told(archive, event)),
      Stream.catch((error) => Stream.succeed<SaveEvent>({ _tag: "NotSaved", archive, error }))
    )
  }

  return {
    check: Effect.fnUntraced(function* (batch, hasJob) {
      const own = Place.archivePath(file, total, batch)
      // Not even asked to replace would a directory be.
      if (yield* Files.isDirectory(own)) {
        return yield* new FileError({ operation: "download to", path: own, reason: new IsDirectory() })
      }
      if (replace || hasJob || !(yield* Files.exists(own))) return
      return yield* new FileError({ operation: "download to", path: own, reason: new Exists() })
    }),
    save: (archives) => Stream.flatMap(archives, saveOne, { concurrency })
  }
})

/** What happens to the file, as it is told of the archive. */
export const told = ({ batch, jobId }: ReadyArchive, event: FileDownload.FileEvent): SaveEvent => {
  const archive = { batch, jobId }
  switch (event._tag) {
    case "Opened":
      return { _tag: "ArchiveProgressed", ...archive, bytes: event.there, ...sized(event.object.size) }
    case "Written":
      return { _tag: "ArchiveProgressed", ...archive, bytes: event.bytes, ...sized(event.size) }
    case "Retrying": {
      const { fault, offset, pause, tries } = event
      return { _tag: "Retrying", ...archive, offset, tries, pause, fault }
    }
    case "Refreshed":
      return { _tag: "LinkRefreshed", ...archive, offset: event.offset, status: event.status }
    case "StartedOver":
      return { ...archive, ...event }
    case "Segments":
      return { _tag: "ConnectionsChanged", ...archive, connections: event.connections }
    case "Completed": {
      const { alreadyThere, bytes, path, resumedFrom, verified } = event.file
      return {
        _tag: "ArchiveSaved",
        ...archive,
        path,
        files: 1,
        bytes,
        alreadyThere: alreadyThere ? 1 : 0,
        fetched: alreadyThere ? 0 : bytes - resumedFrom,
        verified
      }
    }
  }
}

const sized = (size: number | undefined) => (size === undefined ? {} : { size })
