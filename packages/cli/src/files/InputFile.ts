/** Files that are named on the command line to be read. */
import { createReadStream } from "node:fs"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as SystemCode from "@scenario-assets/node/engine/file/SystemCode"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import { UsageError } from "../errors/CommandError.ts"
import * as Format from "../text/Format.ts"

/** All bytes of a file, or of stdin (`-`), which may be endless: there are at most so many. */
export const read = Effect.fnUntraced(function* (path: string, most: number) {
  const bytes =
    path === "-"
      ? Stream.mapError((yield* Stdio.Stdio).stdin, () => new UsageError({ message: "stdin cannot be read" }))
      : yield* bytesOf(path)
  const chunks: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(bytes, (chunk) => {
    length += chunk.length
    chunks.push(chunk)
    if (length <= most) return Effect.void
    const name = path === "-" ? "stdin" : `the file ${path}`
    return new UsageError({
      message: `${name} has more than ${Format.bytes(most)}, which is too much for a list of ids`
    })
  })
  return Buffer.concat(chunks)
})

/** As Node reads it, from the first byte on: a pipe, such as `<(command)`, cannot be read from a position. */
const bytesOf = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const { type } = yield* Effect.mapError(fs.stat(path), unreadable(path))
  if (type === "Directory") return yield* cannotRead(path, "BadResource")
  return NodeStream.fromReadable<Uint8Array, UsageError>({
    evaluate: () => createReadStream(path),
    onError: (error) => cannotRead(path, SystemCode.of(error) ?? "Unknown")
  })
})

/** Fails where it cannot be an archive. */
export const checkArchive = Effect.fnUntraced(function* (path: string) {
  if (path === "-") {
    return yield* new UsageError({ message: "an archive cannot be read from stdin; pass the name of a file" })
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
  new UsageError({ message: `the file ${Redaction.wordOf(path, 1000)} cannot be read: ${reasons[tag] ?? tag}` })

const reasons: { readonly [tag: string]: string } = {
  BadResource: "it is a directory",
  EACCES: "permission denied",
  NotFound: "there is no such file",
  PermissionDenied: "permission denied"
}
