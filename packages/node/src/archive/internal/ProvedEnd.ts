/** Whether a file is an archive that is whole, where nothing but the archive tells. */
import * as Effect from "effect/Effect"
import * as ArchiveLimits from "../ArchiveLimits.ts"
import * as FileBytes from "./FileBytes.ts"
import * as ZipArchive from "./ZipArchive.ts"

/**
 * The end record is the last that is written of an archive, and says where everything is: where it is there and agrees with
 * what is before it, nothing is missing. Archives over any limit are whole as well.
 */
export const isWholeArchive = (path: string): Effect.Effect<boolean> =>
  Effect.scoped(Effect.flatMap(FileBytes.open(path), (bytes) => ZipArchive.open(path, bytes, unlimited))).pipe(
    Effect.as(true),
    Effect.catch(() => Effect.succeed(false))
  )

const none = Number.POSITIVE_INFINITY
const unlimited: ArchiveLimits.ArchiveLimits = {
  ...ArchiveLimits.defaults,
  totalSize: none,
  entrySize: none,
  ratio: none
}
