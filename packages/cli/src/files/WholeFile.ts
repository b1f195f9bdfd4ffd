/** Files that are there whole or not at all. */
import { randomBytes } from "node:crypto"
import { dirname, join, resolve } from "node:path"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import { isUnsyncable } from "@scenario-assets/node/engine/file/SystemCode"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { UsageError } from "../errors/CommandError.ts"
import * as SystemCode from "./SystemCode.ts"

/** Fails before anything is begun where what a flag names can be no file. */
export const checkName = Effect.fnUntraced(function* (flag: string, file: string) {
  const there = yield* Effect.option((yield* FileSystem.FileSystem).stat(file))
  if (file === "" || file === "-" || Option.exists(there, ({ type }) => type === "Directory")) {
    return yield* new UsageError({ message: `${flag}: ${Redaction.quoted(file)} is not the name of a file` })
  }
})

/** Where the bytes of a file go: to what a link leads to; and whether that is something else than a file, such as a device or a pipe. */
export const target = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const link = Effect.map(fs.readLink(path), (to) => resolve(dirname(path), to))
  const real = yield* fs.realPath(path).pipe(
    Effect.catch(() => link),
    Effect.catch(() => Effect.succeed(path))
  )
  const there = yield* Effect.option(fs.stat(real))
  const isFile = Option.match(there, {
    onNone: () => true,
    onSome: ({ type }) => type === "File" || type === "Directory"
  })
  return { path: real, isFile }
})

/**
 * Writes bytes in place of what stands there. Meanwhile they are in a file beside it, whose name nobody else has, which is short whatever
 * the file is called, and which has the file's mode from the beginning. A device or a pipe is no file, and is written to as it is.
 */
export const write = Effect.fnUntraced(function* <E = never, R = never>(
  given: string,
  contents: Stream.Stream<Uint8Array, E, R>,
  mode?: number
) {
  const fs = yield* FileSystem.FileSystem
  const { isFile, path } = yield* target(given)
  const fill = (to: string, flag: "a" | "wx") =>
    Effect.tap(fs.open(to, { flag, ...(mode === undefined ? {} : { mode }) }), (file) =>
      Stream.runForEach(contents, (chunk) => file.writeAll(chunk))
    )
  if (!isFile) return yield* Effect.scoped(Effect.asVoid(fill(path, "a")))
  const temporary = join(dirname(path), `.scenario-assets-${randomBytes(8).toString("hex")}.tmp`)
  yield* Effect.gen(function* () {
    const file = yield* fill(temporary, "wx")
    // Not every file system can.
    yield* Effect.catchIf(
      file.sync,
      (error) => isUnsyncable(SystemCode.of(error)),
      () => Effect.void
    )
  }).pipe(
    Effect.scoped,
    Effect.andThen(Effect.uninterruptible(fs.rename(temporary, path))),
    Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true })))
  )
})

/** For one person's eyes alone, also the directory it stands in, where that has to be made. */
export const writePrivate = Effect.fnUntraced(function* (path: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
  yield* write(path, Stream.make(new TextEncoder().encode(text)), 0o600)
})
