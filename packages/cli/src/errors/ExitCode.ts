/** The exit codes, decided in one place. */
import type * as ApiError from "@scenario-assets/core/ApiError"
import type * as JobError from "@scenario-assets/core/JobError"
import type * as TransferError from "@scenario-assets/core/transfer/TransferError"
import type * as ArchiveError from "@scenario-assets/node/archive/ArchiveError"
import * as Predicate from "effect/Predicate"
import { AccessError, type AccessProblem, type Failed, Failures, ProblemsFound } from "./CommandError.ts"

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  job: 3,
  credentials: 4,
  temporary: 5,
  notFound: 6,
  verification: 7,
  disk: 8,
  deadline: 9,
  hungUp: 129,
  interrupted: 130,
  outputClosed: 141,
  terminated: 143
} as const

/** What they mean, as `--help` and `docs/guide.md` say it. */
export const meanings: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [exitCodes.ok, "done"],
  [exitCodes.failed, "failed"],
  [exitCodes.usage, "wrong usage or configuration"],
  [exitCodes.job, "the job failed or was canceled"],
  [exitCodes.credentials, "credentials missing, rejected, or of the wrong scope"],
  [exitCodes.temporary, "a temporary failure (network, server, another run): try again"],
  [exitCodes.notFound, "not found"],
  [exitCodes.verification, "what arrived is not what was expected (content, length, object, archive)"],
  [exitCodes.disk, "disk"],
  [exitCodes.deadline, "a deadline or time limit has passed"],
  [exitCodes.hungUp, "the terminal was closed (SIGHUP)"],
  [exitCodes.interrupted, "interrupted (SIGINT)"],
  [exitCodes.outputClosed, "the reader of stdout is gone"],
  [exitCodes.terminated, "terminated (SIGTERM)"]
]

const apiReasons: { readonly [Tag in ApiError.Reason["_tag"]]: number } = {
  Unauthorized: exitCodes.credentials,
  QuotaExceeded: exitCodes.failed,
  Forbidden: exitCodes.credentials,
  NotFound: exitCodes.notFound,
  RateLimited: exitCodes.temporary,
  Rejected: exitCodes.failed,
  ServerError: exitCodes.temporary,
  InvalidResponse: exitCodes.temporary,
  ConnectionFailed: exitCodes.temporary,
  UntrustedHost: exitCodes.failed,
  InvalidRequest: exitCodes.failed,
  TimedOut: exitCodes.temporary,
  BatchTooLarge: exitCodes.usage
}

const jobReasons: { readonly [Tag in JobError.Reason["_tag"]]: number } = {
  JobFailed: exitCodes.job,
  JobCanceled: exitCodes.job,
  MissingDownloadUrl: exitCodes.temporary,
  DeadlineExceeded: exitCodes.deadline
}

const transferReasons: { readonly [Tag in TransferError.Reason["_tag"]]: number } = {
  AccessRefused: exitCodes.temporary,
  ObjectMissing: exitCodes.notFound,
  UnexpectedStatus: exitCodes.temporary,
  UnexpectedContent: exitCodes.verification,
  LengthMismatch: exitCodes.verification,
  ObjectChanged: exitCodes.verification,
  RangesRefused: exitCodes.temporary,
  ChecksumMismatch: exitCodes.verification,
  TimedOut: exitCodes.deadline,
  RedirectRefused: exitCodes.failed,
  InsecureUrl: exitCodes.failed,
  UntrustedHost: exitCodes.failed,
  InvalidRequest: exitCodes.failed,
  RetriesExhausted: exitCodes.temporary
}

const archiveReasons: { readonly [Tag in ArchiveError.Reason["_tag"]]: number } = {
  NotAnArchive: exitCodes.verification,
  Damaged: exitCodes.verification,
  Unsupported: exitCodes.verification,
  UnsafeName: exitCodes.verification,
  LimitExceeded: exitCodes.verification,
  WrongContent: exitCodes.verification,
  ContentClosed: exitCodes.failed
}

/** The code of an error; 1 for one that has no code of its own. */
export const of = (error: unknown): number => {
  if (error instanceof Failures) return common(error.failed)
  if (error instanceof AccessError) return ofAccess(error.problem)
  if (error instanceof ProblemsFound) return error.exitCode
  if (!isTagged(error)) return exitCodes.failed
  switch (error._tag) {
    case "ApiError":
      return reasonCode(apiReasons, error)
    case "JobError":
      return reasonCode(jobReasons, error)
    case "TransferError":
      return reasonCode(transferReasons, error)
    case "ArchiveError":
      return reasonCode(archiveReasons, error)
    case "JobNotReady":
    case "RunBusy":
    case "RunBusyElsewhere":
    case "PlaceBusy":
      return exitCodes.temporary
    case "RunNotFound":
    case "UnknownRun":
    case "CollectionNotFound":
    case "IdsNotFound":
    case "NoUnfinishedRun":
    case "NoJobBegun":
      return exitCodes.notFound
    case "DatabaseError":
      return "isPassing" in error && error.isPassing === true ? exitCodes.temporary : exitCodes.failed
    case "FileError":
      return reasonCode({ Locked: exitCodes.temporary }, error, exitCodes.disk)
    case "TimeLimitExceeded":
      return exitCodes.deadline
    case "DestinationError":
    case "JournalError":
    case "WorkerStopped":
    case "NoWorkingDirectory":
      return exitCodes.disk
    case "InvalidConfig":
      return "kind" in error && error.kind === "credentials" ? exitCodes.credentials : exitCodes.usage
    case "CredentialsFileError":
      return exitCodes.credentials
    case "DatabaseNotReady":
    case "NotForFleet":
    case "InvalidPattern":
    case "InvalidSelection":
    case "InvalidFault":
    case "ShowHelp":
    case "UsageError":
    case "ConfigError":
      return exitCodes.usage
    default:
      return exitCodes.failed
  }
}

/** Of credentials that are not known to be accepted. */
export const ofAccess = (problem: AccessProblem): number =>
  problem.kind === "open" ? exitCodes.failed : of(problem.answer)

const isTagged = (error: unknown): error is { readonly _tag: string } =>
  Predicate.hasProperty(error, "_tag") && typeof error._tag === "string"

const reasonCode = (
  codes: { readonly [tag: string]: number },
  error: object,
  otherwise: number = exitCodes.failed
): number => ("reason" in error && isTagged(error.reason) ? codes[error.reason._tag] : undefined) ?? otherwise

/** The code that all of them have, or 1. */
const common = (failed: ReadonlyArray<Failed>): number => {
  const [code, ...others] = new Set(failed.map(({ error }) => of(error)))
  return code !== undefined && others.length === 0 ? code : exitCodes.failed
}
