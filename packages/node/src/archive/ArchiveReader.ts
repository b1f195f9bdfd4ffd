/**
 * What is in archives, wherever they are: their entries, and the content of those that are wanted.
 *
 * @since 0.1.0
 */
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
export type { EntryContent, ForEachOptions, ForEachReport, RefusedEntry } from "./internal/ForEach.ts"

/**
 * Reads archives by their central directory, and of the rest only what is wanted, in few ranges.
 *
 * @category services
 * @since 0.1.0
 */
export class ArchiveReader extends Context.Service<
  ArchiveReader,
  {
    /** What is in an archive. */
    readonly list: <E = never, R = never>(
      location: ArchiveLocation<E, R>,
      options?: Options
    ) => Effect.Effect<ReadonlyArray<ZipEntry>, ReadError | E, R>
    readonly forEach: <E2, R2, E = never, R = never>(
      location: ArchiveLocation<E, R>,
      f: (entry: ZipEntry, content: ForEach.EntryContent<E, R>) => Effect.Effect<unknown, E2, R2>,
      options?: ForEach.ForEachOptions
    ) => Effect.Effect<ForEach.ForEachReport, ReadError | E | E2, R | R2>
  }
>()("@scenario-assets/node/archive/ArchiveReader") {}

const service = (open: OpenArchive.OpenArchive): ArchiveReader["Service"] =>
  ArchiveReader.of({
    list: (location, options) => Effect.scoped(Effect.map(open(location, options), ({ entries }) => entries)),
    forEach: (location, f, options = {}) =>
      Effect.flatMap(open(location, options), (archive) => ForEach.forEach(archive, f, options)).pipe(
        Effect.scoped,
        Effect.withSpan("ArchiveReader.forEach")
      )
  })

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
