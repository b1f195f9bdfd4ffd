/** A destination: a directory that the archives are extracted into. */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as EntryFilter from "../../archive/EntryFilter.ts"
import type * as Extraction from "../../extraction/Extraction.ts"
import * as Files from "../../file/internal/Files.ts"
import type * as DownloadRequest from "../../runs/DownloadRequest.ts"
import * as Place from "../../runs/internal/Place.ts"
import type { DownloadFailure, SavedFile } from "../DownloadEvent.ts"
import * as ArchiveFiles from "./ArchiveFiles.ts"
import type { Destination, ReadyArchive, SaveEvent } from "./Destination.ts"
import * as StoredFiles from "./StoredFiles.ts"

/** What of an archive is wanted, and what becomes of files that exist. */
export const rules = Effect.fnUntraced(function* ({
  folders: _ofAll,
  ifDiffers,
  ...wanted
}: DownloadRequest.Directory): Effect.fn.Return<Extraction.Options, EntryFilter.InvalidPattern> {
  return { ...(yield* StoredFiles.rules(wanted)), ifDiffers }
})

export const open = (
  extraction: Extraction.Extraction["Service"],
  { concurrency, directory, folders, total }: Into,
  options: Extraction.Options
): Destination => ({
  check: () => Effect.void,
  save: (archives) =>
    Stream.suspend(() => {
      /** Archives that are fetched as a whole. */
      const spooled = new Set<ReadyArchive>()
      const toldAll = (
        ready: ReadyArchive,
        event: Extraction.ArchiveEvent<unknown, DownloadFailure>["event"]
      ): ReadonlyArray<SaveEvent> => {
        if (event._tag !== "Spooling") return [told(ready, event, folderOf(ready))]
        const first: ReadonlyArray<SaveEvent> = spooled.has(ready)
          ? []
          : [{ _tag: "ArchiveSpooled", batch: ready.batch, jobId: ready.jobId }]
        spooled.add(ready)
        // The archive is not saved by that: its files are still to come.
        return event.event._tag === "Completed" ? first : [...first, ArchiveFiles.told(ready, event.event)]
      }
      const folderOf = ({ batch }: ReadyArchive) => (folders ? Place.folder(total, batch) : "")
      const into = <E, R>(all: Stream.Stream<ReadyArchive, E, R>, folder: string) =>
        extraction.eventsAll(
          Stream.map(all, (ready) => ({ name: ready.jobId, source: ready.source, ready })),
          join(directory, folder),
          { ...options, concurrency }
        )
      const events = folders
        ? Stream.unwrap(
            // Where that fails, no job is begun.
            Effect.as(
              Files.makeDirectory(directory),
              Stream.flatMap(archives, (ready) => into(Stream.make(ready), folderOf(ready)), { concurrency })
            )
          )
        : into(archives, "")
      return events.pipe(
        Stream.map(({ archive: { ready }, event }) => toldAll(ready, event)),
        Stream.flattenIterable
      )
    })
})

interface Into {
  readonly directory: string
  /** Whether each archive has a folder of its own. */
  readonly folders: boolean
  /** How many archives there are. */
  readonly total: number
  readonly concurrency: number
}

const told = (
  archive: ReadyArchive,
  event: Exclude<Extraction.ArchiveEvent<unknown, DownloadFailure>["event"], { readonly _tag: "Spooling" }>,
  folder: string
): SaveEvent => {
  const { batch, jobId } = archive
  const of = { batch, jobId }
  switch (event._tag) {
    case "Planned": {
      const { bytes, bytesToRead, files, filesToWrite } = event
      return { _tag: "ArchivePlanned", ...of, files, bytes, filesToWrite, bytesToRead }
    }
    case "Read":
      return { _tag: "ArchiveProgressed", ...of, bytes: event.bytes }
    case "Retrying": {
      const { fault, offset, pause, tries } = event
      return { _tag: "Retrying", ...of, offset, tries, pause, fault }
    }
    case "Refreshed":
      return { _tag: "LinkRefreshed", ...of, offset: event.offset, status: event.status }
    case "Started": {
      const { name, size } = event.entry
      return { _tag: "FileStarted", ...of, path: Place.inFolder(folder, event.path), name, size }
    }
    case "Extracted":
      return { _tag: "FilesSaved", ...of, files: event.files.map((file) => savedFile(file, folder)) }
    case "Refused":
      return { _tag: "FileRefused", ...of, name: event.entry.name, error: event.error }
    case "Completed": {
      const { alreadyThere, bytes, files, read } = event.extracted
      return { _tag: "ArchiveSaved", ...of, files, bytes, alreadyThere, fetched: read }
    }
    case "Failed":
      return { _tag: "NotSaved", archive, error: event.error }
  }
}

const savedFile = ({ alreadyThere, entry, path, why }: Extraction.ExtractedFile, folder: string): SavedFile => ({
  path: Place.inFolder(folder, path),
  name: entry.name,
  size: entry.size,
  crc32: entry.crc32,
  alreadyThere,
  why
})
