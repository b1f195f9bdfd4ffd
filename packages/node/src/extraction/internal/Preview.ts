/** What an extraction would do, found out by looking alone. */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type {
  ArchiveLocation,
  OpenArchive,
  Options as ReadOptions,
  ReadError
} from "../../archive/internal/OpenArchive.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import * as Plan from "./Plan.ts"
import * as Unpackers from "./Unpackers.ts"
import * as Workspace from "./Workspace.ts"

/** What would become of some archives. */
export interface Preview {
  readonly archives: ReadonlyArray<PreviewedArchive>
  /** Bytes that would be written. */
  readonly toWrite: number
  /** Bytes there is room for. */
  readonly free: number
}

export interface PreviewedArchive {
  readonly name: string
  /** In the order of the archive. */
  readonly files: ReadonlyArray<PreviewedFile>
  /** Bytes of the archive that would be read. */
  readonly toRead: number
}

export interface PreviewedFile {
  readonly entry: ZipEntry
  /** Relative to the directory, with `/`. */
  readonly path: string
  /** Why it would not be called as in the archive; empty where it would. */
  readonly why: Plan.Target["why"]
  /** `skip`: it is there, with the right size and CRC-32. */
  readonly action: "write" | "replace" | "skip"
}

interface Options extends ReadOptions {
  readonly select?: ((entry: ZipEntry) => boolean) | undefined
  readonly ifDiffers?: "keep" | "replace" | undefined
}

/** Of archives in this order, which may give their files the same names. */
export const make = Effect.fn("Extraction.preview")(function* <E, R>(
  openArchive: OpenArchive,
  locations: ReadonlyArray<ArchiveLocation<E, R>>,
  directory: string,
  { ifDiffers = "keep", select = () => true, ...options }: Options = {}
): Effect.fn.Return<Preview, ReadError | E, R> {
  let taken = Workspace.reserved
  let toWrite = 0

  const one = Effect.fnUntraced(function* (location: ArchiveLocation<E, R>) {
    const unpackers = yield* Unpackers.make(0)
    const archive = yield* openArchive(location, options)
    const entries = archive.entries.filter(select)
    const plan = yield* Plan.make(entries, { archive: archive.name, directory, taken, unpackers, ifDiffers })
    taken = plan.taken
    const written = plan.write.map(({ entry }) => entry)
    toWrite += written.reduce((sum, { size }) => sum + size, 0)
    const files = [
      ...plan.there.map((target): PreviewedFile => ({ ...target, action: "skip" })),
      ...plan.write.map((target): PreviewedFile => ({
        ...target,
        action: plan.replaces.has(target) ? "replace" : "write"
      }))
    ].toSorted((a, b) => a.entry.index - b.entry.index)
    const toRead = ZipArchive.ranges(written).reduce((sum, [start, end]) => sum + end - start, 0)
    const previewed: PreviewedArchive = { name: archive.name, files, toRead }
    return previewed
  }, Effect.scoped)

  const archives = yield* Effect.forEach(locations, one)
  return { archives, toWrite, free: yield* freeSpace(resolve(directory)) }
})

/** Where the directory will be. */
const freeSpace = (directory: string): Effect.Effect<number, FileError> =>
  Effect.catch(Files.freeSpace(directory), (error) =>
    error.code === "ENOENT" && dirname(directory) !== directory ? freeSpace(dirname(directory)) : Effect.fail(error)
  )
