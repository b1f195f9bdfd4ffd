/** What happens in the library, told to the person and to the program that watch: what several commands have in common. */
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import type { SavedFile } from "@scenario-assets/node/download/DownloadEvent"
import type { FileEvent } from "@scenario-assets/node/file/FileDownload"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fields from "../json/Fields.ts"
import type * as JsonShapes from "../json/JsonShapes.ts"
import * as Format from "../text/Format.ts"
import { Output } from "./Output.ts"

/** An exchange that failed. */
type Fault = Omit<Extract<FileEvent, { readonly _tag: "Retrying" }>, "_tag">

/** Retries that are told one by one. */
const toldRetries = 5

/** How each thing is told; `id` tells several files or archives apart. */
export const make = Effect.map(Output, ({ detail, event, note, progress }) => {
  const status = (jobId: string, jobStatus: string, ready: boolean): Effect.Effect<void> => {
    const words = `Job ${jobStatus}: ${jobId}`
    return Effect.all(
      [
        event({ type: "status", jobId, jobStatus, ready }),
        progress.redraws ? detail(words) : note(words),
        progress.waiting(jobId, jobStatus)
      ],
      { discard: true }
    )
  }

  /** What is repeated again and again is told less and less. */
  const repeated = (count: number, words: string): Effect.Effect<void> => {
    if (count < toldRetries) return note(words)
    if (count > toldRetries) return detail(words)
    return note(`${words} (further retries are shown with --verbose only)`)
  }

  const bytes = (id: string, done: number, size: number | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      progress.bytes(id, done, size)
      return event({ type: "progress", id, bytes: done, size })
    })

  const retrying = (id: string, { fault, offset, pause, tries }: Fault): Effect.Effect<void> =>
    Effect.suspend(() => {
      const millis = Duration.toMillis(pause)
      return Effect.andThen(
        event({ type: "retrying", id, offset, tries, pauseMs: Math.round(millis), fault }),
        repeated(progress.retried(id), `${id}: ${fault}; trying again in ${Format.time(millis)}`)
      )
    })

  const refreshed = (id: string, { offset, status }: { readonly offset: number; readonly status: number }) =>
    Effect.andThen(
      event({ type: "refreshed", id, offset, status }),
      detail(`${id}: the link was refused (${status}); requested a new one`)
    )

  const startedOver = (
    id: string,
    { discarded, sameObject }: { readonly discarded: number; readonly sameObject: boolean }
  ) =>
    Effect.andThen(
      event({ type: "startedOver", id, discarded, sameObject }),
      note(
        `${id}: starting over, ${sameObject ? "the host does not resume transfers" : "the file has changed"} ` +
          `(${Format.bytes(discarded)} discarded)`
      )
    )

  const connections = (id: string, count: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      progress.connections(id, count)
      return Effect.andThen(
        event({ type: "segments", id, connections: count }),
        detail(`${id}: ${Format.count(count, "connection")}`)
      )
    })

  const resumedAfter = (id: string, there: number): Effect.Effect<void> =>
    there > 0 ? note(`${id}: resuming after ${Format.bytes(there)}`) : Effect.void

  /** A file that is there as it was fetched; `again` is how to fetch it once more, where there is a way. */
  const completedFile = (
    id: string,
    file: Omit<JsonShapes.SavedAsset, "assetId">,
    again: string | undefined
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      progress.bytes(id, file.bytes, file.bytes)
      progress.completed()
      const { alreadyThere, bytes, path } = file
      // Not every transfer says that its last byte has come.
      const last = alreadyThere ? Effect.void : event({ type: "progress", id, bytes, size: bytes })
      return Effect.andThen(
        Effect.andThen(last, event({ type: "completed", id, ...file })),
        alreadyThere
          ? note(`${path} already exists${again === undefined ? "" : `; pass ${again} to download it again`}`)
          : detail(`${path}: ${Format.bytes(bytes)}`)
      )
    })

  const spooled = (id: string) =>
    note(`${id}: the host does not serve byte ranges, so the whole archive is downloaded first`)

  const planned = (
    id: string,
    {
      bytes,
      files,
      bytesToRead,
      filesToWrite
    }: { readonly files: number; readonly bytes: number; readonly filesToWrite: number; readonly bytesToRead: number }
  ): Effect.Effect<void> =>
    Effect.suspend(() => {
      progress.expectIn(files)
      return Effect.andThen(
        event({ type: "extracting", id, files, bytes, toWrite: filesToWrite, toRead: bytesToRead }),
        detail(`${id}: ${Format.count(files, "file")}, ${Format.bytes(bytes)}; ${filesToWrite} to extract`)
      )
    })

  const saved = (id: string, files: ReadonlyArray<SavedFile>): Effect.Effect<void> =>
    Effect.suspend(() => {
      progress.completed(files.length)
      return Effect.forEach(
        Arr.chunksOf(files, 256),
        (some) =>
          Effect.andThen(
            event({ type: "extracted", id, files: some.map(Fields.ofSaved) }),
            Effect.forEach(
              some,
              ({ alreadyThere, path, size }) =>
                detail(`${Format.shortPath(path)}: ${alreadyThere ? "already exists" : Format.bytes(size)}`),
              { discard: true }
            )
          ),
        { discard: true }
      )
    })

  /** All that happens on the way to one file. */
  const file = (id: string) => {
    let isOpen = false
    return (fileEvent: FileEvent): Effect.Effect<void> => {
      switch (fileEvent._tag) {
        case "Opened": {
          const { object, offset, there } = fileEvent
          const opened = event({ type: "opened", id, offset, size: object.size })
          // The first answer of the host says where an earlier run has come to; later ones, how this run goes about it.
          if (isOpen) return opened
          isOpen = true
          progress.bytes(id, there, object.size)
          return Effect.andThen(opened, resumedAfter(id, there))
        }
        case "Written":
          return bytes(id, fileEvent.bytes, fileEvent.size)
        case "Retrying":
          return retrying(id, fileEvent)
        case "Refreshed":
          return refreshed(id, fileEvent)
        case "StartedOver":
          return startedOver(id, fileEvent)
        case "Segments":
          return connections(id, fileEvent.connections)
        case "Completed":
          return completedFile(id, fileEvent.file, "--force")
      }
    }
  }

  return {
    status,
    /** The URL of a job is a secret and is not told. */
    job: (job: DownloadJob.DownloadJob) => status(job.jobId, job.jobStatus, DownloadJob.isReady(job)),
    repeated,
    bytes,
    retrying,
    refreshed,
    startedOver,
    connections,
    resumedAfter,
    completedFile,
    spooled,
    planned,
    saved,
    refused: (id: string, name: string, message: string) => event({ type: "refused", id, name, message }),
    extracted: (id: string, archive: Omit<JsonShapes.ExtractedArchive, "jobId" | "file">) =>
      event({ type: "completed", id, ...archive }),
    file,
    /** An archive that is fetched as a whole, because its host serves no ranges. */
    spooling: (id: string) => {
      const watch = file(id)
      let isFirst = true
      return (fileEvent: FileEvent): Effect.Effect<void> => {
        const told = isFirst ? spooled(id) : Effect.void
        isFirst = false
        return fileEvent._tag === "Completed" ? told : Effect.andThen(told, watch(fileEvent))
      }
    },
    /** Of what is told under this name nothing more is shown once the effect has ended, well or not. */
    task:
      (id: string) =>
      <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
        Effect.ensuring(
          effect,
          Effect.sync(() => progress.ended(id))
        )
  }
})
