/**
 * Who is called what in one directory. First come keeps the plain name, and who comes later gets a number. But content that is
 * there already is found, whatever name it has: so the same archives come to the same files in whatever order they come, and
 * however often a run was cut short.
 */
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import { FileError } from "../../file/FileError.ts"
import { NotADirectory } from "../../file/internal/FileReason.ts"
import * as Claims from "./Claims.ts"
import * as Existing from "./Existing.ts"

/** Why a file is not called as in the archive. */
export type Why =
  | EntryPath.Change
  /** Another file has the path, or one that some system takes for the same; a number tells them apart. */
  | "taken"
  /** The path, or a directory on the way, is there in other letter case: the two become one, in the spelling that came first. */
  | "letter case"
  /** A file with other content has the path, and is kept. */
  | "other content there"

export interface Name {
  /** Relative to the directory, with `/`. */
  readonly path: string
  /** Why it is not what was wanted; empty where it is. */
  readonly why: ReadonlyArray<Why>
  readonly action: Claims.Action
}

/** A directory that files go to. */
export interface Place {
  /** Relative; `.` is the one that all go to. */
  readonly path: string
  readonly isThere: boolean
  readonly listing: Existing.Listing
  /** Its own, and those of all directories that an earlier run may have made for the same files. */
  readonly searched: ReadonlyArray<Existing.Listing>
  /** What was found for names in it. */
  readonly found: Map<string, Candidates>
  /** The one that it is in. */
  readonly parent: Place | undefined
}

export interface Names {
  /** How many bytes a name may have there. */
  readonly longest: number
  /** The directory for these segments. From now on it has its name. */
  readonly place: (segments: ReadonlyArray<string>) => Effect.Effect<Place, FileError>
  /** The name of a file, by what is known of its candidates; none where it needs a new number. From now on it has it. */
  readonly plain: (
    place: Place,
    name: string,
    content: Claims.Content,
    ifDiffers: "keep" | "replace"
  ) => Name | undefined
  /** Gives a file that needs a number the first one that is free. */
  readonly numbered: (place: Place, name: string, content: Claims.Content) => Name
  /** The next number for a file whose path something has taken since it was given. */
  readonly another: (path: string, content: Claims.Content) => Name
}

export interface Candidates {
  readonly called: ReadonlyArray<Existing.Item>
  readonly numbered: ReadonlyArray<Existing.Item>
}

/**
 * What may be a file of this name, made by an earlier run: first what is called so, then what has a number. The same each time it
 * is asked for, because there may be thousands of one name.
 */
export const candidates = ({ found, searched }: Place, name: string): Candidates => {
  const known = found.get(name)
  if (known !== undefined) return known
  const files = (items: ReadonlyArray<Existing.Item>) => items.filter(({ kind }) => kind === "file")
  const called = searched.flatMap((listing) => files(listing.called(name)))
  const numbered = searched.flatMap((listing) => files(listing.numbered(name)))
  // Of most names there is nothing, and of most directories everything is asked once.
  if (called.length === 0 && numbered.length === 0) return none
  const candidates = { called, numbered }
  found.set(name, candidates)
  return candidates
}

const none: Candidates = { called: [], numbered: [] }

export const holds = (item: Partial<Claims.Content> | undefined, content: Claims.Content): boolean =>
  item?.size === content.size && item.crc32 === content.crc32

