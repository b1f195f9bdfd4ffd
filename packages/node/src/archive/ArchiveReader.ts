/**
 * What is in archives, wherever they are: their entries, and the content of those that are wanted.
 *
 * @since 0.1.0
 */
import type { Transfer } from "@scenario-assets/core/transfer/Transfer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { FileDownload } from "../file/FileDownload.ts"
import * as Contents from "./internal/Contents.ts"
import * as OpenArchive from "./internal/OpenArchive.ts"
import type { ZipEntry } from "./ZipEntry.ts"

type ArchiveLocation<E, R> = OpenArchive.ArchiveLocation<E, R>
type Options = OpenArchive.Options
type ReadError = OpenArchive.ReadError

/** @category models @since 0.1.0 */
export type { ArchiveLocation, Options, ReadError, Spool } from "./internal/OpenArchive.ts"

/** @category models @since 0.1.0 */
export type { EntryContent } from "./internal/Contents.ts"

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
    /**
     * The files of an archive one after the other, each with its content as a stream, to be sent anywhere. A content that
     * is not read when the next file is asked for is passed over.
     */
    readonly contents: <E = never, R = never>(
      location: ArchiveLocation<E, R>,
      options?: Options & {
        /** Which files are wanted. Default: all. */
        readonly select?: ((entry: ZipEntry) => boolean) | undefined
      }
    ) => Stream.Stream<Contents.EntryContent<ReadError | E, R>, ReadError | E, R>
  }
>()("@scenario-assets/node/archive/ArchiveReader") {}

const service = (open: OpenArchive.OpenArchive): ArchiveReader["Service"] =>
  ArchiveReader.of({
    list: (location, options) => Effect.scoped(Effect.map(open(location, options), ({ entries }) => entries)),
    contents: (location, { select = () => true, ...options } = {}) =>
      Stream.unwrap(
        Effect.map(open(location, options), ({ bytes, entries, name }) =>
          Contents.stream(
            name,
            bytes,
            entries.filter((entry) => !entry.isDirectory && select(entry))
          )
        )
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
