/** What to do about an error, in the words of this command line; only where the error does not say it itself. */
import type { ApiError, Operation } from "@scenario-assets/core/ApiError"
import type { JobError } from "@scenario-assets/core/JobError"
import type { InvalidConfig } from "@scenario-assets/core/ScenarioConfig"
import type { InvalidSelection } from "@scenario-assets/core/Selection"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import type { TimeLimitExceeded } from "@scenario-assets/node/download/DownloadEvent"
import type { JobNotReady } from "@scenario-assets/node/download/Downloads"
import type { RunNotFound } from "@scenario-assets/node/download/RunRecord"
import type { FileError } from "@scenario-assets/node/file/FileError"
import type { EmulatorServerError } from "@scenario-assets/node/testing/EmulatorServer"
import * as Predicate from "effect/Predicate"
import type { NoUnfinishedRun, Resumable, RunBusyElsewhere } from "../errors/CommandError.ts"
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
  | TimeLimitExceeded

/** `run` is one that can be gone on with. */
export const of = (error: unknown, run?: Resumable): ReadonlyArray<string> =>
  [isTagged(error) ? ofTagged(error, run) : undefined].flat().filter((hint) => hint !== undefined)

const isTagged = (error: unknown): error is Hinted => Predicate.hasProperty(error, "_tag")

const ofTagged = (
  error: Hinted,
  run: Resumable | undefined
): string | undefined | ReadonlyArray<string | undefined> => {
  const goOn = to("go on", run)
  switch (error._tag) {
    case "ApiError":
      return ofApi(error, run)
    case "JobError":
      if (run !== undefined) return error.isRetryable ? to("go on waiting", run) : startAgain(run)
      return error.reason._tag === "DeadlineExceeded"
        ? `To go on waiting: scenario-assets download --job ${error.jobId} --deadline 2h`
        : undefined
    case "TransferError":
      // What the machine's clock, or a proxy with its pages, stands in the way of may do later.
      if (error.reason._tag === "AccessRefused" || error.reason._tag === "UnexpectedContent") return goOn
      if (error.reason._tag === "ObjectMissing" && run !== undefined) return startAgain(run)
      if (!error.isRetryable) return undefined
      return goOn ?? `Run the same command again${isKept(error) ? "; what is there already is kept" : ""}.`
    case "TimeLimitExceeded":
      return to("resume", run)
    case "JobNotReady":
      return `To wait for it: scenario-assets wait ${error.jobId}`
    case "ArchiveError":
      return ofArchive(error, goOn)
    case "InvalidConfig":
      return error.kind === "credentials"
        ? "Or store them: scenario-assets auth login. Without an account, try it on an emulator: scenario-assets emulate"
        : error.kind === "baseUrl"
          ? "Or give another one by --base-url."
          : "Or give another one by --project."
    case "InvalidSelection":
      return error.refused.length === 0
        ? "Give ids such as model_… as arguments, in a file by --from-file, or by '-' on stdin."
        : undefined
    case "FileError":
      return ofFile(error, run)
    case "RunNotFound":
    case "NoUnfinishedRun":
      return "To see those there are: scenario-assets runs --all"
    case "RunBusyElsewhere":
      return `If it does not, name it: scenario-assets runs resume ${error.runId}`
    case "EmulatorServerError":
      return "To take any free port: --port 0"
    default:
      return undefined
  }
}

const ofApi = (error: ApiError, run: Resumable | undefined): string | undefined => {
  if (error.isRetryable) return to("go on", run)
  switch (error.reason._tag) {
    case "Unauthorized":
    case "QuotaExceeded":
      return to("go on", run)
    case "Forbidden":
      // The project is written down with the run.
      return to("go on in the same project", run)
    case "NotFound":
      return ofUnknown(error, run)
    case "Rejected":
      return error.operation === "request" ? "Leave --format out for the asset's own format." : undefined
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
  const baseUrl = operation === "requestBatch" ? ["Check the base URL too: that of Scenario ends in /v1."] : []
  const forget =
    run?.runId === undefined
      ? []
      : [`If an id is wrong, take the run off the list: scenario-assets runs forget ${run.runId}`]
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
      return `${id} looks like the id of a project; give it by --project.`
    case "run":
      return `${id} looks like the id of a run; to see those there are: scenario-assets runs --all`
    default:
      return undefined
  }
}

const to = (what: string, run: Resumable | undefined): string | undefined =>
  run === undefined ? undefined : `To ${what}: ${run.command}`

/** A job that is of no use any more. */
const startAgain = (run: Resumable): string | undefined => (run.beginsJobs ? to("start it again", run) : undefined)

const ofArchive = ({ reason }: ArchiveError, goOn: string | undefined): string | undefined => {
  switch (reason._tag) {
    // What arrived otherwise may arrive well, or be made anew by another job.
    case "NotAnArchive":
    case "Damaged":
    case "WrongContent":
      return goOn
    case "UnsafeName":
      return "To leave such files out: --exclude GLOB"
    case "LimitExceeded":
      return reason.limit === "entries" || reason.limit === "directorySize"
        ? undefined
        : "To allow more: --max-size SIZE"
    default:
      return undefined
  }
}

/** Whether the bytes that came are to be trusted, and stay for the next run. */
const isKept = ({ reason }: TransferError): boolean =>
  reason._tag === "RetriesExhausted" || reason._tag === "TimedOut" || reason._tag === "UnexpectedStatus"

/** The disk can be put right, or another one be taken; either way the jobs there are will do. */
const ofFile = (
  { operation, path, reason }: FileError,
  run: Resumable | undefined
): string | undefined | ReadonlyArray<string | undefined> => {
  if (operation.startsWith("store the credentials")) {
    return (
      "To store them elsewhere: set XDG_CONFIG_HOME to a directory that can be written to, also for the commands after this. " +
      "Or store none: set SCENARIO_API_KEY and SCENARIO_API_SECRET."
    )
  }
  if (/[\\/]scenario-assets[\\/]runs\b/.test(path) && operation.startsWith("read")) {
    return (
      "Jobs that were started are recorded there, so none was started now. To do without: set XDG_STATE_HOME to another directory. " +
      "To take the files of a job that was started: scenario-assets download --job ID"
    )
  }
  switch (reason._tag) {
    case "Exists":
      return run?.isResumed === true ? to("go on, once it is moved away", run) : "To replace it: --force"
    case "Locked":
    case "NotOurs":
      return undefined
    case "TooManyOpenFiles":
      return to("go on", run)
    default: {
      const elsewhere =
        run?.elsewhere === undefined ? undefined : `To take the files elsewhere, from the same job: ${run.elsewhere}`
      return [to(reason._tag === "NoSpace" ? "go on" : "go on, once that is put right", run), elsewhere]
    }
  }
}
