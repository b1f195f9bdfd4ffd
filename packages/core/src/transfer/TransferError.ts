/**
 * What can go wrong while bytes move from a storage host.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as TransferReason from "./internal/TransferReason.ts"

/** @category reasons @since 0.1.0 */
export type {
  AccessRefused,
  ChecksumMismatch,
  InsecureUrl,
  InvalidRequest,
  LengthMismatch,
  ObjectChanged,
  ObjectMissing,
  RangesRefused,
  RedirectRefused,
  RetriesExhausted,
  TimedOut,
  UnexpectedContent,
  UnexpectedStatus,
  UntrustedHost
} from "./internal/TransferReason.ts"

/**
 * Why a transfer ended early: match by `_tag`. `Reason.cases` has the class of each, to construct one in a test.
 *
 * @category reasons
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  TransferReason.AccessRefused,
  TransferReason.ObjectMissing,
  TransferReason.UnexpectedStatus,
  TransferReason.UnexpectedContent,
  TransferReason.LengthMismatch,
  TransferReason.ObjectChanged,
  TransferReason.RangesRefused,
  TransferReason.ChecksumMismatch,
  TransferReason.TimedOut,
  TransferReason.RedirectRefused,
  TransferReason.InsecureUrl,
  TransferReason.UntrustedHost,
  TransferReason.InvalidRequest,
  TransferReason.RetriesExhausted
]).pipe(Schema.toTaggedUnion("_tag"))
/** @category models @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * A transfer that ended before the object was whole. Match the reason with
 * `Effect.catchReason("TransferError", "AccessRefused", …)`.
 *
 * @category errors
 * @since 0.1.0
 */
export class TransferError extends Schema.TaggedError<TransferError>()("TransferError", {
  /** Scheme, host and port of the storage host. */
  origin: Schema.String,
  reason: Reason
}) {
  override get message(): string {
    return `Transfer: ${this.origin} ${this.reason.message}.`
  }

  /** Whether the same transfer may succeed later. */
  get isRetryable(): boolean {
    switch (this.reason._tag) {
      case "RetriesExhausted":
      case "ObjectChanged":
      case "RangesRefused":
      case "UnexpectedStatus":
      case "LengthMismatch":
      case "ChecksumMismatch":
      case "TimedOut":
        return true
      default:
        return false
    }
  }
}
