/** The files below a directory. */
import type { Dirent } from "node:fs"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import * as OwnDirectory from "../../file/internal/OwnDirectory.ts"

/** A file below a directory. */
export interface Found {
  /** From the directory on, with `/` between directories. */
  readonly path: string
  readonly bytes: number
}

/** How many files are looked at, and directories read, at once. */
const concurrency = 16

/**
 * All files below a directory, by path. Left out are hidden files and directories, links, devices, and the parts of downloads that are
 * not done.
 */
export const files = (directory: string): Effect.Effect<ReadonlyArray<Found>, FileError> =>
  Effect.map(below(directory, "", entriesOf(directory)), (found) =>
    found.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  )

type Entries = Effect.Effect<ReadonlyArray<Dirent>, FileError>

const entriesOf = (directory: string): Entries =>
  Files.attempt("list", directory, () => Fs.readdir(directory, { withFileTypes: true }))

const below: (directory: string, prefix: string, entries: Entries) => Effect.Effect<ReadonlyArray<Found>, FileError> =
  Effect.fnUntraced(function* (directory, prefix, entries) {
    const shown = (yield* entries).filter((entry) => !entry.name.startsWith("."))
    const own = yield* Effect.forEach(
      shown.filter((entry) => entry.isFile()),
      (entry) => fileOf(join(directory, entry.name), prefix + entry.name),
      { concurrency }
    )
    // One after the other: their files are many at once already.
    const deeper = yield* Effect.forEach(
      shown.filter((entry) => entry.isDirectory() && !entry.name.endsWith(OwnDirectory.ending)),
      ({ name }) => {
        const path = join(directory, name)
        const entries = Effect.map(Files.orMissing(entriesOf(path)), (found) => found ?? [])
        return below(path, `${prefix}${name}/`, entries)
      }
    )
    return [...own.flat(), ...deeper.flat()]
  })

/** None where the file is gone meanwhile, or has become something else. */
const fileOf = (file: string, path: string): Effect.Effect<ReadonlyArray<Found>, FileError> =>
  Effect.map(Files.orMissing(Files.attempt("look at", file, () => Fs.lstat(file))), (stat) =>
    stat?.isFile() === true ? [{ path, bytes: stat.size }] : []
  )
