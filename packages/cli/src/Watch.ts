/** What happens in the library, told to the person and to the program that watch. */
import type { ArchiveEvent } from "@scenario-assets/core/Archives"
import * as DownloadJob from "@scenario-assets/core/DownloadJob"
import type { FileEvent } from "@scenario-assets/node/FileDownload"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

/** Batches, jobs and their states. Batches are counted from 1. */
export const archive = Effect.fnUntraced(function* (event: ArchiveEvent) {
  const output = yield* Output
  switch (event._tag) {
    case "Planned":
      yield* output.event({ type: "planned", batches: event.batches, ids: event.ids })
      return event.batches > 1
        ? yield* output.note(`${event.ids} ids in ${Format.count(event.batches, "batch", "batches")}`)
        : undefined
    case "Requested":
      yield* output.event({ type: "requested", batch: event.index + 1, jobId: event.jobId, resumed: event.resumed })
      return yield* output.note(`${event.resumed ? "Taking up" : "Started"} job ${event.jobId}`)
    case "Progressed":
      return yield* job(event.job)
    case "Ready":
      return yield* output.event({ type: "ready", batch: event.index + 1, jobId: event.archive.jobId })
    case "Failed":
      return yield* output.event({ type: "failed", batch: event.index + 1, message: event.error.message })
  }
})

/** A state of a job. The URL is a secret and is not told. */
export const job = Effect.fnUntraced(function* (job: DownloadJob.DownloadJob) {
  const { detail, event, progress } = yield* Output
  const words = `Job ${job.jobStatus}: ${job.jobId}`
  yield* event({ type: "status", jobId: job.jobId, jobStatus: job.jobStatus, ready: DownloadJob.isReady(job) })
  if (progress.redraws) yield* detail(words)
  yield* progress.status(words)
})

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
      output.progress.bytes(id, event.offset, event.object.size)
      return event.offset > 0 ? yield* output.note(`${id}: going on after ${Format.bytes(event.offset)}`) : undefined
    }
    case "Written":
      output.progress.bytes(id, event.bytes, event.size)
      return yield* output.event({ type: "progress", id, bytes: event.bytes, size: event.size })
    case "Retrying": {
      const { fault, offset, pause, tries } = event
      yield* output.event({ type: "retrying", id, offset, tries, pauseMs: Math.round(Duration.toMillis(pause)), fault })
      return yield* output.note(`${id}: ${fault}; trying again in ${Format.time(Duration.toMillis(pause))}`)
    }
    case "Refreshed":
      yield* output.event({ type: "refreshed", id, offset: event.offset, status: event.status })
      return yield* output.detail(`${id}: the link was refused (${event.status}); got a fresh one`)
    case "StartedOver":
      yield* output.event({ type: "startedOver", id, discarded: event.discarded, sameObject: event.sameObject })
      return yield* output.note(
        `${id}: starting over, ${event.sameObject ? "the host does not resume" : "the object has changed"} ` +
          `(${Format.bytes(event.discarded)} forgotten)`
      )
    case "Segments":
      yield* output.event({ type: "segments", id, connections: event.connections })
      return yield* output.detail(`${id}: ${Format.count(event.connections, "connection")}`)
    case "Completed": {
      const { alreadyThere, bytes, path } = event.file
      output.progress.bytes(id, bytes, bytes)
      output.progress.completed()
      yield* output.event({ type: "completed", id, ...event.file })
      return alreadyThere
        ? yield* output.note(`${path} is there already; --force fetches it again`)
        : yield* output.detail(`${path}: ${Format.bytes(bytes)}`)
    }
  }
})
