/** What to do about an error, in the words of this command line; only where the error does not say it itself. */
import { isAbsolute } from "node:path"
import type { ApiError, Operation } from "@scenario-assets/core/ApiError"
import type { JobError } from "@scenario-assets/core/JobError"
import type { InvalidConfig } from "@scenario-assets/core/ScenarioConfig"
import type { InvalidSelection } from "@scenario-assets/core/Selection"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import type { TimeLimitExceeded } from "@scenario-assets/node/download/DownloadEvent"
import type { JobNotReady } from "@scenario-assets/node/download/Downloads"
import type { FileError } from "@scenario-assets/node/file/FileError"
import type { RunBusyElsewhere, RunNotFound } from "@scenario-assets/node/runs/RunRecord"
import type { EmulatorServerError } from "@scenario-assets/node/testing/EmulatorServer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type IdsNotFound, NoWorkingDirectory, type NoUnfinishedRun, type Resumable } from "../errors/CommandError.ts"
import * as IdKind from "../ids/IdKind.ts"

/** The errors that have a hint. They are told apart by their tags, so that their modules need not be loaded. */
type Hinted =
  | ApiError
  | JobError
  | JobNotReady
  | TransferError
  | ArchiveError
  | InvalidConfig
  | InvalidSelection
  | FileError
  | RunNotFound
  | NoUnfinishedRun
  | RunBusyElsewhere
  | EmulatorServerError
  | IdsNotFound
  | TimeLimitExceeded

/** `run` is one that can be resumed. */
export const of = (error: unknown, run?: Resumable): ReadonlyArray<string> =>
  [isTagged(error) ? ofTagged(error, run) : undefined].flat().filter((hint) => hint !== undefined)

const isTagged = (error: unknown): error is Hinted => Predicate.hasProperty(error, "_tag")

const ofTagged = (
  error: Hinted,
  run: Resumable | undefined
): string | undefined | ReadonlyArray<string | undefined> => {
  const toResume = to("resume", run)
  switch (error._tag) {
    case "ApiError":
      return ofApi(error, run)
    case "JobError":
      if (run !== undefined) return error.isRetryable ? to("wait again", run) : startAgain(run)
      return error.reason._tag === "DeadlineExceeded"
        ? `To wait again: scenario-assets download --job ${error.jobId} --deadline 2h`
        : undefined
    case "TransferError":
      // What the machine's clock, or a proxy with its pages, stands in the way of may do later.
      if (error.reason._tag === "AccessRefused" || error.reason._tag === "UnexpectedContent") return toResume
      if (error.reason._tag === "ObjectMissing" && run !== undefined) return startAgain(run)
      if (!error.isRetryable) return undefined
      return toResume ?? `Run the same command again${isKept(error) ? "; what was already downloaded is kept" : ""}.`
    case "TimeLimitExceeded":
      return toResume
    case "JobNotReady":
      return `To wait for it: scenario-assets wait ${error.jobId}`
    case "ArchiveError":
      return ofArchive(error, toResume)
    case "InvalidConfig":
      return error.kind === "credentials"
        ? "Or store them: scenario-assets auth login. Without an account, try it on an emulator: scenario-assets emulate"
        : error.kind === "baseUrl"
          ? "Or pass another one with --base-url."
          : "Or pass another one with --project."
    case "InvalidSelection":
      return error.refused.length === 0
        ? "Pass ids such as model_… or job_…, a file of ids with --from-file, or - to read them from stdin; or choose assets with --collection, --kind, --since and others."
        : undefined
    case "FileError":
      return ofFile(error, run)
    case "IdsNotFound":
      return "Check the ids, and the project; all others were downloaded."
    case "RunNotFound":
    case "NoUnfinishedRun":
      return "To list the runs: scenario-assets runs --all"
    case "RunBusyElsewhere":
      return `If it is not running any more, resume it here: scenario-assets runs resume ${error.runId} --take-over`
    case "EmulatorServerError":
      return "To use any free port: --port 0"
    default:
      return undefined
  }
}

const ofApi = (error: ApiError, run: Resumable | undefined): string | undefined => {
  if (error.isRetryable) return to("resume", run)
  switch (error.reason._tag) {
    case "Unauthorized":
    case "QuotaExceeded":
      return to("resume", run)
    case "Forbidden":
      // The project is written down with the run.
      return to("resume in the same project", run)
    case "NotFound":
      return ofUnknown(error, run)
    case "Rejected":
      return error.operation === "request" ? "Omit --format for the asset's own format." : undefined
    default:
      return undefined
  }
}

