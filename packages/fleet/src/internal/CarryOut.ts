/** One attempt at a batch: a download like any other, whose record is the database. */
import type { AssetCatalog } from "@scenario-assets/core/AssetCatalog"
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
  /** Whether the batch may begin its job anew, which it may once. */
  readonly mayStartAnew: Effect.Effect<boolean>
  /** Hears how much is there, after each change. */
  readonly onProgress: (files: number, bytes: number) => void
}

/** Gives what came of it. A lease keeps others away, so the directory is taken from whoever had it before. */
export const carryOut = Effect.fnUntraced(function* ({
  journal,
  mayStartAnew,
  onProgress,
  request,
  runId
}: Attempt): Effect.fn.Return<DownloadReport, Downloads.DownloadError, Services> {
  const extraction = yield* Extraction
  const downloads = yield* Downloads.make.pipe(
    Effect.provideService(Runs, recordOf({ runId, journal, mayStartAnew })),
    Effect.provideService(Extraction, {
      ...extraction,
      eventsAll: (archives, directory, options) =>
        extraction.eventsAll(archives, directory, { ...options, takeOver: true })
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
const recordOf = ({
  journal,
  mayStartAnew,
  runId
}: Pick<Attempt, "runId" | "journal" | "mayStartAnew">): Runs["Service"] => {
  const run: Run = {
    runId,
    resumed: false,
    isNew: true,
    journal,
    jobs: Effect.succeed([]),
    mayStartAnew: () => mayStartAnew,
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
 * What an error means for the worker. `attempt`: it may work next time, here or elsewhere. `final`: it would be the same again. `pause`:
 * the account is refused, which is no fault of the batch. `stop`: the worker cannot store anything.
 */
export type Verdict = "attempt" | "final" | "pause" | "stop"

export const verdictOf = (error: DownloadFailure | Downloads.DownloadError): Verdict => {
  switch (error._tag) {
    case "ApiError":
      return ofApi[error.reason._tag] ?? "attempt"
    case "FileError":
      return ofFiles[error.reason._tag] ?? "attempt"
    case "DestinationError":
      return error.isFatal ? "stop" : "attempt"
    case "InvalidPattern":
    case "InvalidDownloadRequest":
      return "final"
    default:
      return "attempt"
  }
}

const ofApi: Readonly<Record<string, Verdict>> = {
  Unauthorized: "pause",
  QuotaExceeded: "pause",
  Forbidden: "pause",
  NotFound: "final",
  Rejected: "final",
  InvalidRequest: "final",
  BatchTooLarge: "final"
}

const ofFiles: Readonly<Record<string, Verdict>> = {
  NoSpace: "stop",
  DiskFailed: "stop",
  ReadOnly: "stop",
  PermissionDenied: "stop",
  TooManyOpenFiles: "stop",
  Exists: "final",
  IsDirectory: "final",
  NotADirectory: "final",
  NotOurs: "final"
}

const order: ReadonlyArray<Verdict> = ["stop", "pause", "attempt", "final"]

/** The error that decides, of several. */
export const worst = <E extends DownloadFailure | Downloads.DownloadError>(
  errors: ReadonlyArray<E>
): { readonly error: E; readonly verdict: Verdict } | undefined =>
  errors
    .map((error) => ({ error, verdict: verdictOf(error) }))
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0]
