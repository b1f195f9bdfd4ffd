/** What happens in the library, told to the person and to the program that watch. */
import type { ArchiveEvent } from "@scenario-assets/core/Archives"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import type { ExtractedFile, ExtractionEvent } from "@scenario-assets/node/extraction/Extraction"
import type { FileEvent } from "@scenario-assets/node/file/FileDownload"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { CurrentRun } from "./CurrentRun.ts"
import * as EntryFields from "./EntryFields.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

/** Batches, jobs and their states. Batches are counted from 1. */
export const archive = Effect.fnUntraced(function* (event: ArchiveEvent) {
  const output = yield* Output
  switch (event._tag) {
    case "Planned":
      output.progress.several(event.batches)
      yield* output.event({ type: "planned", batches: event.batches, ids: event.ids })
      return event.batches > 1
        ? yield* output.note(`${event.ids} ids in ${Format.count(event.batches, "batch", "batches")}`)
        : undefined
    case "Requested":
      yield* output.event({ type: "requested", batch: event.index + 1, jobId: event.jobId, resumed: event.resumed })
      yield* output.progress.waiting(event.jobId, "requested")
      if (event.unrecorded !== undefined) yield* output.warn(event.unrecorded.message)
      return yield* output.note(`${event.resumed ? "Taking up" : "Started"} job ${event.jobId}`)
    case "Started":
      return undefined
    case "Retrying":
      return yield* output.detail(
        `${event.error.message} Trying again in ${Format.time(Duration.toMillis(event.pause))}`
      )
    case "Waiting":
      return yield* job(event.job)
    case "Ready": {
      const { index, jobId } = event
      yield* status({ jobId, jobStatus: "success", ready: true })
      yield* output.progress.waiting(jobId, "ready")
      return yield* output.event({ type: "ready", batch: index + 1, jobId })
    }
    case "Failed":
      if (event.error._tag === "JobError" && "job" in event.error.reason) yield* job(event.error.reason.job)
      output.progress.ended(event.jobId)
      return yield* output.event({ type: "failed", batch: event.index + 1, message: event.error.message })
  }
})

/** A state of a job. The URL is a secret and is not told. */
export const job = (job: DownloadJob.DownloadJob) =>
  status({ jobId: job.jobId, jobStatus: job.jobStatus, ready: DownloadJob.isReady(job) })

const status = Effect.fnUntraced(function* (state: {
  readonly jobId: string
  readonly jobStatus: string
  readonly ready: boolean
}) {
  const { detail, event, note, progress } = yield* Output
  const words = `Job ${state.jobStatus}: ${state.jobId}`
  yield* event({ type: "status", ...state })
  yield* progress.redraws ? detail(words) : note(words)
  yield* progress.waiting(state.jobId, state.jobStatus)
})

