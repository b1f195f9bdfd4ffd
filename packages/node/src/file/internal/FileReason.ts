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
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `it already exists (${this.code})`
  }

  get advice(): string {
    return "move it away, or allow it to be replaced"
  }
}

/** A directory has the name of the file. @category reasons @since 0.1.0 */
export class IsDirectory extends Schema.TaggedError<IsDirectory>()("IsDirectory", system("EISDIR")) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `it is a directory (${this.code})`
  }

  get advice(): string {
    return "move it away, or choose another name"
  }
}

/** A part of the path is no directory. @category reasons @since 0.1.0 */
export class NotADirectory extends Schema.TaggedError<NotADirectory>()("NotADirectory", system("ENOTDIR")) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `part of the path is not a directory (${this.code})`
  }

  get advice(): string {
    return "choose another path"
  }
}

/** The file, or a directory of its path, does not exist. @category reasons @since 0.1.0 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", system("ENOENT")) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `the file, or a directory in its path, does not exist (${this.code})`
  }

  get advice(): string {
    return "check the path"
  }
}

/** Something else writes to the file. @category reasons @since 0.1.0 */
export class Changed extends Schema.TaggedError<Changed>()("Changed", {}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return "it became shorter while it was being read"
  }

  get advice(): string {
    return "try again when nothing else writes to it"
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
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    const what = this.code === "EDQUOT" ? "the disk quota is used up" : "the disk is full"
    return this.needed === undefined || this.free === undefined
      ? `${what} (${this.code})`
      : `it needs ${bytes(this.needed)}, and ${bytes(this.free)} are free (${this.code})`
  }

  get advice(): string {
    return "free some space and run again to resume"
  }
}

/** Decimal units, as disks count: `5.4 GB`. */
const bytes = (count: number): string => {
  const unit = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)))
  return unit === 0 ? `${count} bytes` : `${(count / 1000 ** unit).toFixed(1)} ${["", "kB", "MB", "GB", "TB"][unit]}`
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
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `${diskFailures[this.code]} (${this.code})`
  }

  get advice(): string {
    return "check the disk, or choose another one"
  }
}

/** @category reasons @since 0.1.0 */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()(
  "PermissionDenied",
  system("EACCES", "EPERM")
) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `${this.code === "EPERM" ? "operation not permitted" : "permission denied"} (${this.code})`
  }

  get advice(): string {
    return "choose a directory you can write to"
  }
}

/** The file system is read-only. @category reasons @since 0.1.0 */
export class ReadOnly extends Schema.TaggedError<ReadOnly>()("ReadOnly", system("EROFS")) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `the file system is read-only (${this.code})`
  }

  get advice(): string {
    return "choose another directory"
  }
}

/** The file system, or a limit of the process, allows no file that large; neither tells how large one may be. @category reasons @since 0.1.0 */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", system("EFBIG")) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `the file is larger than the file system, or a limit of the shell (ulimit -f), allows (${this.code})`
  }

  get advice(): string {
    return "raise the limit, or choose another disk"
  }
}

/** Too many files are open, in this process or in the whole system. @category reasons @since 0.1.0 */
export class TooManyOpenFiles extends Schema.TaggedError<TooManyOpenFiles>()(
  "TooManyOpenFiles",
  system("EMFILE", "ENFILE")
) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `${this.code === "EMFILE" ? "too many open files" : "the system has too many open files"} (${this.code})`
  }

  get advice(): string {
    return this.code === "EMFILE"
      ? "raise the limit (ulimit -n) or lower the concurrency"
      : "close other programs, or lower the concurrency"
  }
}

/** Another run uses it. @category reasons @since 0.1.0 */
export class Locked extends Schema.TaggedError<Locked>()("Locked", { holder: Schema.optionalKey(Holder) }) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    if (this.holder === undefined) return "another run is using it"
    const { file, host, pid } = this.holder
    return `another run is using it (process ${pid}${host === undefined ? "" : ` on ${host}`}, lock ${file})`
  }

  get advice(): string {
    const wait = "wait for it to finish, or choose another name"
    return this.holder?.host === undefined
      ? wait
      : `${wait}; if that machine or container is gone, try again in a minute, or delete ${this.holder.file}`
  }
}

/** A directory that would be worked in, and that somebody else has made. @category reasons @since 0.1.0 */
export class NotOurs extends Schema.TaggedError<NotOurs>()("NotOurs", {}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return "scenario-assets did not create it"
  }

  get advice(): string {
    return "move it away, or choose another place"
  }
}

/** Any other failure of the system. @category reasons @since 0.1.0 */
export class System extends Schema.TaggedError<System>()("System", { code: Schema.String, ...origin }) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `${others[this.code]?.[0] ?? "the system refused"} (${this.code})`
  }

  get advice(): string {
    return others[this.code]?.[1] ?? "check the disk, or choose another directory"
  }
}

const others: { readonly [code: string]: readonly [why: string, help: string] } = {
  EBUSY: ["another program is using it", "close it there"],
  EILSEQ: ["the file system does not accept such a name", "choose another one"],
  EINVAL: ["the file system does not accept such a name or request", "choose another directory"],
  ELOOP: ["too many symbolic links, or a loop of them", "choose another path"],
  ENAMETOOLONG: ["the name is too long", "choose a shorter one"],
  ENOLCK: ["the file system has no locks left", "try again later, or choose another directory"],
  ENOMEM: ["the system is out of memory", "close other programs"],
  ENOSYS: ["the file system cannot do that", "choose another directory"],
  ENOTSUP: ["the file system cannot do that", "choose another directory"],
  ETXTBSY: ["another program is using it", "close it there"],
  EXDEV: ["it would have to move to another file system", "choose a directory on one file system"]
}
