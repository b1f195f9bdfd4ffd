/** A destination: a store that a program brings. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { JobId } from "@scenario-assets/core/Asset"
import type { JobError } from "@scenario-assets/core/JobError"
import type { Source } from "@scenario-assets/core/transfer/Source"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ArchiveLimits from "../../archive/ArchiveLimits.ts"
import * as EntryFilter from "../../archive/EntryFilter.ts"
import type * as OpenArchive from "../../archive/internal/OpenArchive.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import type { Preview } from "../../extraction/Extraction.ts"
import * as Outbox from "../../extraction/internal/Outbox.ts"
import * as Plan from "../../extraction/internal/Plan.ts"
import type * as DownloadRequest from "../../runs/DownloadRequest.ts"
import * as Place from "../../runs/internal/Place.ts"
import type * as Public from "../Destination.ts"
import type { Destination, ReadyArchive, SaveEvent } from "./Destination.ts"
import * as StoredArchive from "./StoredArchive.ts"
import * as StoredPlan from "./StoredPlan.ts"

/** What of an archive is wanted. */
export const rules = Effect.fnUntraced(function* ({
  maxSize,
  ...patterns
}: Pick<DownloadRequest.Store, "include" | "exclude" | "maxSize">): Effect.fn.Return<
  Pick<StoredArchive.Options, "select" | "limits">,
  EntryFilter.InvalidPattern
> {
  return {
    select: yield* EntryFilter.make(patterns),
    limits: maxSize === undefined ? undefined : ArchiveLimits.ofSize(maxSize)
  }
})

type Options = Omit<StoredArchive.Options, "memory">

interface Store {
  readonly store: Public.Destination
  /** How many archives there are. */
  readonly total: number
}

/** What the contents of all archives may take at once; of each no less than the largest that is held whole. */
const memory = 64 * 1024 * 1024
const leastMemory = 16 * 1024 * 1024

export const open = (
  openArchive: OpenArchive.OpenArchive,
  { concurrency, store, total }: Store & { readonly concurrency: number },
  options: Options
): Destination => ({
  check: () => Effect.void,
  save: (archives) =>
    Outbox.stream(
      (event: SaveEvent) => (event._tag === "ArchiveProgressed" ? event.jobId : undefined),
      Effect.fnUntraced(function* (tell) {
        // Where that fails, no job is begun.
        const root = yield* store.open("")
        const own = { ...options, memory: Math.max(leastMemory, Math.floor(memory / Math.min(concurrency, total))) }
        const one = (ready: ReadyArchive) => {
          // Several archives may have the same names, and a store cannot be asked what another one has brought.
          const name = Place.folder(total, ready.batch)
          return Effect.scoped(
            Effect.flatMap(name === "" ? Effect.succeed(root) : store.open(name), (folder) =>
              StoredArchive.save(openArchive, ready, { folder, name }, own, tell)
            )
          ).pipe(
            Effect.catch((error) =>
              error._tag === "DestinationError" && error.isFatal
                ? Effect.fail(error)
                : tell({ _tag: "NotSaved", archive: ready, error })
            )
          )
        }
        yield* archives.pipe(Stream.mapEffect(one, { concurrency, unordered: true }), Stream.runDrain)
      }, Effect.scoped)
    )
})

/** What would become of each file; nothing is stored, and no content is fetched. */
export const preview = Effect.fnUntraced(function* (
  openArchive: OpenArchive.OpenArchive,
  sources: ReadonlyArray<{ readonly jobId: JobId; readonly source: Source<ApiError | JobError> }>,
  { store, total }: Store,
  { select, ...options }: Options
): Effect.fn.Return<Preview, StoredArchive.Failure> {
  const all = yield* Effect.forEach(sources, ({ jobId, source }, batch) =>
    Effect.gen(function* () {
      const name = Place.folder(total, batch)
      const folder = yield* store.open(name)
      const archive = yield* openArchive({ name: jobId, source }, options)
      const { entries, refused } = ZipArchive.sort(archive, select)
      const targets = yield* StoredPlan.make(entries)
      const missing = yield* StoredPlan.missing(folder, Plan.firsts(targets))
      const isMissing = new Set(missing.map(({ path }) => path))
      const files = targets.map((target) => ({
        ...target,
        path: Place.inFolder(name, target.path),
        action: isMissing.has(target.path) ? ("write" as const) : ("skip" as const)
      }))
      const previewed = { name: archive.name, files, refused, bytesToRead: StoredPlan.bytesToRead(missing) }
      return { previewed, bytesToWrite: StoredPlan.sizeOf(missing) }
    }).pipe(Effect.scoped)
  )
  return {
    archives: all.map(({ previewed }) => previewed),
    bytesToWrite: all.reduce((sum, { bytesToWrite }) => sum + bytesToWrite, 0),
    free: Number.POSITIVE_INFINITY
  }
})
