/** Files that are there whole or not at all. */
import { randomBytes } from "node:crypto"
import { dirname, join } from "node:path"
import { isUnsyncable } from "@scenario-assets/node/engine/file/SystemCode"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Stream from "effect/Stream"
import * as SystemCode from "./SystemCode.ts"

/**
 * Writes bytes in place of what stands there. Meanwhile they are in a file beside it, whose name nobody
 * else has, which is short whatever the file is called, and which has the file's mode from the beginning.
 */
export const write = Effect.fnUntraced(function* <E = never, R = never>(
  path: string,
  contents: Stream.Stream<Uint8Array, E, R>,
  mode?: number
) {
  const fs = yield* FileSystem.FileSystem
  const temporary = join(dirname(path), `.scenario-assets-${randomBytes(8).toString("hex")}.tmp`)
  yield* Effect.gen(function* () {
    const file = yield* fs.open(temporary, { flag: "wx", ...(mode === undefined ? {} : { mode }) })
    yield* Stream.runForEach(contents, (chunk) => file.writeAll(chunk))
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
