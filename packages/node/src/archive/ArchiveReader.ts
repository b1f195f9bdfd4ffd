/**
 * What is in archives, wherever they are: their entries, and the content of those that are wanted.
 *
 * @since 0.1.0
 */
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { FileDownload } from "../file/FileDownload.ts"
import * as ForEach from "./internal/ForEach.ts"
import * as OpenArchive from "./internal/OpenArchive.ts"
import type { ZipEntry } from "./ZipEntry.ts"

type ArchiveLocation<E, R> = OpenArchive.ArchiveLocation<E, R>
type Options = OpenArchive.Options
type ReadError = OpenArchive.ReadError

/** @category models @since 0.1.0 */
export type { ArchiveLocation, Options, ReadError, Spool } from "./internal/OpenArchive.ts"

/** @category models @since 0.1.0 */
export type { EntryContent, ForEachOptions, ForEachReport } from "./internal/ForEach.ts"

/** @category models @since 0.1.0 */
export type { RefusedEntry } from "./internal/ZipArchive.ts"

/**
 * Reads archives by their central directory, and of the rest only what is wanted, in few ranges.
 *
 * An archive on a storage host is read by ranges; all reads of a call share one link, and one fresh link where it has
 * expired. Where the host serves no ranges the archive is fetched to a file first (`spool`).
 *
 * **When to use**
 *
 * To look into an archive (`list`), or to send its files anywhere but to a directory (`forEach`): to an object store, a
 * database, an image library. To write them to a directory, use `Extraction`, which is faster at that and resumes.
 *
 * **Example** (The size of each picture, as it is found in its content)
 *
 * ```ts
 * import { ArchiveReader } from "@scenario-assets/node"
 * import { Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const { forEach } = yield* ArchiveReader.ArchiveReader
 *   const sizes = new Map<string, number>()
 *   const { refused } = yield* forEach(
 *     { file: "renders.zip" },
 *     Effect.fnUntraced(function* (entry, content) {
 *       sizes.set(entry.name, (yield* Stream.mkUint8Array(content)).length)
 *     }),
 *     { select: (entry) => entry.name.endsWith(".png"), concurrency: 4 }
 *   )
 *   return { sizes, refused }
 * }).pipe(Effect.provide(ArchiveReader.layerFiles))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class ArchiveReader extends Context.Service<
  ArchiveReader,
  {
    /**
     * Lists the files and directories of an archive, in the order of its directory: most often by one request. Those that
     * would not be extracted are listed as well (`refused`).
     */
    readonly list: <E = never, R = never>(
      location: ArchiveLocation<E, R>,
      options?: Options
    ) => Effect.Effect<ReadonlyArray<ZipEntry>, ReadError | E, R>
    /**
     * Calls `f` for each file of an archive, in the order they have there, and reports what became of them.
     *
     * A small file (up to 4 MiB in the archive, 16 MiB of content, and `memory`) is whole and verified before `f` is called.
     * A large one is read when its `content` is run, by a request of its own; its content ends with an `ArchiveError` where
     * it is not right. Content that is not run is not fetched. `Stream.mkUint8Array(content)` gives the content of either as
     * one array. The bytes belong to `f`, which may keep or change them; those of a small file are the same on every run.
     *
     * Only what ails the whole ends the effect: a directory that is damaged or over the limits, a host or a disk that fails,
     * or `f` itself, whose failure interrupts all calls under way. A file that is damaged, not supported, or whose name leads
     * elsewhere (`../x`) is left out and `refused`, also where `f` fails with just the error of the content it was given. Where `f` handles that error, the file
     * counts as done.
     *
     * **Gotchas**
     *
     * Content ends with the call that it was given to: run later, it fails with `ContentClosed`. A call may take as long as it
     * likes; the connection that waits for it may be made again. There is no `timeLimit`: use `Effect.timeout`.
     */
    readonly forEach: <E2, R2, E = never, R = never>(
      location: ArchiveLocation<E, R>,
      f: (entry: ZipEntry, content: ForEach.EntryContent<E, R>) => Effect.Effect<unknown, E2, R2>,
      options?: ForEach.ForEachOptions
    ) => Effect.Effect<ForEach.ForEachReport, ReadError | E | E2, R | R2>
  }
>()("@scenario-assets/node/archive/ArchiveReader") {}

const service = (openArchive: OpenArchive.OpenArchive): ArchiveReader["Service"] => {
  return ArchiveReader.of({
    list: (location, options) => Effect.scoped(Effect.map(openArchive(location, options), ({ entries }) => entries)),
    forEach: (location, f, options = {}) =>
      // The scope of the archive is not that of the callbacks.
      Effect.scopedWith((scope) =>
        Effect.flatMap(Scope.provide(openArchive(location, options), scope), (archive) =>
          ForEach.forEach(archive, f, options)
        )
      ).pipe(Effect.withSpan("ArchiveReader.forEach"))
  })
}

/**
 * Builds the service on `Transfer` and `FileDownload`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<ArchiveReader["Service"], never, Transfer | FileDownload> = Effect.map(
  OpenArchive.make,
  service
)

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<ArchiveReader, never, Transfer | FileDownload> = Layer.effect(ArchiveReader, make)

/**
 * The service for archives in files alone: it needs no network, no configuration and no credentials. To read an archive on
 * a storage host by it is a defect.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFiles: Layer.Layer<ArchiveReader> = Layer.sync(ArchiveReader, () => service(OpenArchive.inFiles))
