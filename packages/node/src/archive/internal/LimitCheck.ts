/** Checks what an archive says of itself against its limits. */
import * as Result from "effect/Result"
import type { ArchiveLimits } from "../ArchiveLimits.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import { LimitExceeded } from "./ArchiveReason.ts"
import type { DirectoryLocation } from "./ZipDirectory.ts"

/** Below so many bytes of files the ratio does not matter. */
const ratioFrom = 2 ** 30

/** Checks the central directory before it is read. */
export const directory = (location: DirectoryLocation, limits: ArchiveLimits): Result.Result<void, LimitExceeded> => {
  if (location.entries > limits.entries) return exceeded("entries", limits, location.entries)
  return location.size > limits.directorySize ? exceeded("directorySize", limits, location.size) : Result.void
}

/** Checks the entries. */
export const entries = (all: ReadonlyArray<ZipEntry>, limits: ArchiveLimits): Result.Result<void, LimitExceeded> => {
  if (all.length > limits.entries) return exceeded("entries", limits, all.length)
  let total = 0
  let compressed = 0
  for (const entry of all) {
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
