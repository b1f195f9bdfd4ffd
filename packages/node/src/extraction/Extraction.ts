/**
 * From archives straight into a directory, while they arrive.
 *
 * @since 0.1.0
 */
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as OpenArchive from "../archive/internal/OpenArchive.ts"
import type { FileDownload } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import * as AllArchives from "./internal/AllArchives.ts"
import * as Destination from "./internal/Destination.ts"
import type { Options } from "./internal/Destination.ts"
import * as OneArchive from "./internal/OneArchive.ts"
import * as Preview from "./internal/Preview.ts"

type ArchiveLocation<E, R> = OpenArchive.ArchiveLocation<E, R>
type ReadError = OpenArchive.ReadError

/** @category models @since 0.1.0 */
export type { ArchiveEvent } from "./internal/AllArchives.ts"
/** @category models @since 0.1.0 */
export type { Options } from "./internal/Destination.ts"
/** @category models @since 0.1.0 */
export type { Why } from "./internal/Names.ts"
/** @category models @since 0.1.0 */
export type { Extracted, ExtractedFile, ExtractionEvent } from "./internal/OneArchive.ts"
/** @category models @since 0.1.0 */
export type { Preview, PreviewedArchive, PreviewedFile } from "./internal/Preview.ts"

/**
 * Extracts archives into a directory.
 *
 * All is decided by the central directory before the first file of an archive is written: names, limits, space. Each file is made
 * in a corner of the directory and gets its name when its size and CRC-32 are right. What is there already is neither fetched nor
 * written again, whichever run has brought it: a run that was killed is resumed by the next.
 *
 * An entry that cannot be extracted costs no other: it is told as `Refused`, all others are extracted, and the stream fails in the
 * end with what is wrong with the first. What makes two archives of one to two readers (overlaps, two directories) fails before
 * the first file.
 *
 * Several archives, and several entries of one, may have the same name. First come keeps the plain name, others get a number (`name (2).png`), and
 * in one directory every later run finds each file under the name it has, in whatever order the archives come.
 *
 * A consumer of events may take its time: what it has not heard of yet holds the reading, and is never more than a few events.
 *
 * @category services
 * @since 0.1.0
 */
export class Extraction extends Context.Service<
  Extraction,
  {
    /** One archive; the last event is `Completed`. Fails after it has extracted all it can. */
    readonly events: <E = never, R = never>(
      archive: ArchiveLocation<E, R>,
      directory: string,
      options?: Options
    ) => Stream.Stream<OneArchive.ExtractionEvent, ReadError | E, R>
    /** One archive, without the events. */
    readonly run: <E = never, R = never>(
      archive: ArchiveLocation<E, R>,
      directory: string,
      options?: Options
    ) => Effect.Effect<OneArchive.Extracted, ReadError | E, R>
    /**
     * Archives as they come, several at once. Each ends with `Completed` or `Failed`, and none waits for another, or stops it.
     * No archive is asked for before there is time for it. The stream fails where the directory cannot be used; and, once the
     * archives that have come are done, where the stream of archives fails.
     */
    readonly eventsAll: <A, E = never, R = never, E2 = never, R2 = never>(
      archives: Stream.Stream<A & ArchiveLocation<E2, R2>, E, R>,
      directory: string,
      options?: Options & {
        /** Archives at once. Default 4. */
        readonly concurrency?: number | undefined
      }
    ) => Stream.Stream<AllArchives.ArchiveEvent<A, E2>, FileError | E, R | R2>
    /** What would become of each file of some archives, in this order; nothing is written, and no content is fetched. */
    readonly preview: <E = never, R = never>(
      archives: ReadonlyArray<ArchiveLocation<E, R>>,
      directory: string,
      options?: Options
    ) => Effect.Effect<Preview.Preview, ReadError | E, R>
  }
>()("@scenario-assets/node/extraction/Extraction") {}

const service = (openArchive: OpenArchive.OpenArchive): Extraction["Service"] => {
  const pool = Destination.makePool()
  const events: Extraction["Service"]["events"] = (archive, directory, options) =>
    OneArchive.events(openArchive, pool, archive, directory, options)

  const run = Effect.fnUntraced(function* <E, R>(archive: ArchiveLocation<E, R>, directory: string, options?: Options) {
    const found = yield* Stream.runLast(events(archive, directory, options))
    const last = yield* Effect.orDie(Effect.fromOption(found))
    return last._tag === "Completed" ? last.extracted : yield* Effect.die(last)
  })

  return Extraction.of({
    events,
    run,
    eventsAll: (archives, directory, options) => AllArchives.events(openArchive, pool, archives, directory, options),
    preview: (archives, directory, options) => Preview.make(openArchive, pool, archives, directory, options)
  })
}

/**
 * Builds the service on `Transfer` and `FileDownload`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Extraction["Service"], never, Transfer | FileDownload> = Effect.map(
  OpenArchive.make,
  service
)

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Extraction, never, Transfer | FileDownload> = Layer.effect(Extraction, make)

/**
 * The service for archives in files alone: it needs no network, no configuration and no credentials. To extract an archive
 * on a storage host by it is a defect.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFiles: Layer.Layer<Extraction> = Layer.sync(Extraction, () => service(OpenArchive.inFiles))
