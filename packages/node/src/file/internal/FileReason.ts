/** The reasons of a `FileError`. */
import * as Effect from "effect/Effect"
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
/** @category models @since 0.1.0 */
export type Holder = typeof Holder.Type

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
    return `it does not exist, or a directory on the way to it does not (${this.code}); check the path`
  }
}

/** Something else writes to the file. @category reasons @since 0.1.0 */
export class Changed extends Schema.TaggedError<Changed>()("Changed", {}) {
  override get message(): string {
    return "it became shorter while it was read; try again once nothing writes to it"
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

/** What a disk says that is broken, damaged or gone, and what that means. */
const diskFailures = {
  EIO: "the disk reports an error",
  EREMOTEIO: "the disk reports an error",
  EUCLEAN: "the file system is damaged",
  EBADMSG: "the file system is damaged",
  ENODEV: "the disk is gone",
  ENXIO: "the disk is gone",
  ENOMEDIUM: "the disk is gone",
  ENOTCONN: "the network disk is gone",
  ESTALE: "the network disk is gone",
  EHOSTDOWN: "the network disk does not answer",
  ETIMEDOUT: "the network disk does not answer"
} as const
type DiskFailure = keyof typeof diskFailures

export const isDiskFailure = (code: string): code is DiskFailure => Object.hasOwn(diskFailures, code)

/** The disk is broken, its file system is damaged, or it is not there any more. @category reasons @since 0.1.0 */
export class DiskFailed extends Schema.TaggedError<DiskFailed>()(
  "DiskFailed",
  system<DiskFailure>("EIO", ...Object.keys(diskFailures).filter(isDiskFailure))
) {
  override get message(): string {
    return `${diskFailures[this.code]} (${this.code}); check the disk, or choose another one`
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

/** The file system, or a limit of the process, allows no file that large; neither tells how large one may be. @category reasons @since 0.1.0 */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", system("EFBIG")) {
  override get message(): string {
    return `the file system, or a limit of the shell (ulimit -f), allows no file that large (${this.code}); raise the limit, or choose another disk`
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
  EILSEQ: ["the file system does not take such a name", "choose another one"],
  EINVAL: ["the file system does not take such a name or request", "choose another directory"],
  ELOOP: ["symbolic links lead in a circle", "choose another path"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter one"],
  ENOLCK: ["the file system has no locks left", "try again later, or choose another directory"],
  ENOMEM: ["the system has no memory left", "end other programs"],
  ENOSYS: ["the file system cannot do that", "choose another directory"],
  ENOTSUP: ["the file system cannot do that", "choose another directory"],
  ETXTBSY: ["it is in use by another program", "close it there"],
  EXDEV: ["it would have to move to another file system", "choose a directory that is on one"]
}

/** A message without what it advises, where that is not what helps. */
export const withoutAdvice = (message: string): string => message.replace(/; [^;]*\.$/, ".")
