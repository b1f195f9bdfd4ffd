/** `node:fs` as effects with typed errors. */
import * as Fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { FileError } from "../FileError.ts"
import { Exists, NotADirectory } from "./FileReason.ts"
import * as SystemCode from "./SystemCode.ts"

/** Runs one operation on a path. */
export const attempt = <A>(operation: string, path: string, run: () => Promise<A>): Effect.Effect<A, FileError> =>
  Effect.tryPromise({ try: run, catch: (cause) => FileError.fromSystem(operation, path, cause) })

/** The system's code of a failure. */
export const code = (cause: unknown): string => SystemCode.of(cause) ?? String(cause)

/**
 * Opens a file until the scope is closed. It cannot be interrupted halfway: the system would have opened the file, and nobody
 * would close it.
 */
export const open = (
  path: string,
  flags: string | number,
  mode?: number
): Effect.Effect<Fs.FileHandle, FileError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt("open", path, () => Fs.open(path, flags, mode)),
    (handle) => Effect.ignore(attempt("close", path, () => handle.close()))
  )

/** `undefined` where there is no such file. */
export const orMissing = <A>(effect: Effect.Effect<A, FileError>): Effect.Effect<A | undefined, FileError> =>
  Effect.catch(effect, (error) => (error.reason._tag === "NotFound" ? Effect.succeed(undefined) : Effect.fail(error)))

export const exists = (path: string): Effect.Effect<boolean, FileError> =>
  Effect.map(orMissing(attempt("look at", path, () => Fs.lstat(path))), (stat) => stat !== undefined)

export const isDirectory = (path: string): Effect.Effect<boolean, FileError> =>
  Effect.map(orMissing(attempt("look at", path, () => Fs.lstat(path))), (stat) => stat?.isDirectory() === true)

export const size = (path: string): Effect.Effect<number, FileError> =>
  attempt("look at", path, async () => (await Fs.stat(path)).size)

export const remove = (path: string): Effect.Effect<void, FileError> =>
  attempt("remove", path, () => Fs.rm(path, { force: true }))

export const makeDirectory = (path: string): Effect.Effect<void, FileError> =>
  attempt("make the directory", path, () => mkdirs(path)).pipe(
    // Something is there already, but not a directory, and it is not replaced whatever is asked for.
    Effect.mapError((error) =>
      error.reason._tag === "Exists"
        ? new FileError({ operation: error.operation, path, reason: new NotADirectory() })
        : error
    ),
    Effect.asVoid
  )

/** The same for one person's eyes alone. */
export const makePrivateDirectory = (path: string): Effect.Effect<void, FileError> =>
  attempt("make the directory", path, () => mkdirs(path, 0o700))

/** With those above it. What Node has for that never ends where a directory says that it is not there when one is made in it (`/proc`). */
const mkdirs = async (path: string, mode?: number): Promise<void> => {
  const make = () => Fs.mkdir(path, mode)
  try {
    await make()
  } catch (cause) {
    const parent = dirname(path)
    if (code(cause) === "ENOENT" && parent !== path) {
      await mkdirs(parent, mode)
      await make().catch(unlessThere)
    } else await unlessThere(cause)
  }

  async function unlessThere(cause: unknown): Promise<void> {
    // Also where it cannot be made because it is one: a drive, or a directory of a file system that is only read.
    const stat = await Fs.stat(path).catch(() => undefined)
    if (stat?.isDirectory() !== true) throw cause
  }
}

/**
 * Has the disk keep what a file was given, and says whether it could be asked. Where the file system has no such thing, all was
 * written, and nothing could be gained by giving up.
 */
export const sync = (
  path: string,
  handle: Fs.FileHandle,
  what: "all" | "data" = "all"
): Effect.Effect<boolean, FileError> =>
  attempt("sync", path, async () => {
    try {
      await (what === "all" ? handle.sync() : handle.datasync())
      return true
    } catch (cause) {
      if (SystemCode.isUnsyncable(code(cause))) return false
      throw cause
    }
  }).pipe(
    Effect.tap((isSynced) =>
      isSynced ? Effect.void : Effect.annotateLogs(Effect.logDebug("The file system cannot sync"), { path })
    )
  )

/** Makes the names in a directory last. Some systems have no such thing: then nothing is done. */
const syncDirectory = (path: string): Effect.Effect<void> =>
  open(path, "r").pipe(
    Effect.flatMap((handle) => attempt("sync", path, () => handle.sync())),
    Effect.scoped,
    Effect.ignore
  )

/** Gives a finished file its name, so that it lasts. */
export const rename = (from: string, to: string): Effect.Effect<void, FileError> =>
  attempt("rename to", to, () => Fs.rename(from, to)).pipe(Effect.andThen(syncDirectory(dirname(to))))

/** Moves a file to a name that nothing has; `EEXIST` where something has it. A hard link cannot replace anything. */
export const move = (from: string, to: string): Effect.Effect<void, FileError> =>
  attempt("rename to", to, () => Fs.link(from, to)).pipe(
    // Some file systems know no second name: there, another run may come between the look and the renaming.
    Effect.catch((error) =>
      Effect.flatMap(error.reason._tag === "Exists" ? Effect.succeed(true) : exists(to), (isThere) =>
        isThere
          ? Effect.fail(new FileError({ operation: "rename to", path: to, reason: new Exists() }))
          : attempt("rename to", to, () => Fs.rename(from, to))
      )
    ),
    Effect.andThen(remove(from)),
    Effect.uninterruptible
  )

/** The same, so that it lasts. */
export const publish = (from: string, to: string): Effect.Effect<void, FileError> =>
  Effect.andThen(move(from, to), syncDirectory(dirname(to)))

/** Writes a small text whole or not at all. Readable by its owner alone. */
export const writeWhole = (path: string, text: string): Effect.Effect<void, FileError> => {
  const temporary = `${path}.tmp`
  return open(temporary, "w", 0o600).pipe(
    Effect.flatMap((handle) =>
      Effect.andThen(
        attempt("write", temporary, () => handle.writeFile(text)),
        sync(temporary, handle)
      )
    ),
    Effect.scoped,
    Effect.andThen(rename(temporary, path)),
    // Half a text is of use to nobody.
    Effect.tapError(() => Effect.ignore(remove(temporary))),
    Effect.uninterruptible
  )
}

/**
 * Writes chunks one behind the other, and gives their length. A short write (a full disk, a signal) leaves the rest to be
 * written by itself, or to fail by itself.
 */
export const writeAll = async (
  handle: Fs.FileHandle,
  chunks: ReadonlyArray<Uint8Array>,
  offset: number
): Promise<number> => {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  let { bytesWritten: done } = await handle.writev(chunks, offset)
  while (done < length) {
    const rest = Buffer.concat(chunks).subarray(done)
    done += (await handle.write(rest, 0, rest.length, offset + done)).bytesWritten
  }
  return length
}

/** How many bytes there is room for in a directory, or where it would be made; without end where the file system does not tell. */
export const freeSpace = (directory: string): Effect.Effect<number, FileError> =>
  attempt("look at", directory, async () => {
    const { bavail, blocks, bsize } = await Fs.statfs(directory)
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  }).pipe(
    Effect.catch((error) =>
      error.reason._tag !== "NotFound"
        ? Effect.succeed(Number.POSITIVE_INFINITY)
        : dirname(directory) === directory
          ? Effect.fail(error)
          : freeSpace(dirname(directory))
    )
  )

export const readText = (path: string): Effect.Effect<string | undefined, FileError> =>
  orMissing(attempt("read", path, () => Fs.readFile(path, "utf8")))
