/**
 * The whole way, from what is wanted to verified files, as one service.
 *
 * @since 0.1.0
 */
import type { ApiError } from "@scenario-assets/core/ApiError"
import * as Archives from "@scenario-assets/core/Archives"
import type { AssetCatalog } from "@scenario-assets/core/AssetCatalog"
import type { AssetDownload } from "@scenario-assets/core/AssetDownload"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import type { JobError } from "@scenario-assets/core/JobError"
import { JobJournal, type JournalError } from "@scenario-assets/core/JobJournal"
import type { JobPoller } from "@scenario-assets/core/JobPoller"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as TransferPool from "@scenario-assets/core/transfer/TransferPool"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ReadError } from "../archive/ArchiveReader.ts"
import type { InvalidPattern } from "../archive/EntryFilter.ts"
import * as OpenArchive from "../archive/internal/OpenArchive.ts"
import { Extraction } from "../extraction/Extraction.ts"
import { FileDownload } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import * as DownloadRequest from "../runs/DownloadRequest.ts"
import * as Batches from "../runs/internal/Batches.ts"
import * as Place from "../runs/internal/Place.ts"
import * as RunEnd from "../runs/internal/RunEnd.ts"
import type { RunBusy, RunBusyElsewhere } from "../runs/RunRecord.ts"
import { Runs } from "../runs/Runs.ts"
import { type DestinationError, Destinations } from "./Destination.ts"
import { type DownloadEvent, DownloadIncomplete, type DownloadReport, TimeLimitExceeded } from "./DownloadEvent.ts"
import * as ArchiveFiles from "./internal/ArchiveFiles.ts"
import type { Destination } from "./internal/Destination.ts"
import * as ExtractedFiles from "./internal/ExtractedFiles.ts"
import * as JobSource from "./internal/JobSource.ts"
import * as Pipeline from "./internal/Pipeline.ts"
import * as Preview from "./internal/Preview.ts"
import * as RunEvents from "./internal/RunEvents.ts"
import * as StoredFiles from "./internal/StoredFiles.ts"
import * as Tally from "./internal/Tally.ts"

/**
 * What keeps a download from beginning, or ends it as a whole. What happens to a batch or an archive is an event, and stands
 * in the report.
 *
 * @category errors
 * @since 0.1.0
 */
export type DownloadError =
  | FileError
  | DestinationError
  | JournalError
  | RunBusy
  | RunBusyElsewhere
  | InvalidPattern
  | TimeLimitExceeded
  | DownloadRequest.InvalidDownloadRequest

/** @category models @since 0.1.0 */
export type { DownloadPreview } from "./internal/Preview.ts"
/** @category errors @since 0.1.0 */
export { JobNotReady } from "./internal/Preview.ts"

/**
 * Downloads assets in bulk: batches, jobs, waiting, transfers, extraction, and the record that lets another process resume it.
 *
 * **When to use**
 *
 * Whenever files are to arrive on this machine. The services below it (`Archives`, `Extraction`, `FileDownload`, `Transfer`) are
 * for programs that compose the way themselves.
 *
 * **Gotchas**
 *
 * The same request again resumes: jobs that an unfinished run to the same place has begun are not begun again, and files that
 * are there are not fetched again.
 *
 * @category services
 * @since 0.1.0
 */
export class Downloads extends Context.Service<
  Downloads,
  {
    /**
     * All that happens, from `Started` to `Ended`. One archive that fails stops no other; what is missing is in the report of
     * `Ended`. A consumer that stops taking events holds the download, and may go on at any time.
     */
    readonly events: (request: DownloadRequest.DownloadRequest) => Stream.Stream<DownloadEvent, DownloadError>
    /** The report alone. Fails with `DownloadIncomplete`, which holds the report, where not everything is there in the end. */
    readonly run: (
      request: DownloadRequest.DownloadRequest
    ) => Effect.Effect<DownloadReport, DownloadError | DownloadIncomplete>
    /**
     * Begins the jobs, waits for none, and fetches nothing. `events` or `run` of the same request takes them up, today or in
     * another process. Of jobs begun earlier there is nothing to begin.
     */
    readonly begin: (request: DownloadRequest.DownloadRequest) => Stream.Stream<DownloadEvent, DownloadError>
    /** What would become of each batch, archive and file. Requests and writes nothing. */
    readonly preview: (
      request: DownloadRequest.DownloadRequest
    ) => Effect.Effect<
      Preview.DownloadPreview,
      | ReadError
      | ApiError
      | JobError
      | DestinationError
      | Preview.JobNotReady
      | InvalidPattern
      | TimeLimitExceeded
      | DownloadRequest.InvalidDownloadRequest
    >
  }
