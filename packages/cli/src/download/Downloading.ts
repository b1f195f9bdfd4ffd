/** A request, carried out: all that happens is told, and in the end what came of it. */
import type { DownloadEvent, DownloadReport, Failed } from "@scenario-assets/node/download/DownloadEvent"
import { Downloads } from "@scenario-assets/node/download/Downloads"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import type { FileError } from "@scenario-assets/node/file/FileError"
import type * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Scenario from "../access/Scenario.ts"
import * as CommandError from "../errors/CommandError.ts"
import { Output } from "../output/Output.ts"
import * as Recorded from "../runs/Recorded.ts"
import type { Connection } from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"
import * as Destination from "./Destination.ts"
import * as Extracted from "./Extracted.ts"
import * as SavedFiles from "./SavedFiles.ts"
import * as WatchDownload from "./WatchDownload.ts"

export interface Options {
  readonly connection: Connection
  readonly json: boolean
  /** Begin the jobs, and wait for none. */
  readonly detach?: boolean
  /** The run that this resumes by its id. */
  readonly run?: CommandError.Resumable
}

/** Notes of a request, for whoever resumes it. */
export const annotations = (
  manifest: Option.Option<string>,
  others: Readonly<Record<string, string>> = {}
): Pick<DownloadRequest.DownloadRequest, "annotations"> => {
  const all = { ...others, ...(Option.isSome(manifest) ? { [Recorded.manifest]: manifest.value } : {}) }
  return Object.keys(all).length === 0 ? {} : { annotations: all }
}

export const perform = Effect.fnUntraced(function* (request: DownloadRequest.DownloadRequest, options: Options) {
  const { warn, whenInterrupted } = yield* Output
  const connection = yield* unlessSet(options.connection)
  const begun = Recorded.listen(request, { ...options, connection })
  const watch = yield* WatchDownload.make(request, {
    isResumed: options.run !== undefined,
    fetchJobs: (jobIds) => Recorded.fetchJobs(jobIds, request, connection)
  })
  const ending = yield* endingOf(request, options)
  const carryOut = Effect.gen(function* () {
    const downloads = yield* Downloads
    const events = options.detach === true ? downloads.begin(request) : downloads.events(request)
    yield* Stream.runForEach(events, (event) => {
      begun.hear(event)
      const told = Effect.andThen(ending.hear(event), watch(event))
      if (event._tag !== "Ended") return told
      const { report } = event
      const { count, ids } = report.notFound
      const isNews = count > 0 && report.failures.length > 0
      return told.pipe(
        Effect.andThen(isNews ? warn(new CommandError.IdsNotFound({ count, ids }).message) : Effect.void),
        Effect.andThen(ending.end(report, begun.run()))
      )
    })
  }).pipe(
    Effect.mapError((error) => {
      const run = begun.run()
      return run === undefined || error._tag === "UsageError" || error._tag === "Failures"
        ? error
        : CommandError.single(error, run)
    })
  )
  yield* whenInterrupted(() => wayOn(begun.run()))(carryOut).pipe(Effect.provide(Scenario.layer(options.connection)))
}, Effect.scoped)

/** What a command has to say of the account, besides what is set for all of them. */
const unlessSet = Effect.fnUntraced(function* ({ baseUrl, project }: Connection) {
  const differs = (given: Option.Option<string>, setting: Settings.Setting<unknown>) =>
    Effect.map(
      Effect.orElseSucceed(Config.option(Settings.text(setting)), () => Option.none<string>()),
      (usual) => Option.filter(given, (value) => !Option.contains(usual, value))
    )
  return {
    baseUrl: yield* differs(baseUrl, Settings.baseUrl),
    project: yield* differs(project, Settings.project)
  }
})

const wayOn = (run: CommandError.Resumable | undefined): string =>
  run === undefined
    ? "Run the same command again to resume."
    : `Jobs that were started continue at Scenario. To resume: ${run.command}`

/** What is told in the end, of what was heard meanwhile. */
interface Ending {
  readonly hear: (event: DownloadEvent) => Effect.Effect<void>
  readonly end: (
    report: DownloadReport,
    run: CommandError.Resumable | undefined
  ) => Effect.Effect<void, CommandError.Failures | CommandError.UsageError | FileError>
}

const endingOf = (request: DownloadRequest.DownloadRequest, options: Options) =>
  options.detach === true
    ? begunAlone
    : request.destination._tag === "ArchiveFiles"
      ? kept(request)
      : extracted(request, Place.of(request), request.destination, options)

