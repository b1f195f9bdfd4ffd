/**
 * What can go wrong with a file here.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as FileReason from "./internal/FileReason.ts"
import * as SystemCode from "./internal/SystemCode.ts"

/** @category reasons @since 0.1.0 */
export type {
  Changed,
  DiskFailed,
  Exists,
  IsDirectory,
  Locked,
  NoSpace,
  NotADirectory,
  NotFound,
  NotOurs,
  PermissionDenied,
  ReadOnly,
  System,
  TooLarge,
  TooManyOpenFiles
} from "./internal/FileReason.ts"

/** @category models @since 0.1.0 */
export type { Holder } from "./internal/FileReason.ts"

/**
 * Why a file could not be opened, written or put in its place: match by `_tag`. `Reason.cases` has the class of each, to construct one in a test.
 *
 * @category reasons
 * @since 0.1.0
 */
export const Reason = Schema.Union([
  FileReason.Exists,
  FileReason.IsDirectory,
  FileReason.NotADirectory,
  FileReason.NotFound,
  FileReason.Changed,
  FileReason.NoSpace,
  FileReason.DiskFailed,
  FileReason.PermissionDenied,
  FileReason.ReadOnly,
  FileReason.TooLarge,
  FileReason.TooManyOpenFiles,
  FileReason.Locked,
  FileReason.NotOurs,
  FileReason.System
]).pipe(Schema.toTaggedUnion("_tag"))
/** @category models @since 0.1.0 */
export type Reason = typeof Reason.Type

/**
 * A file could not be opened, written or put in its place. What was written stays as a part that can be resumed. Match the
 * reason with `Effect.catchReason("FileError", "NoSpace", …)`.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileError extends Schema.TaggedError<FileError>()("FileError", {
  path: Schema.String,
  /** What was tried, such as `write`. */
  operation: Schema.String,
  reason: Reason
}) {
  /** Of what the system, or `node:fs`, has said. */
  static fromSystem(operation: string, path: string, cause: unknown): FileError {
    return new FileError({ operation, path, reason: reasonOf(cause) })
  }

  override get message(): string {
    return `${this.problem}; ${this.reason.advice}.`
  }

  /** The message without its advice, for a program that gives advice of its own. */
  get problem(): string {
    return `Cannot ${this.operation} ${this.path}: ${this.reason.problem}`
  }

  /** The system's own error that is behind it, if there is one. */
  override get cause(): unknown {
    return "cause" in this.reason ? this.reason.cause : undefined
  }
}

const reasonOf = (cause: unknown): Reason => {
  const code = SystemCode.of(cause) ?? String(cause)
  const syscall = Predicate.hasProperty(cause, "syscall") ? cause.syscall : undefined
  const from = {
    ...(typeof syscall === "string" ? { syscall } : {}),
    ...(Predicate.isError(cause) ? { cause } : {})
  }
  switch (code) {
    case "EEXIST":
      return new FileReason.Exists(from)
    case "EISDIR":
      return new FileReason.IsDirectory(from)
    case "ENOTDIR":
      return new FileReason.NotADirectory(from)
    case "ENOENT":
      return new FileReason.NotFound(from)
    case "ENOSPC":
    case "EDQUOT":
      return new FileReason.NoSpace({ code, ...from })
    case "EACCES":
    case "EPERM":
      return new FileReason.PermissionDenied({ code, ...from })
    case "EROFS":
      return new FileReason.ReadOnly(from)
    case "EFBIG":
      return new FileReason.TooLarge(from)
    case "EMFILE":
    case "ENFILE":
      return new FileReason.TooManyOpenFiles({ code, ...from })
    default:
      return FileReason.isDiskFailure(code)
        ? new FileReason.DiskFailed({ code, ...from })
        : new FileReason.System({ code, ...from })
  }
}