/** `isReserved` tells names that are nobody's, folded. */
export const make = (
  directory: string,
  existing: Existing.Existing,
  isReserved: (key: string) => boolean,
  longest: number = EntryPath.maximalSegment
): Names => {
  const files = Claims.make()
  /** The keys of those that have another path than was wanted, by that and by their content: thousands may have wanted the same. */
  const elsewhere = new Map<string, Map<string, string>>()
  /** Each with its spelling. */
  const directories = new Map<string, string>()
  const places = new Map<string, Place>()
  /** The number to try next, so that many files of one name do not try all numbers again. */
  const next = new Map<string, number>()

  const isUsed = (key: string) => files.has(key) || directories.has(key) || isReserved(key)

  const place: Names["place"] = Effect.fnUntraced(function* (segments): Effect.fn.Return<Place, FileError> {
    const key = EntryPath.fold(segments.join("/"))
    const known = places.get(key)
    if (known !== undefined) return known
    const made = yield* segments.length === 0 ? root : below(yield* place(segments.slice(0, -1)), segments.at(-1) ?? "")
    const meanwhile = places.get(key) ?? made
    places.set(key, meanwhile)
    return meanwhile
  })

  const root = Effect.map(existing("."), (listing): Place => {
    return { path: ".", isThere: true, listing, searched: [listing], found: new Map(), parent: undefined }
  })

  const below = Effect.fnUntraced(function* (parent: Place, name: string): Effect.fn.Return<Place, FileError> {
    const listings = new Map<string, Existing.Listing>()
    for (const { called, numbered } of parent.searched) {
      for (const { kind, path } of [...called(name), ...numbered(name)]) {
        if (kind === "directory") listings.set(path, yield* existing(path))
      }
    }
    // From here on nothing is waited for, so nobody else gives names meanwhile.
    for (let n = 1; ; n++) {
      const path = EntryPath.candidate(pathIn(parent, name), n, longest)
      const key = EntryPath.fold(path)
      if (files.has(key) || isReserved(key)) continue
      const items = parent.listing.called(basename(path))
      const same = items.filter(({ kind }) => kind === "directory")
      const spelled = directories.get(key) ?? (same.find((item) => item.path === path) ?? same[0])?.path
      if (spelled === undefined && items.length > 0) {
        if (n > 1 || items.every(({ kind }) => kind !== "link")) continue
        // It may lead out of the directory, and whoever has put it there wants to be asked.
        return yield* new FileError({
          operation: "extract into",
          path: join(directory, path),
          reason: new NotADirectory()
        })
      }
      const chosen = spelled ?? path
      directories.set(key, chosen)
      const listing = listings.get(chosen)
      return {
        path: chosen,
        isThere: listing !== undefined,
        listing: listing ?? Existing.nothing,
        searched: [...listings.values()],
        found: new Map(),
        parent
      }
    }
  })

  /** What is known of a name that is wanted. */
  const wish = (place: Place, name: string, content: Claims.Content) => {
    const wanted = pathIn(place, name)
    const key = EntryPath.fold(wanted)
    const isTaken = isUsed(key)
    const occupants = place.listing.called(name)
    const named = ({ action, path }: Pick<Claims.Claim, "action" | "path">): Name => {
      if (path === wanted) return { path, action, why: [] }
      if (EntryPath.fold(path) === key) return { path, action, why: ["letter case"] }
      return { path, action, why: [isTaken || occupants.length === 0 ? "taken" : "other content there"] }
    }
    const give = (path: string, action: Claims.Action): Name => {
      const claim: Claims.Claim = { size: content.size, crc32: content.crc32, path, wanted, action }
      add(claim, key)
      return named(claim)
    }
    const numbered = elsewhere.get(key)?.get(idOf(content)) ?? key
    // What has that path by now may be of other content.
    const earlier = [key, numbered].map(files.get).find((claim) => holds(claim, content))
    return { wanted, key, isTaken, occupants, earlier, named, give }
  }

  const add = (claim: Claims.Claim, wanted: string): void => {
    const key = EntryPath.fold(claim.path)
    files.set(key, claim)
    if (key === wanted) return
    const others = elsewhere.get(wanted) ?? new Map<string, string>()
    elsewhere.set(wanted, others.set(idOf(claim), key))
  }

  const plain: Names["plain"] = (place, name, content, ifDiffers) => {
    const { earlier, give, isTaken, named, occupants, wanted } = wish(place, name, content)
    if (earlier !== undefined) return named(earlier)
    const { called, numbered } = candidates(place, name)
    const right = (items: ReadonlyArray<Existing.Item>) =>
      items.find((item) => holds(item, content) && files.get(EntryPath.fold(item.path))?.action !== "replace")
    const there = right(called)
    if (there !== undefined) return give(there.path, "skip")
    const isReplaceable = !isTaken && occupants.length > 0 && occupants.every(({ kind }) => kind !== "directory")
    if (ifDiffers === "replace" && isReplaceable) return give(wanted, "replace")
    const other = right(numbered)
    if (other !== undefined) return give(other.path, "skip")
    return isTaken || occupants.length > 0 ? undefined : give(wanted, "write")
  }

  const numbered: Names["numbered"] = (place, name, content) => {
    const { give, wanted } = wish(place, name, content)
    return give(
      firstFree(wanted, (path) => place.listing.called(basename(path)).length === 0),
      "write"
    )
  }

  const another: Names["another"] = (path, content) => {
    const key = EntryPath.fold(path)
    const lost = files.get(key)
    const wanted = lost?.wanted ?? path
    // Nobody knows what it has now.
    files.set(key, { size: Number.NaN, crc32: Number.NaN, path, wanted, action: "write" })
    const free = firstFree(wanted, () => true)
    add({ size: content.size, crc32: content.crc32, path: free, wanted, action: "write" }, EntryPath.fold(wanted))
    return { path: free, action: "write", why: ["other content there"] }
  }

  const firstFree = (wanted: string, isFree: (path: string) => boolean): string => {
    const key = EntryPath.fold(wanted)
    for (let n = next.get(key) ?? 2; ; n++) {
      const path = EntryPath.candidate(wanted, n, longest)
      const folded = EntryPath.fold(path)
      if (isUsed(folded) || !isFree(path)) continue
      next.set(key, n + 1)
      return path
    }
  }

  return { longest, place, plain, numbered, another }
}

const idOf = ({ crc32, size }: Claims.Content): string => `${size} ${crc32}`

const pathIn = ({ path }: Place, name: string): string => (path === "." ? name : `${path}/${name}`)
