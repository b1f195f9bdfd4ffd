/** Where archives go, and what stands there already. */
import { dirname, format, isAbsolute, join, parse } from "node:path"
import type { JobId } from "@scenario-assets/core/Asset"
import { FileError } from "@scenario-assets/node/FileError"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

export interface Names {
  readonly directory: string
  /** A name of its own instead of the job's, in the directory. */
  readonly archive: Option.Option<string>
}

/** The path of one of so many archives. */
export const path = (names: Names, total: number, index: number, jobId: JobId): string =>
  Option.getOrElse(ownPath(names, total, index), () => join(names.directory, `${jobId}.zip`))

/** Makes the directories that will be written to, and fails where that cannot be. */
export const prepare = Effect.fnUntraced(function* (names: Names) {
  const fs = yield* FileSystem.FileSystem
  const own = Option.map(ownPath(names, 1, 0), dirname)
  yield* Effect.forEach(new Set([names.directory, ...Option.toArray(own)]), (path) =>
    Effect.andThen(fs.makeDirectory(path, { recursive: true }), fs.access(path, { writable: true })).pipe(
      Effect.mapError((error) => new FileError({ operation: "write to the directory", path, code: codeOf(error) }))
    )
  )
})

/** As the system calls it, such as `EACCES`. */
const codeOf = ({ reason }: PlatformError): string => {
  const cause: unknown = "cause" in reason ? reason.cause : undefined
  return Predicate.hasProperty(cause, "code") ? String(cause.code) : reason._tag
}

/** Fails where the archive has a name of its own and that is taken: by what, nobody knows. */
export const refuseTaken = Effect.fnUntraced(function* (names: Names, total: number, index: number) {
  const own = ownPath(names, total, index)
  if (Option.isNone(own)) return
  const fs = yield* FileSystem.FileSystem
  // A path that cannot be looked at cannot be written to either, and that says why.
  const taken = yield* Effect.orElseSucceed(fs.exists(own.value), () => false)
  if (taken) return yield* new FileError({ operation: "download to", path: own.value, code: "EEXIST" })
})

/** `all.zip`, or `all-2.zip` where there are several. */
const ownPath = ({ archive, directory }: Names, total: number, index: number): Option.Option<string> =>
  Option.map(archive, (own) => {
    const { dir, ext, name, root } = parse(isAbsolute(own) ? own : join(directory, own))
    return format({ root, dir, name: total === 1 ? name : `${name}-${index + 1}`, ext })
  })
