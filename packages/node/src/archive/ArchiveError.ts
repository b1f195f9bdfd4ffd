/**
 * What can be wrong with an archive.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ArchiveReason from "./internal/ArchiveReason.ts"
import { escape } from "./internal/Escape.ts"

/** @category reasons @since 0.1.0 */
export type {
  ContentClosed,
  Damaged,
  LimitExceeded,
  NotAnArchive,
  UnsafeName,
  Unsupported,
  WrongContent
} from "./internal/ArchiveReason.ts"

/** @category models @since 0.1.0 */
export type { Limit } from "./internal/ArchiveReason.ts"

/**
 * Why an archive was not extracted: match by `_tag`. `Reason.cases` has the class of each, to construct one in a test.
 *
 * @category reasons
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  ArchiveReason.NotAnArchive,
  ArchiveReason.Damaged,
  ArchiveReason.Unsupported,
  ArchiveReason.UnsafeName,
  ArchiveReason.LimitExceeded,
  ArchiveReason.WrongContent,
  ArchiveReason.ContentClosed
]).pipe(Schema.toTaggedUnion("_tag"))
/** @category models @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * An archive that is not extracted, or not to its end. Match the reason with
 * `Effect.catchReason("ArchiveError", "Damaged", …)`. Messages show names of entries escaped and cut; the fields hold
 * them as they are.
 *
 * @category errors
 * @since 0.1.0
 */
export class ArchiveError extends Schema.TaggedError<ArchiveError>()("ArchiveError", {
  /** Which archive: a job id or the path of a file. */
  archive: Schema.String,
  reason: Reason
}) {
  override get message(): string {
    return `${this.problem}; ${this.reason.advice}.`
  }

  /** The message without its advice, for a program that gives advice of its own. */
  get problem(): string {
    return `Archive: ${escape(this.archive, 500)} ${this.reason.problem}`
  }
}
