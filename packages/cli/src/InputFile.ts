/** Files that are named on the command line to be read. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import { UsageError } from "./UsageError.ts"

export const readText = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.mapError(fs.readFileString(path), unreadable(path))
})

/** Fails where it cannot be an archive. */
export const checkArchive = Effect.fnUntraced(function* (path: string) {
  if (path === "-") {
    return yield* new UsageError({ message: "an archive is read from its end, so it cannot come from stdin" })
  }
  const fs = yield* FileSystem.FileSystem
  const { type } = yield* Effect.mapError(fs.stat(path), unreadable(path))
  if (type === "Directory") return yield* cannotRead(path, "BadResource")
  yield* Effect.mapError(fs.access(path, { readable: true }), unreadable(path))
})

const unreadable =
  (path: string) =>
  ({ reason }: PlatformError) =>
    cannotRead(path, reason._tag)

const cannotRead = (path: string, tag: string) =>
  new UsageError({ message: `the file ${path} cannot be read: ${reasons[tag] ?? tag}` })

const reasons: { readonly [tag: string]: string } = {
  BadResource: "it is a directory",
  NotFound: "there is no such file",
  PermissionDenied: "permission denied"
}
