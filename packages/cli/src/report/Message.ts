/** An error in the words of a person: what happened, to what, and what to do. What a developer asks for is in `Causes`. */
import type { ApiError, Operation } from "@scenario-assets/core/ApiError"
import type { JobError } from "@scenario-assets/core/JobError"
import type { ArchiveError } from "@scenario-assets/node/archive/ArchiveError"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Format from "../text/Format.ts"

/** The errors whose own message is for developers. They are told apart by their tags, so that their modules need not be loaded. */
type Reworded = ApiError | ArchiveError | JobError

export const of = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? String(error.message) : String(error)
  if (!isTagged(error)) return message
  switch (error._tag) {
    case "ApiError":
      return `${problem(error)}; ${advice(error)}.`
    case "JobError":
      return error.reason._tag === "DeadlineExceeded" ? ofDeadline(error.jobId, error.reason) : message
    case "ArchiveError":
      // Where a flag is the way out, which the hint names, the advice of the library is left out.
      return error.reason._tag === "LimitExceeded" ? `${error.problem}.` : message
    default:
      return message
  }
}

const isTagged = (error: unknown): error is Reworded => Predicate.hasProperty(error, "_tag")

/** What happened, without what to do about it. */
export const problem = ({ operation, reason, subject }: ApiError): string => {
  const { act, of } = words[operation]
  const what = of(subject === undefined ? "" : ` ${Format.shortName(subject)}`)
  switch (reason._tag) {
    case "Unauthorized":
      return "Scenario rejected the credentials (401)"
    case "QuotaExceeded":
      return "The quota of this Scenario account is used up (402)"
    case "Forbidden":
      return `No access to ${what} (403)`
    case "NotFound":
      return operation === "requestBatch" ? `Scenario does not know ${what} (404)` : `No ${what} in this project (404)`
    case "RateLimited":
      return "Too many requests to Scenario (429)"
    case "Rejected":
      return `Scenario refused the request for ${what} (${reason.response.status})`
    case "ServerError":
      return `Scenario failed to ${act} ${what} (${reason.response.status})`
    case "InvalidResponse":
      return `Unexpected answer from Scenario about ${what} (${reason.response.status}): ${reason.description}`
    case "ConnectionFailed":
      return `${reason.maybeSent ? "Lost the connection" : "Cannot connect"} to Scenario: ${reason.description}`
    case "UntrustedHost":
      return `The certificate of the Scenario server is not trusted: ${reason.description}`
    case "InvalidRequest":
      return `Cannot send the request for ${what}: ${reason.description}`
    case "TimedOut":
      return `No answer from Scenario about ${what} within ${Duration.format(reason.limit)}`
    case "BatchTooLarge":
      return `${reason.size} ids are more than the ${reason.limit} of one batch`
  }
}

const advice = ({ isRetryable, operation, reason }: ApiError): string => {
  switch (reason._tag) {
    case "Unauthorized":
      return "check the API key and secret"
    case "QuotaExceeded":
      return "check your plan at scenario.com"
    case "Forbidden":
      return "check the project, and what the API key may access"
    case "NotFound":
      return `check the ${operation === "requestBatch" ? "ids" : "id"}, and the project of the API key`
    case "RateLimited":
      return reason.retryAfter === undefined ? "try again later" : `try again in ${Duration.format(reason.retryAfter)}`
    case "Rejected":
      return isRetryable ? "try again later" : "--verbose shows the answer"
    case "ServerError":
    case "TimedOut":
      return "try again later"
    case "InvalidResponse":
      return "check the base URL, or try again later"
    case "ConnectionFailed":
      return "check the network and the base URL"
    case "UntrustedHost":
      return "check the base URL and any proxy, or set NODE_EXTRA_CA_CERTS to the file of its certificate"
    case "InvalidRequest":
      return "check the base URL"
    case "BatchTooLarge":
      return "pass fewer ids"
  }
}

/** What an operation is to a person. */
const words: {
  readonly [O in Operation]: { readonly act: string; readonly of: (subject: string) => string }
} = {
  getStatus: { act: "look up", of: (subject) => `job${subject}` },
  request: { act: "provide", of: (subject) => `asset${subject}` },
  requestBatch: { act: "start a job for", of: () => "the requested ids" },
  listAssets: { act: "list", of: () => "assets" },
  searchAssets: { act: "search", of: () => "assets" },
  getBulk: { act: "look up", of: () => "assets" },
  listCollections: { act: "list", of: () => "collections" }
}

/** The last request about the job may have failed, which is an error of the API. */
const ofDeadline = (
  jobId: string,
  { elapsed, lastError, lastStatus }: Extract<JobError["reason"], { readonly _tag: "DeadlineExceeded" }>
): string => {
  const state =
    lastStatus === undefined ? `The state of job ${jobId} is unknown` : `Job ${jobId} is still ${lastStatus}`
  const why = lastError === undefined ? "" : ` (the last request failed: ${problem(lastError)})`
  const after = `after ${Format.time(Duration.toMillis(elapsed))}, and the deadline has passed`
  return `${state} ${after}${why}; it continues at Scenario.`
}
