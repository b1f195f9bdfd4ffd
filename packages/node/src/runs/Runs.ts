/**
 * Runs that are recorded, so that another process can resume them: a folder for each, with a small head, the request, and the
 * jobs as they are begun.
 *
 * @since 0.1.0
 */
import type { JobId } from "@scenario-assets/core/Asset"
import type { JobJournal } from "@scenario-assets/core/JobJournal"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { FileError } from "../file/FileError.ts"
import type { DownloadRequest } from "./DownloadRequest.ts"
import * as RunFolders from "./internal/RunFolders.ts"
import * as StateDirectory from "./internal/StateDirectory.ts"
import type {
  Account,
  End,
  OtherKindOfRun,
  RunBusy,
  RunBusyElsewhere,
  RunHead,
  RunId,
  RunJob,
  RunNotFound
} from "./RunRecord.ts"
import type { SyncRequest } from "./SyncRequest.ts"

/**
 * A run that is under way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  readonly runId: RunId
  /** An unfinished run for the same files is resumed. */
  readonly resumed: boolean
  /** It has an id of its own, and no earlier run has it. */
  readonly isNew: boolean
  /**
   * The memory of its jobs. It finds those of all unfinished runs to the same place, with the same API and project: a batch that
   * was begun for one of them is not begun twice.
   */
  readonly journal: JobJournal["Service"]
  /** The jobs it knows, in the order of the batches. */
  readonly jobs: Effect.Effect<ReadonlyArray<RunJob>>
  /** Allows a batch to be begun anew, once: its archive turned out to be of no use. */
  readonly mayStartAnew: (batch: number) => Effect.Effect<boolean, FileError>
  /** Records what became of the archive of a job. */
  readonly jobEnded: (jobId: JobId, state: "saved" | "failed") => Effect.Effect<void, FileError>
  /** Records how many files there are so far; every few seconds, however often it is told. */
  readonly saved: (files: number) => Effect.Effect<void, FileError>
  /** Records how it ended, and how many files it had saved, where that is known. */
  readonly end: (
    end: Pick<End, "state" | "message"> & { readonly files?: number | undefined }
  ) => Effect.Effect<void, FileError>
  /** Forgets a run that has come to nothing. */
  readonly discard: Effect.Effect<void, FileError>
}

/**
 * The runs of this machine and person. `Downloads` and `Sync` record each run here before it begins anything.
 *
 * @category services
 * @since 0.1.0
 */
export class Runs extends Context.Service<
  Runs,
  {
    /** The heads of all runs, the one first that was begun or resumed last. What is damaged is passed over. */
    readonly list: Effect.Effect<ReadonlyArray<RunHead>, FileError>
    readonly get: (runId: string) => Effect.Effect<RunHead, RunNotFound | FileError>
    /** What a download was asked for. */
    readonly request: (runId: RunId) => Effect.Effect<DownloadRequest, RunNotFound | OtherKindOfRun | FileError>
    /** What a synchronized directory was to hold. */
    readonly syncRequest: (runId: RunId) => Effect.Effect<SyncRequest, RunNotFound | OtherKindOfRun | FileError>
    /**
     * The jobs that a run has begun, or was asked for. Those that are of no use any more, such as failed ones, which a resumed run
     * begins anew, are left out unless they are asked for.
     */
    readonly jobs: (
      runId: RunId,
      options?: { readonly withUseless?: boolean }
    ) => Effect.Effect<ReadonlyArray<RunJob>, RunNotFound | FileError>
    /** Removes a run from the list; its files and its jobs stay. */
    readonly forget: (runId: RunId) => Effect.Effect<void, RunNotFound | RunBusy | RunBusyElsewhere | FileError>
    /**
     * Records that a run of another machine, or of another container, is interrupted, so that it can be resumed or forgotten
     * here. For whoever knows that it does not run there any more.
     */
    readonly release: (runId: RunId) => Effect.Effect<void, RunNotFound | RunBusy | FileError>
    /**
     * Records that a run begins. An unfinished run for the same files is resumed, else a new one is made. For as long as
     * the scope is open no other run to the same place can begin: `RunBusy`. Where another machine may be carrying out one for
     * the same selection to the same place, it is not resumed: `RunBusyElsewhere`. A directory that is kept in step has one run for a filter, which begins
     * again each time.
     */
    readonly begin: (
      request: DownloadRequest | SyncRequest,
      account: Account
    ) => Effect.Effect<Run, RunBusy | RunBusyElsewhere | FileError, Scope.Scope>
    /**
     * The memory of jobs for a download that cannot be recorded: it finds what `begin` would have found, and keeps what is new
     * for as long as it lasts.
     */
    readonly recall: (
      request: DownloadRequest,
      account: Account
    ) => Effect.Effect<Pick<Run, "journal" | "mayStartAnew">, RunBusyElsewhere | FileError>
  }
>()("@scenario-assets/node/runs/Runs") {}

/**
 * Runs in a directory, readable by its owner alone. Of those that are complete the newest 100 are kept.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: { readonly directory: string }): Layer.Layer<Runs> =>
  Layer.succeed(Runs, Runs.of(RunFolders.make(options.directory)))

/**
 * Where this system keeps such things: `$XDG_STATE_HOME/scenario-assets/runs`, by default below `~/.local/state`; on Windows
 * below `%LOCALAPPDATA%`. It need not exist.
 *
 * @category config
 * @since 0.1.0
 */
export const defaultDirectory: Config.Config<string> = StateDirectory.runs

/**
 * Runs in the {@link defaultDirectory}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<Runs, Config.ConfigError> = Layer.effect(
  Runs,
  Effect.map(defaultDirectory, (directory) => Runs.of(RunFolders.make(directory)))
)
