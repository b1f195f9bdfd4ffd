/** A request, carried out: all that happens is told, and in the end what came of it. */
import type { DownloadEvent, DownloadReport, Failed } from "@scenario-assets/node/download/DownloadEvent"
import type * as DownloadRequest from "@scenario-assets/node/download/DownloadRequest"
import { Downloads } from "@scenario-assets/node/download/Downloads"
import type { FileError } from "@scenario-assets/node/file/FileError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Extracted from "./Extracted.ts"
import * as Failures from "./Failures.ts"
import type { Connection } from "./Options.ts"
import { Output } from "./Output.ts"
import * as Patterns from "./Patterns.ts"
import { type Recorded, resume } from "./Recorded.ts"
import * as Scenario from "./Scenario.ts"
import * as Summary from "./Summary.ts"
import type { UsageError } from "./UsageError.ts"
import * as WatchDownload from "./WatchDownload.ts"

export interface Options {
  readonly connection: Connection
  readonly json: boolean
  /** Begin the jobs, and wait for none. */
  readonly detach?: boolean
  /** The run that this resumes by its id. */
  readonly run?: Recorded
}

/** The note that says where a manifest goes. */
const manifest = "manifest"

/** Notes of a request, for whoever resumes it. */
export const annotations = (file: Option.Option<string>): Pick<DownloadRequest.DownloadRequest, "annotations"> =>
  Option.match(file, { onNone: () => ({}), onSome: (file) => ({ annotations: { [manifest]: file } }) })

export const perform = Effect.fnUntraced(function* (request: DownloadRequest.DownloadRequest, options: Options) {
  const { whenInterrupted } = yield* Output
  let { run } = options
  const watch = yield* WatchDownload.make(request, options.run !== undefined)
  const ending = yield* endingOf(request, options)
  const carryOut = Effect.gen(function* () {
    const downloads = yield* Downloads
    const events = options.detach === true ? downloads.begin(request) : downloads.events(request)
    yield* Stream.runForEach(events, (event) => {
      if (event._tag === "Started") run = recorded(event, request, options.run)
      ending.hear(event)
      const told = watch(event)
      return event._tag === "Ended" ? Effect.andThen(told, ending.end(event.report, run)) : told
    })
  }).pipe(
    Effect.mapError((error) =>
      run === undefined || error._tag === "UsageError" || error._tag === "Failures"
        ? error
        : Failures.single({ error }, {}, run)
    )
  )
  yield* whenInterrupted(() => wayOn(run))(carryOut).pipe(Effect.provide(Scenario.layer(options.connection)))
})

const recorded = (
  { runId }: Extract<DownloadEvent, { readonly _tag: "Started" }>,
  { wanted }: DownloadRequest.DownloadRequest,
  resumed: Recorded | undefined
): Recorded | undefined =>
  runId === undefined ? undefined : { runId, beginsJobs: wanted._tag === "Assets", isResumed: resumed !== undefined }

const wayOn = (run: Recorded | undefined): string =>
  run === undefined
    ? "Run the same command again to go on where it stopped."
    : `Jobs that were started go on at Scenario; to go on: ${resume(run.runId)}`

/** What is told in the end, of what was heard meanwhile. */
interface Ending {
  readonly hear: (event: DownloadEvent) => void
  readonly end: (
    report: DownloadReport,
    run: Recorded | undefined
  ) => Effect.Effect<void, Failures.Failures | UsageError | FileError>
}

const endingOf = (request: DownloadRequest.DownloadRequest, options: Options) =>
  options.detach === true
    ? begun
    : request.destination._tag === "ArchiveFiles"
      ? kept(request)
      : extracted(request, request.destination, options)

/** Archives that are extracted. */
const extracted = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  { directory, ...patterns }: DownloadRequest.Directory,
  { json }: Options
) {
  const files = yield* Extracted.make({
    directory,
    manifest: Option.fromUndefinedOr(request.annotations?.[manifest]),
    isFiltered: Patterns.isGiven(patterns),
    json
  })
  const ending: Ending = {
    hear: (event) => {
      if (event._tag === "FilesSaved") files.saved(event.batch, { jobId: event.jobId }, event.files)
      if (event._tag === "FileRefused") files.refused(event.batch, event.error)
      if (event._tag === "ArchiveFailed" && event.startsAnew) files.again(event.batch)
    },
    end: (report, run) =>
      files.end({
        total: report.batches,
        archives: report.archives.map(({ alreadyThere, bytes, fetched, files, jobId }) => ({
          jobId,
          files,
          bytes,
          alreadyThere,
          read: fetched
        })),
        failed: report.failures.map(failedOf(request)),
        run
      })
  }
  return ending
})

/** Archives that are kept as files. */
const kept = Effect.fnUntraced(function* (request: DownloadRequest.DownloadRequest) {
  const { note, result } = yield* Output
  const since = yield* Clock.currentTimeMillis
  const ending: Ending = {
    hear: () => {},
    end: Effect.fnUntraced(function* (report, run) {
      const archives = report.archives.map((archive) => ({
        jobId: archive.jobId,
        ...WatchDownload.fileOf(request, archive)
      }))
      const took = (yield* Clock.currentTimeMillis) - since
      if (archives.length > 0) yield* note(Summary.ofFiles(archives, "archive", took))
      const [first, ...others] = report.failures.map(failedOf(request))
      if (first === undefined) return yield* result({ archives })
      return yield* Failures.make({
        failed: [first, ...others],
        total: report.batches,
        what: "archives could not be downloaded",
        fields: { archives },
        run
      })
    })
  }
  return ending
})

/** Jobs that are begun and left alone: they go on at Scenario, and their files are fetched later. */
const begun = Effect.gen(function* () {
  const { line, note, result } = yield* Output
  const ending: Ending = {
    hear: () => {},
    end: Effect.fnUntraced(function* (report, run) {
      const jobs = report.jobs.map((job) => ({ ...job, batch: job.batch + 1 }))
      const [first, ...others] = report.failures.map((failed) => ({ ...failed, of: `batch ${failed.batch + 1}` }))
      if (first !== undefined) {
        return yield* Failures.make({
          failed: [first, ...others],
          total: report.batches,
          what: "jobs could not be started",
          fields: { jobs },
          run
        })
      }
      const ids = jobs.map(({ jobId }) => jobId)
      yield* line(run?.runId ?? ids.join("\n"))
      yield* result({ runId: run?.runId ?? null, jobs })
      yield* note(
        `To take the files: ${run === undefined ? `scenario-assets download --job ${ids.join(" --job ")}` : resume(run.runId)}`
      )
    })
  }
  return ending
})

const failedOf =
  ({ wanted }: DownloadRequest.DownloadRequest) =>
  ({ batch, error, jobId }: Failed): Failures.Failed => ({
    of: wanted._tag === "Jobs" && jobId !== undefined ? `job ${jobId}` : `batch ${batch + 1}`,
    error,
    jobId
  })
