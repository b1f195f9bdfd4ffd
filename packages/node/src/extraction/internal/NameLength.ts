/** How long a name may be where files are extracted to: 255 bytes on most file systems, 143 on encrypted ones, less elsewhere. */
import * as Fs from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as EntryPath from "../../archive/internal/EntryPath.ts"

/** Room for a checksum and an extension, at the least. */
const shortest = 48

/** Ours, so that what is left of it is removed. */
const ending = ".tmp"

type LookUp = (path: string) => Promise<unknown>

/**
 * How many bytes a name may have in this directory, or where it will be. Nothing is made: a name that is too long is told from
 * one that is not there.
 */
export const longestIn = (directory: string, lookUp: LookUp = Fs.lstat): Effect.Effect<number> =>
  Effect.promise(async () => {
    const takes = (length: number) => isTaken(resolve(directory), length, lookUp)
    if (await takes(EntryPath.maximalSegment)) return EntryPath.maximalSegment
    let [good, bad] = [shortest, EntryPath.maximalSegment]
    while (bad - good > 1) {
      const middle = (good + bad) >> 1
      if (await takes(middle)) good = middle
      else bad = middle
    }
    return good
  })

/**
 * The same in a directory where files may be made for a moment, such as a corner of ours: some file systems, among them FUSE and
 * network shares, look up any name, and refuse one that is too long only where it is made.
 */
export const longestMadeIn = (directory: string): Effect.Effect<number> =>
  longestIn(directory, async (path) => {
    const handle = await Fs.open(path, "wx")
    await handle.close()
    await Fs.rm(path, { force: true })
  })

const isTaken = async (directory: string, length: number, lookUp: LookUp): Promise<boolean> => {
  const code = await lookUp(join(directory, "x".repeat(length - ending.length) + ending)).then(() => undefined, codeOf)
  if (code !== "ENOENT" && code !== "ENOTDIR") return code !== "ENAMETOOLONG"
  // Below a directory that is not there yet nothing is said of the name.
  const isThere = await lookUp(directory).then(
    () => true,
    () => false
  )
  return isThere || dirname(directory) === directory || (await isTaken(dirname(directory), length, lookUp))
}

const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined
