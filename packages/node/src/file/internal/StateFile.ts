/**
 * A small state that changes often, in a file of lines: each line is the whole state, and the last whole line counts. To add
 * a line is one write, and leaves the ones before it as they are, whatever moment a run is killed at.
 */
import * as Fs from "node:fs/promises"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FileError } from "../FileError.ts"
import * as Files from "./Files.ts"

export interface StateFile {
  /** The lines that were there when it was opened, the newest first. */
  readonly lines: ReadonlyArray<string>
  readonly write: (line: string) => Effect.Effect<void, FileError>
  /** Has the disk keep what was written. */
  readonly sync: Effect.Effect<unknown, FileError>
  /** Without this, the file stays. */
  readonly remove: Effect.Effect<void, FileError>
}

/** From this size on the file is begun anew with the last line alone. */
const longest = 1024 * 1024

export const open = Effect.fnUntraced(function* (path: string): Effect.fn.Return<StateFile, FileError, Scope.Scope> {
  const text = (yield* Files.readText(path)) ?? ""
  let handle: Fs.FileHandle | undefined
  let size = longest
  const temporary = `${path}.tmp`

  const close = async () => {
    const closing = handle
    handle = undefined
    await closing?.close()
  }
  const closed = Files.attempt("close", path, close)
  yield* Effect.addFinalizer(() => Effect.ignore(closed))

  return {
    lines: text.split("\n").toReversed(),
    write: (line) =>
      Files.attempt("write", path, async () => {
        if (handle === undefined || size >= longest) {
          await close()
          // Another file, so that there is no moment without a state.
          handle = await Fs.open(temporary, "w", 0o600)
          size = 0
          await handle.writeFile(`${line}\n`)
          await Fs.rename(temporary, path)
        } else await handle.appendFile(`${line}\n`)
        size += line.length + 1
      }).pipe(
        // A file that has half a line, or not its name yet, gets no more lines: the next one begins another.
        Effect.tapError(() => Effect.andThen(Effect.ignore(closed), Effect.ignore(Files.remove(temporary)))),
        Effect.uninterruptible
      ),
    sync: Effect.suspend(() => (handle === undefined ? Effect.void : Files.sync(path, handle, "data"))),
    remove: Effect.andThen(closed, Files.remove(path))
  }
})
