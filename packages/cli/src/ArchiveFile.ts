/** Where archives go that are kept, and what stands there already. */
import { dirname, format, isAbsolute, join, parse } from "node:path"
import { FileError } from "@scenario-assets/node/file/FileError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as SystemCode from "./SystemCode.ts"
import { UsageError } from "./UsageError.ts"

export interface Names {
  readonly directory: string
  /** The archive's name, in the directory. */
  readonly archive: string
}

/** The path of one of so many archives: `all.zip`, or `all-2.zip` where there are several. */
export const path = ({ archive, directory }: Names, total: number, index: number): string => {
  const { dir, ext, name, root } = parse(isAbsolute(archive) ? archive : join(directory, archive))
  return format({ root, dir, name: total === 1 ? name : `${name}-${index + 1}`, ext })
}

/** Fails where the name is none of a file. */
export const checkName = Effect.fnUntraced(function* (names: Names) {
  const { archive } = names
  if (archive === "-") {
    return yield* new UsageError({ message: "--archive: archives do not go to stdout; give the name of a file" })
  }
  const fs = yield* FileSystem.FileSystem
  const isDirectory =
    /(^|[/\\])\.{0,2}$/.test(archive) ||
    (yield* Effect.orElseSucceed(
      Effect.map(fs.stat(path(names, 1, 0)), ({ type }) => type === "Directory"),
      () => false
    ))
  if (!isDirectory) return
  return yield* new UsageError({
    message: `--archive: ${JSON.stringify(archive)} is a directory; give the name of a file, and the directory by --output`
  })
})

/** Makes the directories that will be written to, and fails where that cannot be. */
export const prepare = Effect.fnUntraced(function* (names: Names) {
  const fs = yield* FileSystem.FileSystem
  yield* Effect.forEach(new Set([names.directory, dirname(path(names, 1, 0))]), (path) =>
    Effect.andThen(fs.makeDirectory(path, { recursive: true }), fs.access(path, { writable: true })).pipe(
      Effect.mapError(SystemCode.fileError("write to the directory", path))
    )
  )
})

/** Fails where the name is taken: by what, nobody knows. */
export const refuseTaken = Effect.fnUntraced(function* (names: Names, total: number, index: number) {
  const own = path(names, total, index)
  const fs = yield* FileSystem.FileSystem
  // A path that cannot be looked at cannot be written to either, and that says why.
  const taken = yield* Effect.orElseSucceed(fs.exists(own), () => false)
  if (taken) return yield* new FileError({ operation: "download to", path: own, code: "EEXIST" })
})
