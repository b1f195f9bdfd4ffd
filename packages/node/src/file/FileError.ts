/**
 * What can go wrong with a file here.
 *
 * @since 0.1.0
 */
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

/**
 * A file could not be opened, written or put in its place. What was written stays as a part that can be resumed.
 *
 * @category errors
 * @since 0.1.0
 */
export class FileError extends Schema.TaggedError<FileError>()("FileError", {
  path: Schema.String,
  /** What was tried, such as `write`. */
  operation: Schema.String,
  /** The system's code, such as `ENOSPC`; `EEXIST` where a file is there that may not be replaced. */
  code: Schema.String,
  /** Who uses it, where the code is `ELOCKED`. */
  holder: Schema.optionalKey(Holder)
}) {
  override get message(): string {
    const why =
      (this.holder === undefined ? meanings[this.code] : heldBy(this.holder)) ??
      `the system refused (${this.code}); check the disk, or choose another directory`
    return `Cannot ${this.operation} ${this.path}: ${why}.`
  }
}

const heldBy = ({ file, host, pid }: typeof Holder.Type): string =>
  host === undefined
    ? `another run is using it (process ${pid}, lock ${file}); wait for that one to end, or choose another name`
    : `another run is using it (process ${pid} on ${host}, lock ${file}); wait for that one to end; if that machine or container is gone, try again in a minute, or remove ${file}`

const meanings: { readonly [code: string]: string } = {
  EACCES: "permission denied (EACCES); choose a directory that may be written to",
  EBUSY: "it is in use by another program (EBUSY); close it there",
  EDQUOT: "the disk quota is used up (EDQUOT); free some space and run again to resume",
  EEXIST: "it is there already (EEXIST); move it away, or ask for it to be replaced",
  EFBIG: "the file system allows no file that large (EFBIG); choose another disk",
  EIO: "the disk reports an error (EIO); check it, or choose another one",
  EISDIR: "it is a directory (EISDIR); move it away, or give another name",
  EMFILE: "too many open files (EMFILE); raise the limit (ulimit -n) or lower the concurrency",
  ELOCKED: "another run is using it; wait for that one to end, or choose another name",
  ENAMETOOLONG: "the name is too long (ENAMETOOLONG); choose a shorter one",
  ENFILE: "the system has too many open files (ENFILE); end other programs, or lower the concurrency",
  ENOENT: "a directory of the path does not exist (ENOENT); make it first",
  ENOSPC: "the disk is full (ENOSPC); free some space and run again to resume",
  ENOTOURS: "it was not made by scenario-assets (ENOTOURS); move it away, or choose another place",
  ENOTDIR: "a part of the path is not a directory (ENOTDIR); choose another path",
  EPERM: "not permitted (EPERM); choose a directory that may be written to",
  EROFS: "the file system is read-only (EROFS); choose another directory",
  EXDEV: "it would have to move to another file system (EXDEV); choose a directory that is on one"
}
