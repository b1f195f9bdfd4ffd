/**
 * What can go wrong with one call of the API.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { isTransientStatus } from "./http/Http.ts"
import * as ApiReason from "./internal/ApiReason.ts"

/** @category reasons @since 0.1.0 */
export type {
  BatchTooLarge,
  ConnectionFailed,
  Forbidden,
  InvalidRequest,
  InvalidResponse,
  NotFound,
  QuotaExceeded,
  RateLimited,
  Rejected,
  ServerError,
  TimedOut,
  Unauthorized,
  UntrustedHost
} from "./internal/ApiReason.ts"

/** @category models @since 0.1.0 */
export type { ResponseDetails } from "./internal/ApiReason.ts"

const Operation = Schema.Literals([
  "requestBatch",
  "getStatus",
  "request",
  "listAssets",
  "searchAssets",
  "getBulk",
  "listCollections"
])

/**
 * The three operations of `assets.download`, and those of the catalogue.
 *
 * @category models
 * @since 0.1.0
 */
export type Operation = typeof Operation.Type

/**
 * Why a call failed: match by `_tag`. `Reason.cases` has the class of each, to construct one in a test.
 *
 * @category reasons
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  ApiReason.Unauthorized,
  ApiReason.QuotaExceeded,
  ApiReason.Forbidden,
  ApiReason.NotFound,
  ApiReason.RateLimited,
  ApiReason.Rejected,
  ApiReason.ServerError,
  ApiReason.InvalidResponse,
  ApiReason.ConnectionFailed,
  ApiReason.UntrustedHost,
  ApiReason.InvalidRequest,
  ApiReason.TimedOut,
  ApiReason.BatchTooLarge
]).pipe(Schema.toTaggedUnion("_tag"))
/** @category models @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * A call of the API that failed, after the repetitions its operation allows. Match the reason with
 * `Effect.catchReason("ApiError", "NotFound", …)`.
 *
 * @category errors
 * @since 0.1.0
 */
export class ApiError extends Schema.TaggedError<ApiError>()("ApiError", {
  operation: Operation,
  /** The job or asset asked for, where there is one. */
  subject: Schema.optionalKey(Schema.String),
  reason: Reason
}) {
  override get message(): string {
    const subject = this.subject === undefined ? "" : ` of ${this.subject}`
    return `${this.operation}${subject}: ${this.reason.message}.`
  }

  /** The error of the HTTP client that is behind it, if there is one. */
  override get cause(): unknown {
    return "cause" in this.reason ? this.reason.cause : undefined
  }

  /** What the server answered, if it did. */
  get response(): ApiReason.ResponseDetails | undefined {
    return "response" in this.reason ? this.reason.response : undefined
  }

  /**
   * Whether the same call may succeed later. For `requestBatch` a repetition may start a second job where
   * `reason` is not a `RateLimited` or a connection that was never made.
   */
  get isRetryable(): boolean {
    switch (this.reason._tag) {
      case "RateLimited":
      case "InvalidResponse":
      case "ConnectionFailed":
      case "TimedOut":
        return true
      case "ServerError":
      case "Rejected":
        return isTransientStatus(this.reason.response.status)
      default:
        return false
    }
  }
}
