/** What stands in a directory before anything is extracted into it. Each of its directories is read once, when it is asked for. */
import type { Dirent } from "node:fs"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"

/** Something that stands there. */
export interface Item {
  /** Relative to the directory, with `/`. */
  readonly path: string
  readonly kind: "file" | "directory" | "link" | "other"
  /** Of a file: how many bytes it has, once somebody has looked; `NaN` where that cannot be told. */
  size?: number
  /** Of a file: the CRC-32 of its content, once somebody has read it; `NaN` where it cannot be read. */
  crc32?: number
}

/** What stands in one directory. */
export interface Listing {
  /** What has this name, or one that some system takes for the same. */
  readonly called: (name: string) => ReadonlyArray<Item>
  /** What has this name with a number, as in `name (2).png`, the lowest first. */
  readonly numbered: (name: string) => ReadonlyArray<Item>
}

/** Lists a directory by its path relative to the one that is extracted into. */
export type Existing = (path: string) => Effect.Effect<Listing, FileError>

export const make = (directory: string, longest: number = EntryPath.maximalSegment): Existing => {
  const listings = new Map<string, Listing>()
  return Effect.fnUntraced(function* (path): Effect.fn.Return<Listing, FileError> {
    const known = listings.get(path)
    if (known !== undefined) return known
    const whole = join(directory, path)
    const found = yield* Files.attempt("extract into", whole, () => Fs.readdir(whole, { withFileTypes: true })).pipe(
      Files.orMissing
    )
    const listing = found === undefined ? nothing : listingOf(path, found, longest)
    listings.set(path, listing)
    return listing
  })
}

/** Of a directory that is not there. */
export const nothing: Listing = { called: () => [], numbered: () => [] }

const listingOf = (path: string, all: ReadonlyArray<Dirent>, longest: number): Listing => {
  const byName = new Map<string, Array<Item>>()
  const byFirstName = new Map<string, Array<readonly [n: number, item: Item]>>()
  for (const found of all) {
    const item: Item = { path: path === "." ? found.name : `${path}/${found.name}`, kind: kindOf(found) }
    add(byName, EntryPath.fold(found.name), item)
    const unnumbered = EntryPath.unnumbered(found.name)
    if (unnumbered !== undefined) add(byFirstName, EntryPath.fold(unnumbered.name), [unnumbered.n, item])
  }
  return {
    called: (name) => byName.get(EntryPath.fold(name)) ?? [],
    numbered: (name) =>
      byFirstName.size === 0
        ? []
        : firstNames(name, longest)
            .flatMap((first) => byFirstName.get(first) ?? [])
            .toSorted(([a], [b]) => a - b)
            .map(([, item]) => item)
  }
}

const add = <A>(to: Map<string, Array<A>>, key: string, one: A): void => {
  const all = to.get(key)
  if (all === undefined) to.set(key, [one])
  else all.push(one)
}

const kindOf = (found: Dirent): Item["kind"] => {
  if (found.isFile()) return "file"
  if (found.isDirectory()) return "directory"
  return found.isSymbolicLink() ? "link" : "other"
}

/** What its numbered names begin with: the name, or, where it is long, what a number of each length leaves of it. */
const firstNames = (name: string, longest: number): ReadonlyArray<string> => {
  const firsts = [2, 10, 100, 1000, 10_000, 100_000].map(
    (n) => EntryPath.unnumbered(EntryPath.candidate(name, n, longest))?.name ?? name
  )
  return [...new Set(firsts.map(EntryPath.fold))]
}
