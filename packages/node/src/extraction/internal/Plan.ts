/** What becomes of each file of an archive, decided before the first one is written. */
import type { Stats } from "node:fs"
import * as Fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { ArchiveError } from "../../archive/ArchiveError.ts"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import type { Unpackers } from "./Unpackers.ts"

/** Where one file goes. */
export interface Target {
  readonly entry: ZipEntry
  /** Relative to the directory, with `/`. */
  readonly path: string
  /** Why that is not the name in the archive; empty where it is. */
  readonly why: ReadonlyArray<EntryPath.Change | "other content there">
}

export interface Plan {
  /** To be written. */
  readonly write: ReadonlyArray<Target>
  /** Those of them that take the place of another file. */
  readonly replaces: ReadonlySet<Target>
  /** There already, with the right content. */
  readonly there: ReadonlyArray<Target>
  /** Directories that are not there yet, those on the way first. */
  readonly directories: ReadonlyArray<string>
  /** The paths that are given away now. */
  readonly taken: EntryPath.Taken
}

export interface Options {
  readonly archive: string
  readonly directory: string
  readonly taken: EntryPath.Taken
  readonly unpackers: Unpackers
  /** What to do where another file has the path: keep both, or replace it. */
  readonly ifDiffers: "keep" | "replace"
}

/** Only looks. */
export const make = Effect.fnUntraced(function* (
  entries: ReadonlyArray<ZipEntry>,
  options: Options
): Effect.fn.Return<Plan, ArchiveError | FileError> {
  const { archive, directory, unpackers } = options
  const { paths, taken } = yield* Effect.mapError(
    Effect.fromResult(EntryPath.assign(entries, { taken: options.taken })),
    (reason) => new ArchiveError({ archive, reason })
  )
  const { directories, existing } = yield* look(
    directory,
    paths.map(({ entry, path }) => (entry.isDirectory ? path : dirname(path)))
  )
  const exists = (path: string) => existing.get(dirname(path))?.has(EntryPath.fold(basename(path))) === true
  const isRight = (entry: ZipEntry, path: string) =>
    Effect.map(
      unpackers.check([{ path: join(directory, path), size: entry.size, crc32: entry.crc32 }]),
      ([right]) => right === true
    )

  const files: ReadonlyArray<Target> = paths.filter(({ entry }) => !entry.isDirectory)
  const suspects = files.filter(({ path }) => exists(path))
  const right = new Set<Target>()
  for (const group of groupsOf(suspects, 64)) {
    const checked = yield* unpackers.check(
      group.map(({ entry, path }) => ({ path: join(directory, path), size: entry.size, crc32: entry.crc32 }))
    )
    group.forEach((target, index) => {
      if (checked[index] === true) right.add(target)
    })
  }

  const given = new Set(taken.files)
  /** The first path that is free, or that has the file already. */
  const besides = Effect.fnUntraced(function* ({ entry, path: wanted, why }: Target) {
    for (let n = 2; ; n++) {
      const path = EntryPath.candidate(wanted, n)
      const key = EntryPath.fold(path)
      if (given.has(key) || taken.directories.has(key)) continue
      const isThere = exists(path)
      if (isThere && !(yield* isRight(entry, path))) continue
      given.add(key)
      return { isThere, target: { entry, path, why: [...why, "other content there"] } satisfies Target }
    }
  })

  const write: Array<Target> = []
  const replaces = new Set<Target>()
  const there: Array<Target> = []
  for (const target of files) {
    if (!exists(target.path)) write.push(target)
    else if (right.has(target)) there.push(target)
    else if (options.ifDiffers === "replace") {
      write.push(target)
      replaces.add(target)
    } else {
      const other = yield* besides(target)
      if (other.isThere) there.push(other.target)
      else write.push(other.target)
    }
  }
  return { write, replaces, there, directories, taken: { files: given, directories: taken.directories } }
})

/** Makes the directories that the files go to. */
export const makeDirectories = (directory: string, { directories }: Plan): Effect.Effect<void, FileError> =>
  Effect.forEach(
    directories,
    (path) => {
      const whole = join(directory, path)
      return Files.attempt("make the directory", whole, () => Fs.mkdir(whole))
    },
    { discard: true }
  )

/**
 * Which of these directories and those on the way to them are missing, and the names that stand in each of the others. A
 * symbolic link on the way is refused: it may lead out of the directory.
 */
const look = Effect.fnUntraced(function* (directory: string, wanted: ReadonlyArray<string>) {
  const all = new Set<string>(["."])
  for (const path of wanted) for (let at = path; !all.has(at); at = dirname(at)) all.add(at)
  const directories: Array<string> = []
  const existing = new Map<string, ReadonlySet<string>>()
  for (const path of [...all].toSorted((a, b) => a.length - b.length)) {
    const whole = join(directory, path)
    const isNew = path !== "." && existing.get(dirname(path))?.has(EntryPath.fold(basename(path))) !== true
    const stat = isNew ? undefined : yield* statOf(whole, path === ".")
    if (stat === undefined) {
      directories.push(path)
      existing.set(path, new Set())
    } else {
      if (!stat.isDirectory()) {
        return yield* new FileError({ operation: "extract into", path: whole, code: "ENOTDIR" })
      }
      const names = yield* Files.attempt("read the directory", whole, () => Fs.readdir(whole))
      existing.set(path, new Set(names.map(EntryPath.fold)))
    }
  }
  return { directories, existing }
})

/** None where only one in other letter case is there, and the system tells them apart. */
const statOf = (path: string, follow: boolean): Effect.Effect<Stats | undefined, FileError> =>
  Files.orMissing(Files.attempt("look at", path, () => (follow ? Fs.stat(path) : Fs.lstat(path))))

const groupsOf = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size))
