/** The reasons of an `ArchiveError`. */
import * as Schema from "effect/Schema"
import { escape } from "./Escape.ts"

/** There is no ZIP archive in those bytes. @category reasons @since 0.1.0 */
export class NotAnArchive extends Schema.TaggedError<NotAnArchive>()("NotAnArchive", {
  /** What is there, in words. */
  found: Schema.String
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `is not a ZIP archive, or is cut short: it ${this.found}`
  }

  get advice(): string {
    return "download it again"
  }
}

/** The archive disagrees with itself. @category reasons @since 0.1.0 */
export class Damaged extends Schema.TaggedError<Damaged>()("Damaged", {
  description: Schema.String,
  /** The name of the entry in question, as it is stored. */
  entry: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    const what = this.entry === undefined ? "it" : `its entry ${quote(this.entry)}`
    return `is damaged: ${what} ${this.description}`
  }

  get advice(): string {
    return "download it again"
  }
}

/** Something of the format that is not read here. @category reasons @since 0.1.0 */
export class Unsupported extends Schema.TaggedError<Unsupported>()("Unsupported", {
  /** Such as "encryption" or "the method bzip2". */
  feature: Schema.String,
  /** The name of the entry in question, as it is stored; none where it is the whole archive. */
  entry: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    const what = this.entry === undefined ? "" : ` for its entry ${quote(this.entry)}`
    return `uses ${this.feature}${what}, which is not supported`
  }

  get advice(): string {
    return "extract it with another tool"
  }
}

/** A name that may lead out of the directory, or that hides what it is. @category reasons @since 0.1.0 */
export class UnsafeName extends Schema.TaggedError<UnsafeName>()("UnsafeName", {
  /** The name, as it is stored. */
  entry: Schema.String,
  description: Schema.String
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `has an entry ${quote(this.entry)}, whose name ${this.description}`
  }

  get advice(): string {
    return "request it with another file name template, and be careful if it is from a stranger"
  }
}

/**
 * What an archive has a limit of: how many entries, bytes of all files, bytes of one file, bytes of files for each byte
 * in the archive, and bytes of the central directory.
 *
 * @category models
 * @since 0.1.0
 */
export const Limit = Schema.Literals(["entries", "totalSize", "entrySize", "ratio", "directorySize"])
/** @category models @since 0.1.0 */
export type Limit = typeof Limit.Type

const excess: { readonly [L in Limit]: string } = {
  entries: "entries",
  totalSize: "bytes in its files",
  entrySize: "bytes in a file",
  ratio: "times its own size in its files",
  directorySize: "bytes in its directory"
}

/** More than the limits of the caller allow. @category reasons @since 0.1.0 */
export class LimitExceeded extends Schema.TaggedError<LimitExceeded>()("LimitExceeded", {
  limit: Limit,
  allowed: Schema.Number,
  found: Schema.Number,
  /** The name of the entry in question, as it is stored; none where it is the whole archive. */
  entry: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    const where = this.entry === undefined ? "" : ` (${quote(this.entry)})`
    return `has ${this.found} ${excess[this.limit]}${where}, and the limit is ${this.allowed}`
  }

  get advice(): string {
    return `if that is expected, raise the limit ${this.limit}`
  }
}

/** What comes out of an entry is not what the archive says. @category reasons @since 0.1.0 */
export class WrongContent extends Schema.TaggedError<WrongContent>()("WrongContent", {
  /** The name of the entry, as it is stored. */
  entry: Schema.String,
  description: Schema.String
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `is damaged: the content of its entry ${quote(this.entry)} ${this.description}`
  }

  get advice(): string {
    return "download it again"
  }
}

/** The content of an entry was run when its callback had ended. @category reasons @since 0.1.0 */
export class ContentClosed extends Schema.TaggedError<ContentClosed>()("ContentClosed", {
  /** The name of the entry, as it is stored. */
  entry: Schema.String
}) {
  override get message(): string {
    return `${this.problem}; ${this.advice}`
  }

  get problem(): string {
    return `no longer provides the content of its entry ${quote(this.entry)}, because its callback has ended`
  }

  get advice(): string {
    return "read the content before the callback ends"
  }
}

const quote = (name: string): string => `"${escape(name)}"`
