/** What becomes of each file of an archive, decided before the first one is written. */
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import type * as Claims from "./Claims.ts"
import type * as Existing from "./Existing.ts"
import * as Names from "./Names.ts"
import type { Unpackers } from "./Unpackers.ts"

/** Where one file goes, and what becomes of it. */
export interface Target extends Names.Name {
  readonly entry: ZipEntry
}

export interface Plan {
  /** In the order of the archive. */
  readonly files: ReadonlyArray<Target>
  /** Directories to be made, those on the way first. */
  readonly directories: ReadonlyArray<string>
}

export interface Options {
  readonly directory: string
  readonly names: Names.Names
  readonly unpackers: Unpackers
  /** What to do where another file has the path: keep both, or replace it. */
  readonly ifDiffers: "keep" | "replace"
}

/** A file, and where it goes unless its name is taken. */
interface Wish {
  readonly entry: ZipEntry
  readonly place: Names.Place
  readonly name: string
  readonly why: ReadonlyArray<Names.Why>
}

/** Gives names, and only looks at what is there. */
export const make = Effect.fnUntraced(function* (
  entries: ReadonlyArray<ZipEntry>,
  options: Options
): Effect.fn.Return<Plan, FileError> {
  const { ifDiffers, names } = options
  const wishes: Array<Wish> = []
  const needed = new Set<Names.Place>()
  const places = new Map<string, Names.Place>()
  for (const entry of entries) {
    const { segments, why } = EntryPath.of(entry, names.longest)
    const on = entry.isDirectory ? segments : segments.slice(0, -1)
    const spelled = on.join("/")
    const place = places.get(spelled) ?? (yield* names.place(on))
    places.set(spelled, place)
    if (entry.isDirectory) needed.add(place)
    else wishes.push({ entry, place, name: segments.at(-1) ?? "", why: both(why, whyOf(place, spelled)) })
  }
  yield* inspect(wishes, options)
  // From here on nothing is waited for: all names of an archive are given at once. Whoever can do without a number comes first.
  const plain = wishes.map(({ entry, name, place }) => names.plain(place, name, entry, ifDiffers))
  const files = wishes.map(({ entry, name, place, why }, index): Target => {
    const named = plain[index] ?? names.plain(place, name, entry, "keep") ?? names.numbered(place, name, entry)
    if (named.action !== "skip") needed.add(place)
    return { entry, ...named, why: both(why, named.why) }
  })
  return { files, directories: missing(needed) }
})

/** The first of those that come to one file, because their names and contents are the same: the others need not be read. */
export const firsts = (targets: ReadonlyArray<Target>): ReadonlyArray<Target> => {
  const paths = new Set<string>()
  return targets.filter(({ path }) => paths.size < paths.add(path).size)
}

/** Makes the directories that the files go to. Those of other archives may make them too. */
export const makeDirectories = (directory: string, { directories }: Plan): Effect.Effect<void, FileError> =>
  Effect.forEach(
    directories,
    (path) => {
      const whole = join(directory, path)
      return Files.attempt("make the directory", whole, () => Fs.mkdir(whole)).pipe(
        Effect.catch((error) =>
          Effect.flatMap(Files.isDirectory(whole), (isThere) => (isThere ? Effect.void : Effect.fail(error)))
        )
      )
    },
    { discard: true }
  )

/** Most files have no reason at all. */
const both = (some: ReadonlyArray<Names.Why>, others: ReadonlyArray<Names.Why>): ReadonlyArray<Names.Why> =>
  others.length === 0 ? some : some.length === 0 ? others : [...new Set([...some, ...others])]

const whyOf = ({ path }: Names.Place, spelled: string): ReadonlyArray<Names.Why> => {
  if (path === spelled || spelled === "") return []
  return EntryPath.fold(path) === EntryPath.fold(spelled) ? ["letter case"] : ["taken"]
}

/** Finds out what must be known of what is there: of what is called as wanted; and of what has a number only where that is not it. */
const inspect = Effect.fnUntraced(function* (wishes: ReadonlyArray<Wish>, options: Options) {
  const found = wishes
    .map(({ entry, name, place }) => ({ content: entry, ...Names.candidates(place, name) }))
    .filter(({ called, numbered }) => called.length > 0 || numbered.length > 0)
  yield* know(
    found.map(({ called, content }) => ({ content, items: called })),
    options
  )
  yield* know(
    found
      .filter(({ called, content }) => !called.some((item) => Names.holds(item, content)))
      .map(({ content, numbered }) => ({ content, items: numbered })),
    options
  )
})

interface Suspects {
  readonly content: Claims.Content
  readonly items: ReadonlyArray<Existing.Item>
}

/** Sizes first: only a file of the right size is read. Files of the same name have the same suspects, and there may be many. */
const know = Effect.fnUntraced(function* (suspects: ReadonlyArray<Suspects>, { directory, unpackers }: Options) {
  const sizesOf = new Map<ReadonlyArray<Existing.Item>, Set<number>>()
  for (const { content, items } of suspects) sizesOf.set(items, (sizesOf.get(items) ?? new Set()).add(content.size))
  const all = [...new Set([...sizesOf.keys()].flat())].filter(({ size }) => size === undefined)
  const sizes = yield* unpackers.sizes(all.map(({ path }) => join(directory, path)))
  all.forEach((item, index) => (item.size = sizes[index] ?? Number.NaN))
  const same = new Set(
    [...sizesOf].flatMap(([items, sizes]) =>
      items.filter(({ crc32, size }) => size !== undefined && sizes.has(size) && crc32 === undefined)
    )
  )
  const read = [...same].map((item) => ({ item, path: join(directory, item.path), size: item.size ?? Number.NaN }))
  const sums = yield* unpackers.sums(read)
  read.forEach(({ item }, index) => (item.crc32 = sums[index] ?? Number.NaN))
})

/** Which of these, and of those on the way to them, are not there. */
const missing = (places: Iterable<Names.Place>): ReadonlyArray<string> => {
  const paths = new Set<string>()
  for (const place of places) {
    for (let at: Names.Place | undefined = place; at !== undefined && !at.isThere; at = at.parent) paths.add(at.path)
  }
  return [...paths].toSorted((a, b) => a.length - b.length)
}