/** Archives that are extracted, or stored file by file. */
const extracted = Effect.fnUntraced(function* (
  request: DownloadRequest.DownloadRequest,
  directory: string,
  patterns: DownloadRequest.Directory | DownloadRequest.Store,
  { json, run }: Options
) {
  const { warn } = yield* Output
  const asked = Option.fromUndefinedOr(request.annotations?.[Recorded.manifest])
  // A run that is resumed cannot be asked for anything else.
  const isInTheWay = json && run !== undefined && Option.contains(asked, "-")
  if (isInTheWay) yield* warn("--manifest - of this run is ignored: with --json, the events list the files")
  const files = yield* Extracted.make({
    directory,
    manifest: isInTheWay ? Option.none() : asked,
    isFiltered: Destination.isGiven(patterns),
    json
  })
  const ending: Ending = {
    hear: (event) => {
      if (event._tag === "FilesSaved") return files.saved(event.batch, { jobId: event.jobId }, event.files)
      if (event._tag === "FileRefused") files.refused(event.batch, event.error)
      return event._tag === "ArchiveFailed" && event.startsAnew ? files.again(event.batch) : Effect.void
    },
    end: (report, run) =>
      files.end({
        archives: report.archives.map(({ alreadyThere, bytes, fetched, files, jobId }) => ({
          jobId,
          files,
          bytes,
          alreadyThere,
          read: fetched
        })),
        ...failuresOf(report, failedOf(request)),
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
    hear: () => Effect.void,
    end: Effect.fnUntraced(function* (report, run) {
      const archives = report.archives.map((archive) => ({
        jobId: archive.jobId,
        ...WatchDownload.fileOf(request, archive)
      }))
      const took = (yield* Clock.currentTimeMillis) - since
      if (archives.length > 0) yield* note(SavedFiles.summary(archives, "archive", took))
      const {
        failed: [first, ...others],
        total
      } = failuresOf(report, failedOf(request))
      if (first === undefined) return yield* result({ archives })
      return yield* new CommandError.Failures({
        failed: [first, ...others],
        total,
        what: "archives could not be downloaded",
        done: { archives },
        run
      })
    })
  }
  return ending
})

/** Jobs that are begun and left alone: they continue at Scenario, and their files are fetched later. */
const begunAlone = Effect.gen(function* () {
  const { line, note, result } = yield* Output
  const ending: Ending = {
    hear: () => Effect.void,
    end: Effect.fnUntraced(function* (report, run) {
      const jobs = report.jobs.map((job) => ({ ...job, batch: job.batch + 1 }))
      const {
        failed: [first, ...others],
        total
      } = failuresOf(report, (failed) => ({ ...failed, of: `batch ${failed.batch + 1}` }))
      const failed =
        first === undefined
          ? undefined
          : new CommandError.Failures({
              failed: [first, ...others],
              total,
              what: "jobs could not be started",
              done: { jobs },
              run
            })
      if (failed !== undefined && report.failures.length > 0) return yield* failed
      const ids = jobs.map(({ jobId }) => jobId)
      yield* line(run?.runId ?? ids.join("\n"))
      if (run !== undefined) yield* note(`To download the files: ${run.command}`)
      if (failed !== undefined) return yield* failed
      yield* result({ runId: run?.runId ?? null, jobs })
    })
  }
  return ending
})

/** What did not come. Ids that do not exist are an error of their own where everything else did. */
const failuresOf = (
  { archives, batches, failures, notFound: { count, ids } }: DownloadReport,
  failedOf: (failed: Failed) => CommandError.Failed
): { readonly failed: ReadonlyArray<CommandError.Failed>; readonly total: number } =>
  failures.length === 0 && count > 0
    ? { failed: [{ of: "", error: new CommandError.IdsNotFound({ count, ids }) }], total: 1 }
    : // A batch that had to be divided has several archives.
      { failed: failures.map(failedOf), total: Math.max(batches, archives.length + failures.length) }

const failedOf =
  ({ wanted }: DownloadRequest.DownloadRequest) =>
  ({ batch, error, jobId }: Failed): CommandError.Failed => ({
    of: wanted._tag === "Jobs" && jobId !== undefined ? `job ${jobId}` : `batch ${batch + 1}`,
    error,
    jobId
  })
