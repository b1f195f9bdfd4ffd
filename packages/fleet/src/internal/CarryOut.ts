/** One attempt at a batch: a download like any other, whose record is the database. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { AssetCatalog } from "@scenario-assets/core/AssetCatalog"
import type { AssetDownload } from "@scenario-assets/core/AssetDownload"
import type { JobJournal } from "@scenario-assets/core/JobJournal"
import type { JobPoller } from "@scenario-assets/core/JobPoller"
import type { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import type { Destinations } from "@scenario-assets/node/download/Destination"
import type { DownloadFailure, DownloadReport } from "@scenario-assets/node/download/DownloadEvent"
import * as Downloads from "@scenario-assets/node/download/Downloads"
import { Extraction } from "@scenario-assets/node/extraction/Extraction"
import type { FileDownload } from "@scenario-assets/node/file/FileDownload"
import type { DownloadRequest } from "@scenario-assets/node/runs/DownloadRequest"
import type { RunId } from "@scenario-assets/node/runs/RunRecord"
import { type Run, Runs } from "@scenario-assets/node/runs/Runs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"

/** What a worker needs of Scenario. */
export type Services =
  | AssetCatalog
  | AssetDownload
  | JobPoller
  | ScenarioConfig
  | Transfer
  | FileDownload
  | Extraction
  | Destinations

export interface Attempt {
  readonly runId: RunId
  readonly request: DownloadRequest
  readonly journal: JobJournal["Service"]
  /** Comes before the directory is opened: whoever has lost the batch takes nothing from those who have it. */
  readonly whenKept: Effect.Effect<void>
  /** Threads that unpack. */
  readonly threads: number
  /** Hears how much is there, after each change. */
  readonly onProgress: (files: number, bytes: number) => void
}

/** Gives what came of it. A lease keeps others away, so the directory is taken from whoever had it before. */
export const carryOut = Effect.fnUntraced(function* ({
  journal,
  onProgress,
  request,
  runId,
  threads,
  whenKept
}: Attempt): Effect.fn.Return<DownloadReport, Downloads.DownloadError, Services> {
  const extraction = yield* Extraction
  const downloads = yield* Downloads.make.pipe(
    Effect.provideService(Runs, recordOf({ runId, journal })),
    Effect.provideService(Extraction, {
      ...extraction,
      eventsAll: (archives, directory, options) =>
        Stream.unwrap(
          Effect.as(whenKept, extraction.eventsAll(archives, directory, { ...options, threads, takeOver: true }))
        )
    })
  )
  let files = 0
  let bytes = 0
  const last = yield* downloads.events(request).pipe(
    Stream.tap((event) =>
      Effect.sync(() => {
        if (event._tag === "FilesSaved") {
          files += event.files.length
          for (const { size } of event.files) bytes += size
        } else if (event._tag === "ArchiveFailed" && event.startsAnew) files = bytes = 0
        else return
        onProgress(files, bytes)
      })
    ),
    Stream.runLast
  )
  const ended = yield* Effect.orDie(Effect.fromOption(last))
  return ended._tag === "Ended" ? ended.report : yield* Effect.die(ended)
})

/** A record of one run that stands elsewhere: all that is asked of it here is its jobs. */
const recordOf = ({ journal, runId }: Pick<Attempt, "runId" | "journal">): Runs["Service"] => {
  const run: Run = {
    runId,
    resumed: false,
    isNew: true,
    journal,
    jobs: Effect.succeed([]),
    // An archive that is of no use costs an attempt, and the next one begins a new job.
    mayStartAnew: () => Effect.succeed(false),
    jobEnded: () => Effect.void,
    saved: () => Effect.void,
    end: () => Effect.void,
    discard: Effect.void
  }
  const none = Effect.die(new Error("A batch of a fleet has no list of runs"))
  return {
    begin: () => Effect.succeed(run),
    recall: () => Effect.succeed(run),
    list: none,
    get: () => none,
    request: () => none,
    syncRequest: () => none,
    jobs: () => none,
    forget: () => none,
    release: () => none
  }
}

/**
 * What an error means. `attempt`: it may work next time, here or elsewhere. `final`: it would be the same again. `pause`: the account is
 * refused, which is no fault of the batch. `stop`: this worker is of no use until somebody mends it. `place`: so is every worker, or the
 * place is wrong; that the worker stops counts as an attempt, for else the run would stop one after another.
 */
export type Verdict = "attempt" | "final" | "pause" | "stop" | "place"

type Failure = DownloadFailure | Downloads.DownloadError

const verdictOf = (error: Failure): Verdict => {
  switch (error._tag) {
    case "ApiError":
      return ofApi(error)
    case "TransferError":
      return error.reason._tag === "UntrustedHost" ? "stop" : "attempt"
    case "FileError":
      return ofFiles[error.reason._tag] ?? "attempt"
    case "DestinationError":
      return error.isFatal ? "place" : "attempt"
    case "InvalidPattern":
    case "InvalidDownloadRequest":
      return "final"
    default:
      return "attempt"
  }
}

const ofApi = ({ isRetryable, operation, reason }: ApiError): Verdict => {
  switch (reason._tag) {
    case "Unauthorized":
    case "QuotaExceeded":
    case "Forbidden":
      return "pause"
    case "UntrustedHost":
    case "InvalidRequest":
      return "stop"
    case "BatchTooLarge":
      return "final"
    // A job that is gone is begun again.
    case "NotFound":
      return operation === "requestBatch" ? "final" : "attempt"
    default:
      return isRetryable || operation !== "requestBatch" ? "attempt" : "final"
  }
}

const ofFiles: Readonly<Record<string, Verdict>> = {
  NoSpace: "stop",
  DiskFailed: "stop",
  TooManyOpenFiles: "stop",
  ReadOnly: "place",
  PermissionDenied: "place",
  Exists: "final",
  IsDirectory: "final",
  NotADirectory: "final",
  NotOurs: "final"
}

const order: ReadonlyArray<Verdict> = ["stop", "place", "pause", "attempt", "final"]

/**
 * The error that decides, of several, and what it means. A 403 may be about single ids: whether the account is refused is found out by one
 * more look at what it may see.
 */
export const judge = Effect.fnUntraced(function* (
  errors: ReadonlyArray<Failure>,
  { wanted }: Pick<DownloadRequest, "wanted">
): Effect.fn.Return<{ readonly error: Failure; readonly verdict: Verdict } | undefined, never, AssetCatalog> {
  const [worst] = errors
    .map((error) => ({ error, verdict: verdictOf(error) }))
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
  if (worst?.error._tag !== "ApiError") return worst
  // A job of somebody else is not begun again.
  if (worst.error.reason._tag === "NotFound" && wanted._tag === "Jobs") return { ...worst, verdict: "final" }
  if (worst.error.reason._tag !== "Forbidden") return worst
  const { list } = yield* AssetCatalog
  const look = yield* Effect.result(Stream.runDrain(Stream.take(list(), 1)))
  if (Result.isSuccess(look)) return { ...worst, verdict: "final" }
  return ofApi(look.failure) === "pause" ? worst : { ...worst, verdict: "attempt" }
})
