/** What an extraction would do, found out by looking alone. */
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import type { ArchiveLocation, OpenArchive, ReadError } from "../../archive/internal/OpenArchive.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import * as Files from "../../file/internal/Files.ts"
import * as Destination from "./Destination.ts"
import * as Plan from "./Plan.ts"

/**
 * What would become of some archives.
 *
 * @category models
 * @since 0.1.0
 */
export interface Preview {
  readonly archives: ReadonlyArray<PreviewedArchive>
  /** Bytes that would be written. */
  readonly bytesToWrite: number
  /** Bytes there is room for; `Infinity` where that is not known, as of a store. */
  readonly free: number
}

/**
 * What would become of one of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface PreviewedArchive {
  readonly name: string
  /** In the order of the archive. */
  readonly files: ReadonlyArray<PreviewedFile>
  /** What would be left out, by what the directory of the archive says. */
  readonly refused: ReadonlyArray<ZipArchive.RefusedEntry>
  /** Bytes of the archive that would be read. */
  readonly bytesToRead: number
}

/**
 * What would become of a file. `skip`: it is there, with the right size and CRC-32.
 *
 * @category models
 * @since 0.1.0
 */
export type PreviewedFile = Plan.Target

/** Of archives in this order, which may give their files the same names. */
export const make = Effect.fn("Extraction.preview")(function* <E, R>(
  openArchive: OpenArchive,
  pool: Destination.Pool,
  locations: ReadonlyArray<ArchiveLocation<E, R>>,
  directory: string,
  options: Destination.Options = {}
): Effect.fn.Return<Preview, ReadError | E, R> {
  const { ifDiffers = "keep", select } = options
  const names = yield* Destination.namesIn(directory)
  const one = Effect.fnUntraced(function* (location: ArchiveLocation<E, R>, unpackersFor: Destination.UnpackersFor) {
    const archive = yield* openArchive(location, options)
    const { entries, refused } = ZipArchive.sort(archive, select)
    const unpackers = unpackersFor(entries)
    const { files } = yield* Plan.make(entries, { directory, names, unpackers, ifDiffers })
    const written = Plan.firsts(files.filter(({ action }) => action !== "skip")).map(({ entry }) => entry)
    const bytesToRead = ZipArchive.ranges(written).reduce((sum, [start, end]) => sum + end - start, 0)
    const previewed: PreviewedArchive = { name: archive.name, files, refused, bytesToRead }
    return { previewed, bytesToWrite: written.reduce((sum, { size }) => sum + size, 0) }
  }, Effect.scoped)

  const all = yield* Effect.scoped(
    Effect.flatMap(Destination.unpackers(pool, options), (unpackersFor) =>
      Effect.forEach(locations, (location) => one(location, unpackersFor))
    )
  )
  return {
    archives: all.map(({ previewed }) => previewed),
    bytesToWrite: all.reduce((sum, { bytesToWrite }) => sum + bytesToWrite, 0),
    free: yield* Files.freeSpace(resolve(directory))
  }
})
