/** The flags that say what becomes of an archive: `--include` and `--exclude`, `--archive`, and what excludes what. */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as EntryFilter from "@scenario-assets/node/archive/EntryFilter"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UsageError } from "../errors/CommandError.ts"

export interface Patterns {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
}

/** The filter that they are; fails with the flag that is wrong. */
export const filter = (patterns: Patterns): Effect.Effect<EntryFilter.EntryFilter, UsageError> =>
  Effect.mapError(EntryFilter.make(patterns), ({ message, pattern }) => {
    const flag = patterns.include.includes(pattern) ? "include" : "exclude"
    return new UsageError({ message: `--${flag}: ${message}` })
  })

export const isGiven = ({ exclude = [], include = [] }: EntryFilter.Patterns): boolean =>
  include.length + exclude.length > 0

interface ArchiveValues {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly manifest: Option.Option<string>
  readonly maxSize: Option.Option<number>
}

/** Fails where the name is none of a file, or what is asked for is for files of the archive. */
export const checkArchive = Effect.fnUntraced(function* (
  archive: string,
  path: string,
  { exclude, include, manifest, maxSize }: ArchiveValues
) {
  const refuse = (message: string) => Effect.fail(new UsageError({ message }))
  if (archive === "-") {
    return yield* refuse("--archive: an archive cannot be written to stdout; pass the name of a file")
  }
  const fs = yield* FileSystem.FileSystem
  const isDirectory =
    /(^|[/\\])\.{0,2}$/.test(archive) ||
    (yield* Effect.orElseSucceed(
      Effect.map(fs.stat(path), ({ type }) => type === "Directory"),
      () => false
    ))
  if (isDirectory) {
    return yield* refuse(
      `--archive: ${Redaction.quoted(archive)} is a directory; pass the name of a file, and its directory with --output`
    )
  }
  const others = {
    include: include.length > 0,
    exclude: exclude.length > 0,
    manifest: Option.isSome(manifest),
    "max-size": Option.isSome(maxSize)
  }
  for (const [flag, isGiven] of Object.entries(others)) {
    if (isGiven) return yield* refuse(`--archive does not extract the archive; leave out --${flag}`)
  }
  return undefined
})

/** Fails where it is no address of a store, or what is asked for is for a directory. */
export const checkStore = Effect.fnUntraced(function* (url: string, flags: ReadonlySet<string>) {
  const refuse = (message: string) => Effect.fail(new UsageError({ message }))
  if (!Schema.is(DownloadRequest.Store.fields.url)(url)) {
    // A password, or a signature, is not repeated.
    const given = /[?#@]/.test(url) ? "the address" : Redaction.quoted(url)
    return yield* refuse(
      `--to: ${given} is not a plain address such as s3://bucket/folder, without user, password and query; credentials come from ` +
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )
  }
  if (!url.startsWith("s3://")) return yield* refuse(`--to: ${Redaction.quoted(url)} does not begin with s3://`)
  if (new URL(url).hostname === "") return yield* refuse("--to: s3:// names no bucket; pass s3://bucket/folder")
  const other = ["output", "archive", "force", "folders"].find((flag) => flags.has(flag))
  if (other !== undefined) {
    return yield* refuse(
      `--to stores the files in a bucket, and --${other} is about a directory; leave out one of them`
    )
  }
  return undefined
})

/** Fails where a file that is to be written is one of those that are read. */
export const checkInputs = Effect.fnUntraced(function* (
  flag: string,
  output: Option.Option<string>,
  inputs: ReadonlyArray<string>
) {
  if (Option.isNone(output)) return
  const written = yield* identity(output.value)
  const read = yield* Effect.forEach(inputs, (input) => identity(input === "-" ? "/dev/stdin" : input))
  if (written === undefined || !read.includes(written)) return
  return yield* new UsageError({
    message: `${flag} would replace ${Redaction.quoted(output.value)}, which this command reads; pass another name`
  })
})

/** Which file it is, whatever it is called; none where there is none. */
const identity = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const found = yield* Effect.option(fs.stat(path))
  if (Option.isNone(found) || found.value.type !== "File") return undefined
  const { dev, ino } = found.value
  return Option.match(ino, { onNone: () => undefined, onSome: (ino) => `${dev}:${ino}` })
})
