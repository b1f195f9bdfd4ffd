/** What the files of an archive are called in a folder of a store. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Contents from "../../archive/internal/Contents.ts"
import * as EntryPath from "../../archive/internal/EntryPath.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import * as Existing from "../../extraction/internal/Existing.ts"
import * as Names from "../../extraction/internal/Names.ts"
import * as Plan from "../../extraction/internal/Plan.ts"
import * as Unpackers from "../../extraction/internal/Unpackers.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Destination from "../Destination.ts"

const manifest = EntryPath.fold(Destination.manifestName)

/**
 * The names that an extraction into an empty directory would give. They depend on the archive alone, so every run gives the same.
 */
export const make = Effect.fnUntraced(function* (
  entries: ReadonlyArray<ZipEntry>
): Effect.fn.Return<ReadonlyArray<Plan.Target>, FileError, Scope.Scope> {
  // Nothing is there, so they have nothing to do.
  const unpackers = yield* Unpackers.make(0)
  const names = Names.make(
    "",
    () => Effect.succeed(Existing.nothing),
    (key) => key === manifest
  )
  const { files } = yield* Plan.make(entries, { directory: "", names, unpackers, ifDiffers: "keep" })
  return files
}, Effect.scoped)

export const fileOf = ({ entry: { crc32, size }, path }: Plan.Target): Destination.Entry => ({ path, size, crc32 })

/** Which of these a store asks for. */
export const missing = (
  folder: Destination.Folder,
  targets: ReadonlyArray<Plan.Target>
): Effect.Effect<ReadonlyArray<Plan.Target>, Destination.DestinationError> =>
  targets.length === 0
    ? Effect.succeed([])
    : Effect.map(folder.missing(targets.map(fileOf)), (entries) => {
        const paths = new Set(entries.map(({ path }) => path))
        return targets.filter(({ path }) => paths.has(path))
      })

/** How many bytes of the archive are read for these: small ones together, each large one by itself. */
export const bytesToRead = (targets: ReadonlyArray<Plan.Target>): number => {
  const entries = targets.map(({ entry }) => entry)
  const small = ZipArchive.ranges(entries.filter(Contents.isSmall)).map(([start, end]) => end - start)
  const large = entries.filter((entry) => !Contents.isSmall(entry)).map(({ end, offset }) => end - offset)
  return [...small, ...large].reduce((sum, length) => sum + length, 0)
}

export const sizeOf = (targets: ReadonlyArray<Plan.Target>): number =>
  targets.reduce((sum, { entry }) => sum + entry.size, 0)