>()("@scenario-assets/node/download/Downloads") {}

/**
 * Builds the service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<
  Downloads["Service"],
  never,
  AssetCatalog | AssetDownload | JobPoller | ScenarioConfig | Transfer | FileDownload | Extraction | Runs | Destinations
> = Effect.gen(function* () {
  const context = yield* Effect.context<AssetCatalog | AssetDownload | JobPoller | ScenarioConfig>()
  const { baseUrl, projectId } = yield* ScenarioConfig
  const account = { baseUrl, projectId }
  const transfer = yield* Transfer
  const files = yield* FileDownload
  const extraction = yield* Extraction
  const runs = yield* Runs
  const destinations = yield* Destinations
  const openArchive = yield* OpenArchive.make

  /** The record of the run; where none can be written, jobs are known all the same, and new ones for as long as it lasts. */
  const record = (request: DownloadRequest.DownloadRequest) =>
    runs.begin(request, account).pipe(
      Effect.map((run) => ({ run, known: run, failure: undefined })),
      Effect.catchTag("FileError", (failure) =>
        Effect.map(runs.recall(request, account), (known) => ({ run: undefined, known, failure }))
      )
    )

  const open = Effect.fnUntraced(function* (
    request: DownloadRequest.DownloadRequest
  ): Effect.fn.Return<Destination, FileError | DestinationError | InvalidPattern> {
    const { connections = usualConnections, destination, idleTimeout, limitRate, retries } = request
    const concurrency = Math.min(request.concurrency ?? usualConcurrency, connections)
    const pool = yield* TransferPool.make({ connections, limitRate })
    const options = { connections, idleTimeout, pool, retries }
    if (destination._tag === "ArchiveFiles") {
      return yield* ArchiveFiles.open(files, destination, Batches.archiveCount(request), concurrency, options)
    }
    if (destination._tag === "Store") {
      const store = yield* destinations.find(destination.url)
      const rules = yield* StoredFiles.rules(destination)
      const of = { store, total: Batches.archiveCount(request), concurrency }
      return StoredFiles.open(openArchive, of, { ...options, ...rules })
    }
    const rules = yield* ExtractedFiles.rules(destination)
    const { directory, folders = false } = destination
    const into = { directory, folders, total: Batches.archiveCount(request), concurrency }
    return ExtractedFiles.open(extraction, into, { ...options, ...rules })
  })

  const download = (given: DownloadRequest.DownloadRequest, isBegin: boolean) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const request = yield* checked(given)
        const destination = yield* open(request)
        const { failure, known, run } = yield* record(request)
        const { journal, mayStartAnew } = known
        const archives = yield* Archives.make.pipe(Effect.provideService(JobJournal, journal), Effect.provide(context))
        const place = Place.of(request)
        const batches = Batches.archiveCount(request)
        const runId = run?.runId
        yield* Effect.annotateCurrentSpan({
          ...(runId === undefined ? {} : { "scenario.run.id": runId }),
          "scenario.batches": batches,
          "scenario.place": place
        })
        const tally = Tally.make({ runId, place, batches })
        const isNew = run?.resumed !== true
        let hasBegun = false
        let isOver = false
        /** Before it began anything: there is nothing to resume. */
        let isRefused = false
        if (run !== undefined) {
          yield* Effect.addFinalizer((exit) =>
            Effect.suspend(() => {
              const report = tally.report(isBegin)
              if (isNew && (isRefused || isAllRefused(report))) return run.discard
              // A consumer that fails at a report of failures has nothing to add to it.
              const isTold = isOver && (Exit.isSuccess(exit) || report.state === "incomplete")
              const end = isTold ? RunEvents.endOfReport(report, isBegin) : RunEnd.ofExit(exit)
              return run.end({ ...end, files: hasBegun ? report.files : undefined })
            }).pipe(Effect.ignore)
          )
        }
        const jobs = yield* JobSource.make(request, {
          account,
          archives,
          journal,
          mayStartAnew
        }).pipe(Effect.provide(context))
        const check = Effect.tapError(jobs.check(destination), () =>
          Effect.sync(() => {
            isRefused = true
          })
        )
        // A new run that is refused is none, and nobody is told of it.
        if (isNew) yield* check
        const started: DownloadEvent = {
          _tag: "Started",
          ...(runId === undefined ? {} : { runId }),
          resumed: !isNew,
          place,
          batches,
          idCount: Batches.idCount(request)
        }
        const ended = Stream.fromEffect(
          Effect.gen(function* () {
            isOver = true
            const report = tally.report(isBegin)
            const { files, state } = report
            const of = runId === undefined ? {} : { runId }
            yield* Effect.annotateCurrentSpan({ "scenario.run.state": state, "scenario.files": files })
            yield* Effect.annotateLogs(Effect.logInfo("A download has ended"), { ...of, state, files })
            return { _tag: "Ended", report } satisfies DownloadEvent
          })
        )
        const events = Stream.make<[DownloadEvent]>(started).pipe(
          Stream.concat(
            failure === undefined ? Stream.empty : Stream.make<[DownloadEvent]>({ _tag: "NotRecorded", error: failure })
          ),
          Stream.concat(
            Stream.unwrap(
              Effect.as(isNew ? Effect.void : check, isBegin ? jobs.begin : Pipeline.make(jobs, destination))
            )
          ),
          Stream.tap((event) => {
            tally.take(event)
            if (run === undefined) return Effect.void
            if (RunEvents.savesFiles(event)) hasBegun = true
            return Effect.ignore(RunEvents.record(run, event, () => tally.report(isBegin).files))
          }),
          Stream.concat(ended)
        )
        const { timeLimit } = request
        return timeLimit === undefined
          ? events
          : Stream.interruptWhen(events, Effect.andThen(Effect.sleep(timeLimit), exceeded(timeLimit)))
      })
    ).pipe(Stream.withSpan(isBegin ? "Downloads.begin" : "Downloads.run"))

  const events = (request: DownloadRequest.DownloadRequest) => download(request, false)

  return Downloads.of({
    events,
    begin: (request) => download(request, true),
    run: Effect.fnUntraced(function* (request) {
      const last = yield* Stream.runLast(events(request))
      const ended = yield* Effect.orDie(Effect.fromOption(last))
      if (ended._tag !== "Ended") return yield* Effect.die(ended)
      const { report } = ended
      return report.state === "complete" ? report : yield* new DownloadIncomplete({ report })
    }),
    preview: (request) =>
      Effect.flatMap(checked(request), (request) => {
        const preview = Preview.make(request, { destinations, extraction, openArchive, transfer })
        const { timeLimit: duration } = request
        return duration === undefined
          ? preview
          : Effect.timeoutOrElse(preview, { duration, orElse: () => exceeded(duration) })
      }).pipe(Effect.provide(context))
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  Downloads,
  never,
  AssetCatalog | AssetDownload | JobPoller | ScenarioConfig | Transfer | FileDownload | Extraction | Runs | Destinations
> = Layer.effect(Downloads, make)

/**
 * The service for tests without an API, a network or a disk: give the operations your test needs. Calling one that was not given
 * is a defect that names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (operations: Partial<Downloads["Service"]>): Layer.Layer<Downloads> => {
  const missing = (name: keyof Downloads["Service"]) =>
    Effect.die(new Error(`Downloads.layerTest: the test called ${name} and gave no ${name}`))
  return Layer.succeed(Downloads, {
    events: operations.events ?? (() => Stream.fromEffect(missing("events"))),
    run: operations.run ?? (() => missing("run")),
    begin: operations.begin ?? (() => Stream.fromEffect(missing("begin"))),
    preview: operations.preview ?? (() => missing("preview"))
  })
}

const exceeded = (limit: Duration.Duration) => Effect.fail(new TimeLimitExceeded({ limit }))

const encode = Schema.encodeEffect(DownloadRequest.DownloadRequest)

/** The same for a process in another directory. What cannot be carried out, or written down, is told before anything begins. */
const checked = (request: DownloadRequest.DownloadRequest) =>
  Effect.mapBoth(encode(request), {
    onFailure: ({ message }) => new DownloadRequest.InvalidDownloadRequest({ description: Redaction.redact(message) }),
    onSuccess: () => inOrder(Place.absolute(request))
  })

/** The same jobs in another order are the same request, as it is with the ids of a selection. */
const inOrder = (request: DownloadRequest.DownloadRequest): DownloadRequest.DownloadRequest => {
  const { wanted } = request
  return wanted._tag === "Jobs"
    ? { ...request, wanted: { ...wanted, jobIds: Arr.sort(wanted.jobIds, Order.String) } }
    : request
}

const usualConcurrency = 4
const usualConnections = 16

/** Whether nothing came of a run but that files of others are in its way, and it has started no job: there is nothing to resume. */
const isAllRefused = ({ archives, failures, jobs }: DownloadReport): boolean =>
  failures.length > 0 &&
  archives.length === 0 &&
  jobs.every(({ resumed }) => resumed) &&
  failures.every(({ error }) => error._tag === "FileError" && error.reason._tag === "Exists")
