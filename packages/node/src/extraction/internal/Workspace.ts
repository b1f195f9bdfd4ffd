/**
 * The directory that archives are extracted into: one run at a time, and a corner of it where files are made before they are
 * right. The corner goes when the run ends, unless an archive is left in it that a later run resumes.
 */
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import * as OwnDirectory from "../../file/internal/OwnDirectory.ts"

export interface Workspace extends Pick<OwnDirectory.OwnDirectory, "explain"> {
  readonly directory: string
  /** A path for a file that nobody else uses; on the same file system as the directory. */
  readonly temporary: () => string
  /** Where a whole archive is kept for the time being; nobody else uses it as long as the scope is open. */
  readonly spool: (name: string) => Effect.Effect<string, never, Scope.Scope>
}

/** What no entry may be called: it is ours, here or of a file that is downloaded to this directory. By folded names. */
export const isReserved = (name: string): boolean => name.endsWith(OwnDirectory.ending)

const ending = ".tmp"

export const open = Effect.fnUntraced(function* (
  directory: string,
  takesOver: boolean
): Effect.fn.Return<Workspace, FileError, Scope.Scope> {
  yield* Files.makeDirectory(directory)
  const enter = takesOver ? OwnDirectory.takeOver : OwnDirectory.open
  const { explain, path } = yield* enter(join(directory, OwnDirectory.ending), directory)
  yield* Effect.acquireRelease(sweep(path), () => Effect.ignore(sweep(path)))
  let made = 0
  const spools = new Set<string>()
  return {
    directory,
    explain,
    temporary: () => join(path, `${made++}${ending}`),
    spool: (name) => {
      const plain = fileNameOf(name)
      return Effect.acquireRelease(
        Effect.sync(() => {
          let spool = join(path, `${plain}.zip`)
          // The same archive may come twice.
          for (let n = 2; spools.has(spool); n++) spool = join(path, `${plain} ${n}.zip`)
          spools.add(spool)
          return spool
        }),
        (spool) => Effect.sync(() => spools.delete(spool))
      )
    }
  }
})

/** Another one for every name, on every file system: what people can read of it, and a digest of the whole. */
const fileNameOf = (name: string): string => {
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16)
  return `${name.replace(/[^\w-]+/g, "_").slice(0, 64)}-${digest}`
}

/** Removes what a run has left that was killed. */
const sweep = (path: string): Effect.Effect<void, FileError> =>
  Files.attempt("remove files in", path, async () => {
    for (const name of await Fs.readdir(path)) if (name.endsWith(ending)) await Fs.rm(join(path, name))
  })