const ofUnknown = ({ operation, subject }: ApiError, run: Resumable | undefined): string | undefined => {
  const other = subject === undefined ? undefined : otherKind(operation, subject)
  if (other !== undefined) return other
  const again = operation === "getStatus" && run !== undefined ? startAgain(run) : undefined
  if (again !== undefined) return again
  // No id stands in its path, so that the whole operation may be what is not known.
  const baseUrl = operation === "requestBatch" ? ["Also check the base URL: Scenario's ends in /v1."] : []
  const forget =
    run?.runId === undefined
      ? []
      : [`If an id is wrong, remove the run from the list: scenario-assets runs forget ${run.runId}`]
  const hints = [...baseUrl, ...forget]
  return hints.length === 0 ? undefined : hints.join(" ")
}

/** Whether an id that is not known looks like one of another kind, and what takes it. */
const otherKind = (operation: Operation, id: string): string | undefined => {
  const looksLike = (what: string, command: string) => `${id} looks like the id of ${what}; try: ${command}`
  switch (IdKind.of(id)) {
    case "asset":
      return operation === "request" ? undefined : looksLike("an asset", `scenario-assets asset ${id}`)
    case "job":
      return operation === "request" ? looksLike("a job", `scenario-assets download --job ${id}`) : undefined
    case "inference":
      return looksLike("an inference", `scenario-assets download ${id}`)
    case "model":
      return looksLike("a model", `scenario-assets download ${id}`)
    case "project":
      return `${id} looks like the id of a project; pass it with --project.`
    case "run":
      return `${id} looks like the id of a run; to list the runs: scenario-assets runs --all`
    default:
      return undefined
  }
}

const to = (what: string, run: Resumable | undefined): string | undefined =>
  run === undefined ? undefined : `To ${what}: ${run.command}`

/** A job that is of no use any more. */
const startAgain = (run: Resumable): string | undefined => (run.beginsJobs ? to("start it again", run) : undefined)

const ofArchive = ({ reason }: ArchiveError, toResume: string | undefined): string | undefined => {
  switch (reason._tag) {
    // What arrived otherwise may arrive well, or be made anew by another job.
    case "NotAnArchive":
    case "Damaged":
    case "WrongContent":
      return toResume
    case "UnsafeName":
      return "To skip such files: --exclude GLOB"
    case "LimitExceeded":
      return reason.limit === "entries" || reason.limit === "directorySize"
        ? undefined
        : "To raise the limit: --max-size SIZE"
    default:
      return undefined
  }
}

/** Whether the bytes that came are to be trusted, and stay for the next run. */
const isKept = ({ reason }: TransferError): boolean =>
  reason._tag === "RetriesExhausted" || reason._tag === "TimedOut" || reason._tag === "UnexpectedStatus"

const currentDirectory = Option.liftThrowable(() => process.cwd())

/** The disk can be put right, or another one be taken; either way the jobs there are will do. */
const ofFile = (
  { operation, path, reason }: FileError,
  run: Resumable | undefined
): string | undefined | ReadonlyArray<string | undefined> => {
  // Nothing can be made there, nor anywhere relative to it.
  if (!isAbsolute(path) && Option.isNone(currentDirectory())) return new NoWorkingDirectory().message
  if (operation.startsWith("store the credentials")) {
    return (
      "To store them elsewhere, set XDG_CONFIG_HOME to a writable directory, also for later commands. " +
      "Or set SCENARIO_API_KEY and SCENARIO_API_SECRET."
    )
  }
  if (/[\\/]scenario-assets[\\/]runs\b/.test(path) && operation.startsWith("read")) {
    return (
      "Jobs that were started are recorded there, so none was started now. To start without these records, set XDG_STATE_HOME to another directory. " +
      "To download the files of a job that was started: scenario-assets download --job ID"
    )
  }
  switch (reason._tag) {
    case "Exists":
      return run?.isResumed === true ? to("resume after moving it away", run) : "To replace it: --force"
    case "Locked":
    case "NotOurs":
      return undefined
    case "TooManyOpenFiles":
      return to("resume", run)
    default: {
      const elsewhere =
        run?.elsewhere === undefined ? undefined : `To save the files elsewhere, from the same job: ${run.elsewhere}`
      return [to(reason._tag === "NoSpace" ? "resume" : "resume once that is fixed", run), elsewhere]
    }
  }
}
