import * as EntryFilter from "@scenario-assets/node/archive/EntryFilter"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
/** The flags that say what becomes of an archive: `--include` and `--exclude`, `--archive`, and what excludes what. */
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
    return yield* refuse("--archive: archives do not go to stdout; give the name of a file")
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
      `--archive: ${JSON.stringify(archive)} is a directory; give the name of a file, and the directory by --output`
    )
  }
  const others = {
    include: include.length > 0,
    exclude: exclude.length > 0,
    manifest: Option.isSome(manifest),
    "max-size": Option.isSome(maxSize)
  }
  for (const [flag, isGiven] of Object.entries(others)) {
    if (isGiven) return yield* refuse(`--archive keeps the archive as it is; leave out --${flag}`)
  }
  return undefined
})