/** Of what is told under this name nothing more is shown once the effect has ended, well or not. */
export const task =
  (id: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Output> =>
    Effect.flatMap(Output, ({ progress }) =>
      Effect.ensuring(
        effect,
        Effect.sync(() => progress.ended(id))
      )
    )

/** Bytes on their way to one file; `id` tells several files apart. */
export const file = (id: string) => {
  let isOpen = false
  return (event: FileEvent) => {
    const isFirst = !isOpen && event._tag === "Opened"
    isOpen ||= isFirst
    return fileEvent(id, event, isFirst)
  }
}

/** The first answer of the host says where an earlier run has come to; later ones, how this run goes about it. */
const fileEvent = Effect.fnUntraced(function* (id: string, event: FileEvent, isFirst: boolean) {
  const output = yield* Output
  switch (event._tag) {
    case "Opened": {
      yield* output.event({ type: "opened", id, offset: event.offset, size: event.object.size })
      if (!isFirst) return undefined
      output.progress.bytes(id, event.there, event.object.size)
      return event.there > 0 ? yield* output.note(`${id}: going on after ${Format.bytes(event.there)}`) : undefined
    }
    case "Written":
      output.progress.bytes(id, event.bytes, event.size)
      return yield* output.event({ type: "progress", id, bytes: event.bytes, size: event.size })
    case "Retrying":
    case "Refreshed":
      return yield* fault(id, event)
    case "StartedOver":
      yield* output.event({ type: "startedOver", id, discarded: event.discarded, sameObject: event.sameObject })
      return yield* output.note(
        `${id}: starting over, ${event.sameObject ? "the host does not resume" : "the object has changed"} ` +
          `(${Format.bytes(event.discarded)} discarded)`
      )
    case "Segments":
      output.progress.connections(id, event.connections)
      yield* output.event({ type: "segments", id, connections: event.connections })
      return yield* output.detail(`${id}: ${Format.count(event.connections, "connection")}`)
    case "Completed": {
      const { alreadyThere, bytes, path } = event.file
      output.progress.bytes(id, bytes, bytes)
      output.progress.completed()
      yield* output.event({ type: "completed", id, ...event.file })
      if (!alreadyThere) return yield* output.detail(`${path}: ${Format.bytes(bytes)}`)
      const run = yield* CurrentRun
      return yield* output.note(`${path} is there already${run?.isResumed ? "" : "; --force fetches it again"}`)
    }
  }
})

/** What goes wrong with an exchange and is mended. */
const fault = Effect.fnUntraced(function* (
  id: string,
  event:
    | Extract<ExtractionEvent, { readonly _tag: "Retrying" | "Refreshed" }>
    | Extract<FileEvent, { readonly _tag: "Retrying" | "Refreshed" }>
) {
  const output = yield* Output
  if (event._tag === "Refreshed") {
    yield* output.event({ type: "refreshed", id, offset: event.offset, status: event.status })
    return yield* output.detail(`${id}: the link was refused (${event.status}); got a fresh one`)
  }
  const { offset, pause, tries } = event
  const retries = output.progress.retried(id)
  yield* output.event({
    type: "retrying",
    id,
    offset,
    tries,
    pauseMs: Math.round(Duration.toMillis(pause)),
    fault: event.fault
  })
  const words = `${id}: ${event.fault}; trying again in ${Format.time(Duration.toMillis(pause))}`
  if (retries < toldRetries) return yield* output.note(words)
  if (retries > toldRetries) return yield* output.detail(words)
  return yield* output.note(`${words} (from here on, only --verbose tells of it)`)
})

/** A bad network is told so often. */
const toldRetries = 5

/** An archive that is fetched as a whole, because its host serves no ranges. */
export const spooling = (id: string) => {
  const watch = file(id)
  let isFirst = true
  return Effect.fnUntraced(function* (event: FileEvent) {
    const { note } = yield* Output
    if (isFirst) yield* note(`${id}: the host does not serve parts, so the whole archive is fetched first`)
    isFirst = false
    if (event._tag !== "Completed") yield* watch(event)
  })
}

/** Files on their way from one archive into a directory; `id` tells several archives apart. */
export const extraction = (id: string) => {
  const watchSpool = spooling(id)
  let isSpooled = false
  let size = 0
  return Effect.fnUntraced(function* (event: ExtractionEvent) {
    const output = yield* Output
    switch (event._tag) {
      case "Spooling":
        isSpooled = true
        return yield* watchSpool(event.event)
      case "Planned": {
        const { bytes, files, toRead, toWrite } = event
        size = toRead
        output.progress.expectIn(files)
        if (!isSpooled) output.progress.bytes(id, 0, size)
        yield* output.event({ type: "extracting", id, files, bytes, toWrite, toRead })
        return yield* output.detail(
          `${id}: ${Format.count(files, "file")}, ${Format.bytes(bytes)}; ${toWrite} of them to be extracted`
        )
      }
      case "Read":
        if (!isSpooled) output.progress.bytes(id, event.bytes, size)
        return yield* output.event({ type: "progress", id, bytes: event.bytes, size })
      case "Extracted":
        output.progress.completed(event.files.length)
        return yield* Effect.forEach(Arr.chunksOf(event.files, 256), extracted(id), { discard: true })
      case "Refused":
        return yield* output.event({ type: "refused", id, name: event.entry.name, message: event.error.message })
      case "Completed": {
        const { alreadyThere, bytes, files, read } = event.extracted
        return yield* output.event({ type: "completed", id, files, bytes, alreadyThere, read })
      }
      default:
        return yield* fault(id, event)
    }
  })
}

const extracted = (id: string) =>
  Effect.fnUntraced(function* (files: ReadonlyArray<ExtractedFile>) {
    const output = yield* Output
    yield* output.event({
      type: "extracted",
      id,
      files: files.map(({ alreadyThere, entry, path, why }) => ({
        path,
        ...EntryFields.ofFile(entry),
        alreadyThere,
        why
      }))
    })
    yield* Effect.forEach(
      files,
      ({ alreadyThere, entry, path }) =>
        output.detail(`${Format.name(path)}: ${alreadyThere ? "there already" : Format.bytes(entry.size)}`),
      { discard: true }
    )
  })
