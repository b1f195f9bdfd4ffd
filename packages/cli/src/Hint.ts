/** What to do about an error, in the words of this command line; only where the error does not say it itself. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { ArchiveError } from "@scenario-assets/core/ArchiveError"
import type { JobError } from "@scenario-assets/core/JobError"
import type { InvalidConfig } from "@scenario-assets/core/ScenarioConfig"
import type { InvalidSelection } from "@scenario-assets/core/Selection"
import type { TransferError } from "@scenario-assets/core/TransferError"
import type { EmulatorServerError } from "@scenario-assets/node/EmulatorServer"
import type { FileError } from "@scenario-assets/node/FileError"
import * as Predicate from "effect/Predicate"
import type { JobPending } from "./JobPending.ts"

/** The errors that have a hint. They are told apart by their tags, so that their modules need not be loaded. */
type Hinted =
  | ApiError
  | JobError
  | JobPending
  | TransferError
  | ArchiveError
  | InvalidConfig
  | InvalidSelection
  | FileError
  | EmulatorServerError

export const of = (error: unknown): string | undefined => (isTagged(error) ? ofTagged(error) : undefined)

const isTagged = (error: unknown): error is Hinted => Predicate.hasProperty(error, "_tag")

const ofTagged = (error: Hinted): string | undefined => {
  switch (error._tag) {
    case "ApiError":
      return error.operation === "request" && error.reason._tag === "Rejected"
        ? "Leave --format out for the asset's own format."
        : undefined
    case "JobError":
      return error.reason._tag === "DeadlineExceeded"
        ? `To go on waiting: scenario-assets download --job ${error.jobId} --deadline 2h`
        : undefined
    case "TransferError":
      return error.isRetryable
        ? `Run the same command again${isKept(error) ? "; what is there already is kept" : ""}.`
        : undefined
    case "JobPending":
      return `To wait for it: scenario-assets wait ${error.jobId}`
    case "ArchiveError":
      return ofArchive(error)
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
      return error.code === "EEXIST" ? "To replace it: --force" : undefined
    case "EmulatorServerError":
      return "To take any free port: --port 0"
    default:
      return undefined
  }
}

const ofArchive = ({ reason }: ArchiveError): string | undefined => {
  switch (reason._tag) {
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
