/**
 * How much an archive may hold. Checked on what the archive says of itself, before anything is written; what comes out is
 * counted as well, so an archive that lies gets no further.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { LimitExceeded } from "./internal/ArchiveReason.ts"
import type { Location } from "./internal/ZipDirectory.ts"
import type { ZipEntry } from "./ZipEntry.ts"

/**
 * The limits, each the most that is allowed. `Infinity` is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveLimits {
  /** How many entries. */
  readonly entries: number
  /** The bytes of all files. */
  readonly totalSize: number
  /** The bytes of one file. */
  readonly entrySize: number
  /** The bytes of all files for each of their bytes in the archive; looked at only where they are more than 1 GiB. */
  readonly ratio: number
  /** The bytes of the central directory, which is held in memory. */
  readonly directorySize: number
}

/**
 * Far more than any archive of assets has: a million entries, 1 TiB in all, 256 GiB for one file, a directory of 256 MiB.
 *
 * The ratio is 100. Deflate reaches 1032 at the most, and a blank bitmap comes near that; but pictures are compressed
 * already, models and text shrink to a fifth, so more than 1 GiB of files at 100 to 1 is meant to fill a disk.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: ArchiveLimits = {
  entries: 1_000_000,
  totalSize: 2 ** 40,
  entrySize: 2 ** 38,
  ratio: 100,
  directorySize: 2 ** 28
}

/**
 * The defaults, but for so many bytes of files in all, and at whatever ratio: who says how much is meant need
 * not say more.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofSize = (bytes: number): ArchiveLimits => ({
  ...defaults,
  totalSize: bytes,
  entrySize: bytes,
  ratio: Number.POSITIVE_INFINITY
})

/** Below so many bytes of files the ratio does not matter. */
const ratioFrom = 2 ** 30

/**
 * Checks the central directory before it is read.
 *
 * @category combinators
 * @since 0.1.0
 */
export const checkLocation = (location: Location, limits: ArchiveLimits): Result.Result<void, LimitExceeded> => {
  if (location.entries > limits.entries) return exceeded("entries", limits, location.entries)
  return location.size > limits.directorySize ? exceeded("directorySize", limits, location.size) : Result.void
}

/**
 * Checks the entries.
 *
 * @category combinators
 * @since 0.1.0
 */
export const check = (entries: ReadonlyArray<ZipEntry>, limits: ArchiveLimits): Result.Result<void, LimitExceeded> => {
  if (entries.length > limits.entries) return exceeded("entries", limits, entries.length)
  let total = 0
  let compressed = 0
  for (const entry of entries) {
    if (entry.size > limits.entrySize) return exceeded("entrySize", limits, entry.size, entry.name)
    total += entry.size
    compressed += entry.compressedSize
  }
  if (total > limits.totalSize) return exceeded("totalSize", limits, total)
  return total > ratioFrom && total > limits.ratio * compressed
    ? exceeded("ratio", limits, compressed === 0 ? Infinity : Math.floor(total / compressed))
    : Result.void
}

const exceeded = (limit: keyof ArchiveLimits, limits: ArchiveLimits, found: number, entry?: string) =>
  Result.fail(new LimitExceeded({ limit, allowed: limits[limit], found, ...(entry === undefined ? {} : { entry }) }))
