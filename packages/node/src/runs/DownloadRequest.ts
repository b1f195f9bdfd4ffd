/**
 * What a download is asked for: plain data, for a record, a queue, or another process. No credential is in it.
 *
 * @since 0.1.0
 */
import { JobId } from "@scenario-assets/core/Asset"
import { FileNameTemplate } from "@scenario-assets/core/FileNameTemplate"
import { Selection } from "@scenario-assets/core/Selection"
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * Assets to be requested: one job for each batch of at most 1000 ids.
 *
 * @category models
 * @since 0.1.0
 */
export const Assets = Schema.TaggedStruct("Assets", {
  selection: Selection,
  /** How the files are named. Default `FileNameTemplate.defaultTemplate`. */
  fileNameTemplate: Schema.optionalKey(FileNameTemplate),
  /** All files in one directory instead of grouped. Default `false`. */
  flat: Schema.optionalKey(Schema.Boolean)
})
/** @category models @since 0.1.0 */
export type Assets = typeof Assets.Type

/**
 * Jobs that somebody has begun earlier. They are only fetched, never begun anew.
 *
 * @category models
 * @since 0.1.0
 */
export const Jobs = Schema.TaggedStruct("Jobs", { jobIds: Schema.NonEmptyArray(JobId).check(Schema.isUnique()) })
/** @category models @since 0.1.0 */
export type Jobs = typeof Jobs.Type

/**
 * Extracts the archives into one directory.
 *
 * @category models
 * @since 0.1.0
 */
export const Directory = Schema.TaggedStruct("Directory", {
  directory: Schema.String,
  /** Only files whose name in the archive matches one of these glob patterns. Default: all. */
  include: Schema.optionalKey(Schema.Array(Schema.String)),
  /** No files whose name matches one of these; comes before `include`. */
  exclude: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Where another file has the path: keep it and number the new one, or replace it. Default `keep`. */
  ifDiffers: Schema.optionalKey(Schema.Literals(["keep", "replace"])),
  /** The most bytes that the files of one archive may hold. Default: the limits of `ArchiveLimits`. */
  maxSize: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  /**
   * Each of several archives into a folder of its own, `1`, `2` and so on, so that no file gets a number because another archive has
   * its name. Default `false`.
   */
  folders: Schema.optionalKey(Schema.Boolean)
})
/** @category models @since 0.1.0 */
export type Directory = typeof Directory.Type

/**
 * Keeps the archives as files: `all.zip`, or `all-1.zip`, `all-2.zip` where there are several.
 *
 * @category models
 * @since 0.1.0
 */
export const ArchiveFiles = Schema.TaggedStruct("ArchiveFiles", {
  /** The path of the archive. */
  file: Schema.String,
  /** Replaces a file that already exists. Default `false`. */
  replace: Schema.optionalKey(Schema.Boolean)
})
/** @category models @since 0.1.0 */
export type ArchiveFiles = typeof ArchiveFiles.Type

/** A request is recorded, and shown: what is in its address is no secret. */
const isPlainAddress = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { hash, password, search, username } = new URL(text)
  return [hash, password, search, username].every((part) => part === "")
}

/**
 * Stores the files of the archives in a store that the service `Destinations` finds: those of one archive in its root, those of
 * several in a folder for each, `1`, `2` and so on. A file of the store that has other content is replaced.
 *
 * @category models
 * @since 0.1.0
 */
export const Store = Schema.TaggedStruct("Store", {
  /** The address, such as `s3://bucket/folder`: without user, password, query or fragment. */
  url: Schema.String.check(
    Schema.makeFilter((url: string) =>
      isPlainAddress(url)
        ? undefined
        : "an address such as s3://bucket/folder, without user, password, query or fragment"
    )
  ),
  /** As for {@link Directory}. */
  include: Schema.optionalKey(Schema.Array(Schema.String)),
  exclude: Schema.optionalKey(Schema.Array(Schema.String)),
  maxSize: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0)))
})
/** @category models @since 0.1.0 */
export type Store = typeof Store.Type

/**
 * Where the files go.
 *
 * @category models
 * @since 0.1.0
 */
export const Destination = Schema.Union([Directory, ArchiveFiles, Store])
/** @category models @since 0.1.0 */
export type Destination = typeof Destination.Type

/** More than nothing, and not for ever: what is not limited is left out. */
const Time = Schema.DurationFromMillis.check(
  Schema.makeFilter(
    (time: Duration.Duration) =>
      (Duration.isFinite(time) && Duration.isPositive(time)) || "a time of more than 0; leave it out for no limit"
  )
)

/**
 * A request that nobody can carry out, such as one with a negative deadline.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidDownloadRequest extends Schema.TaggedError<InvalidDownloadRequest>()("InvalidDownloadRequest", {
  /** What is wrong, and where. */
  description: Schema.String
}) {
  override get message(): string {
    return `The download request cannot be carried out: ${this.description}.`
  }
}

/**
 * A download. Limits of archives, connections, bytes a second and `timeLimit` are of the whole run.
 *
 * @category models
 * @since 0.1.0
 */
export const DownloadRequest = Schema.Struct({
  wanted: Schema.Union([Assets, Jobs]),
  destination: Destination,
  /** Archives saved at once. Default 4. */
  concurrency: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
  /** The most connections at once; there are as many as pay. Default 16. */
  connections: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
  /** The most bytes a second. Default: no limit. */
  limitRate: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
  /** How long one job is waited for. Default 30 minutes. */
  deadline: Schema.optionalKey(Time),
  /** How long no byte may come before a transfer is tried again. Default 30 s. */
  idleTimeout: Schema.optionalKey(Time),
  /** How long the whole download may take; then it ends with `TimeLimitExceeded`. Default: no limit. */
  timeLimit: Schema.optionalKey(Time),
  /** Tries in a row without a byte, before a transfer ends. Default 8. */
  retries: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Notes of the program, kept in the record of the run. They mean nothing here, and do not tell two runs apart. */
  annotations: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
/** @category models @since 0.1.0 */
export type DownloadRequest = typeof DownloadRequest.Type

/**
 * A destination: the directory that files are extracted into.
 *
 * @category constructors
 * @since 0.1.0
 */
export const directory = (path: string, options: Omit<Directory, "_tag" | "directory"> = {}): Directory =>
  Directory.make({ ...options, directory: path })

/**
 * A destination: archives that are kept as files.
 *
 * @category constructors
 * @since 0.1.0
 */
export const archiveFiles = (file: string, options: Omit<ArchiveFiles, "_tag" | "file"> = {}): ArchiveFiles =>
  ArchiveFiles.make({ ...options, file })

/**
 * A destination: a store that the service `Destinations` finds. An address that cannot be used ends the download before it
 * begins.
 *
 * @category constructors
 * @since 0.1.0
 */
export const store = (url: string, options: Omit<Store, "_tag" | "url"> = {}): Store =>
  Store.make({ ...options, url }, { disableChecks: true })
