/**
 * What can go wrong with a file here.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * Another run that is at something: its process, the machine where that is not this one or it is in another container, and the
 * file that says so.
 *
 * @category models
 * @since 0.1.0
 */
export const Holder = Schema.Struct({
  file: Schema.String,
  pid: Schema.Number,
  host: Schema.optionalKey(Schema.String)
})

const origin = {
  /** The call of the system that failed, such as `open`. */
  syscall: Schema.optionalKey(Schema.String),
  /** The system's own error. */
  cause: Schema.optionalKey(Schema.Defect())
}

/** A reason of the system, by its codes: the first one where nothing else is said. */
const system = <const Code extends string>(code: Code, ...others: ReadonlyArray<Code>) => ({
  code: Schema.Literals([code, ...others]).pipe(Schema.withConstructorDefault(Effect.succeed(code))),
  ...origin
})

/** Something has the name, and may not be replaced. @category reasons @since 0.1.0 */
export class Exists extends Schema.TaggedError<Exists>()("Exists", system("EEXIST")) {
  override get message(): string {
    return `it is there already (${this.code}); move it away, or ask for it to be replaced`
  }
}

/** A directory has the name of the file. @category reasons @since 0.1.0 */
export class IsDirectory extends Schema.TaggedError<IsDirectory>()("IsDirectory", system("EISDIR")) {
  override get message(): string {
    return `it is a directory (${this.code}); move it away, or give another name`
  }
}

/** A part of the path is no directory. @category reasons @since 0.1.0 */
export class NotADirectory extends Schema.TaggedError<NotADirectory>()("NotADirectory", system("ENOTDIR")) {
  override get message(): string {
    return `a part of the path is not a directory (${this.code}); choose another path`
  }
}

/** The file, or a directory of its path, does not exist. @category reasons @since 0.1.0 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", system("ENOENT")) {
  override get message(): string {
    return `a directory of the path does not exist (${this.code}); make it first`
  }
}

/** The disk is full, or a quota is used up. @category reasons @since 0.1.0 */
export class NoSpace extends Schema.TaggedError<NoSpace>()("NoSpace", {
  ...system("ENOSPC", "EDQUOT"),
  /** Bytes; where this was found before the first was written. */
  needed: Schema.optionalKey(Schema.Number),
  free: Schema.optionalKey(Schema.Number)
}) {
  override get message(): string {
    return this.describe((bytes) => `${bytes} bytes`)
  }

  /** The message, with sizes as somebody likes to read them. */
  describe(format: (bytes: number) => string): string {
    const what = this.code === "EDQUOT" ? "the disk quota is used up" : "the disk is full"
    const why =
      this.needed === undefined || this.free === undefined
        ? what
        : `it needs ${format(this.needed)}, and ${format(this.free)} are free`
    return `${why} (${this.code}); free some space and run again to resume`
  }
}

/** @category reasons @since 0.1.0 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()(
  "PermissionDenied",
  system("EACCES", "EPERM")
) {
  override get message(): string {
    const what = this.code === "EPERM" ? "not permitted" : "permission denied"
    return `${what} (${this.code}); choose a directory that may be written to`
  }
}

/** The file system is read-only. @category reasons @since 0.1.0 */
export class ReadOnly extends Schema.TaggedError<ReadOnly>()("ReadOnly", system("EROFS")) {
  override get message(): string {
    return `the file system is read-only (${this.code}); choose another directory`
  }
}

/** The file system allows no file that large; it does not tell its limit. @category reasons @since 0.1.0 */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", system("EFBIG")) {
  override get message(): string {
    return `the file system allows no file that large (${this.code}); choose another disk`
  }
}

/** Too many files are open, in this process or in the whole system. @category reasons @since 0.1.0 */
export class TooManyOpenFiles extends Schema.TaggedError<TooManyOpenFiles>()(
  "TooManyOpenFiles",
  system("EMFILE", "ENFILE")
) {
  override get message(): string {
    return this.code === "EMFILE"
      ? `too many open files (${this.code}); raise the limit (ulimit -n) or lower the concurrency`
      : `the system has too many open files (${this.code}); end other programs, or lower the concurrency`
  }
}

/** Another run uses it. @category reasons @since 0.1.0 */
export class Locked extends Schema.TaggedError<Locked>()("Locked", { holder: Schema.optionalKey(Holder) }) {
  override get message(): string {
    if (this.holder === undefined) return "another run is using it; wait for that one to end, or choose another name"
    const { file, host, pid } = this.holder
    return host === undefined
      ? `another run is using it (process ${pid}, lock ${file}); wait for that one to end, or choose another name`
      : `another run is using it (process ${pid} on ${host}, lock ${file}); wait for that one to end; if that machine or container is gone, try again in a minute, or remove ${file}`
  }
}

/** A directory that would be worked in, and that somebody else has made. @category reasons @since 0.1.0 */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", {}) {
  override get message(): string {
    return "it was not made by scenario-assets; move it away, or choose another place"
  }
}

/** Any other failure of the system. @category reasons @since 0.1.0 */
export class System extends Schema.TaggedError<System>()("System", { code: Schema.String, ...origin }) {
  override get message(): string {
    const [why, help] = others[this.code] ?? ["the system refused", "check the disk, or choose another directory"]
    return `${why} (${this.code}); ${help}`
  }
}

const others: { readonly [code: string]: readonly [why: string, help: string] } = {
  EBUSY: ["it is in use by another program", "close it there"],
  EIO: ["the disk reports an error", "check it, or choose another one"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter one"],
  EXDEV: ["it would have to move to another file system", "choose a directory that is on one"]
}

/** @category models @since 0.1.0 */
export const Reason = Schema.Union([
  Exists,
  IsDirectory,
  NotADirectory,
  NotFound,
  NoSpace,
  PermissionDenied,
  ReadOnly,
  TooLarge,
  TooManyOpenFiles,
  Locked,
  NotOurs,
  System
])
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
    return `Cannot ${this.operation} ${this.path}: ${this.reason.message}.`
  }

  /** The system's own error that is behind it, if there is one. */
  override get cause(): unknown {
    return "cause" in this.reason ? this.reason.cause : undefined
  }
}

const reasonOf = (cause: unknown): Reason => {
  const code = text(cause, "code") ?? String(cause)
  const syscall = text(cause, "syscall")
  const from = {
    ...(syscall === undefined ? {} : { syscall }),
    ...(Predicate.isError(cause) ? { cause } : {})
  }
  switch (code) {
    case "EEXIST":
      return new Exists(from)
    case "EISDIR":
      return new IsDirectory(from)
    case "ENOTDIR":
      return new NotADirectory(from)
    case "ENOENT":
      return new NotFound(from)
    case "ENOSPC":
    case "EDQUOT":
      return new NoSpace({ code, ...from })
    case "EACCES":
    case "EPERM":
      return new PermissionDenied({ code, ...from })
    case "EROFS":
      return new ReadOnly(from)
    case "EFBIG":
      return new TooLarge(from)
    case "EMFILE":
    case "ENFILE":
      return new TooManyOpenFiles({ code, ...from })
    default:
      return new System({ code, ...from })
  }
}

const text = (of: unknown, name: string): string | undefined =>
  Predicate.hasProperty(of, name) && typeof of[name] === "string" ? of[name] : undefined
