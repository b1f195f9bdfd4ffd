/**
 * What is in archives, wherever they are: their entries, and the content of those that are wanted.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ReadOptions, type Source, Transfer } from "@scenario-assets/core/transfer/Transfer"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { FileDownload, type FileEvent } from "../file/FileDownload.ts"
import type { FileError } from "../file/FileError.ts"
import * as Files from "../file/internal/Files.ts"
import type { ArchiveError } from "./ArchiveError.ts"
import type { ArchiveLimits } from "./ArchiveLimits.ts"
import * as ByteSource from "./internal/ByteSource.ts"
import * as Contents from "./internal/Contents.ts"
import * as FileBytes from "./internal/FileBytes.ts"
import * as ZipArchive from "./internal/ZipArchive.ts"
import type { ZipEntry } from "./ZipEntry.ts"

/**
 * Where an archive is: on a storage host, with a name for messages such as its job's id; or in a file.
 *
 * @category models
 * @since 0.1.0
 */
export type Location<E = never, R = never> =
  | { readonly name: string; readonly source: Source<E, R> }
  | { readonly file: string }

/** @category models @since 0.1.0 */
export type ReadError = ArchiveError | TransferError | FileError

/**
 * How to read an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<ReadOptions, "resume" | "expect"> {
  /** How much an archive may hold; default `ArchiveLimits.defaults`. */
  readonly limits?: ArchiveLimits | undefined
  /** Where an archive goes whose host serves no ranges: all of it has to be fetched first. */
  readonly spool?: Spool | undefined
}

/**
 * A file to keep an archive in while it is read. What an earlier run left there is resumed. Default is a temporary one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spool {
  readonly file: string
  readonly onEvent?: ((event: FileEvent) => Effect.Effect<void>) | undefined
}

/**
 * An archive whose directory was read.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenArchive<E = never, R = never> {
  readonly name: string
  /** Its files and directories, in the order of the directory. */
  readonly entries: ReadonlyArray<ZipEntry>
  /** Where its bytes come from. */
  readonly bytes: ByteSource.ByteSource<ReadError | E, R>
  /** Some of its files, in the order of the archive. */
  readonly contents: (
    entries: ReadonlyArray<ZipEntry>
  ) => Stream.Stream<Contents.EntryContent<ReadError | E, R>, ReadError | E, R>
}

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
    /** Reads the directory: most often one request. What is in it can be read as long as the scope is open. */
    readonly open: <E = never, R = never>(
      location: Location<E, R>,
      options?: Options
    ) => Effect.Effect<OpenArchive<E, R>, ReadError | E, R | Scope.Scope>
    /** What is in an archive. */
    readonly list: <E = never, R = never>(
      location: Location<E, R>,
      options?: Options
    ) => Effect.Effect<ReadonlyArray<ZipEntry>, ReadError | E, R>
    /**
     * The files of an archive one after the other, each with its content as a stream, to be sent anywhere. A content that
     * is not read when the next file is asked for is passed over.
     */
    readonly contents: <E = never, R = never>(
      location: Location<E, R>,
      options?: Options & {
        /** Which files are wanted. Default: all. */
        readonly select?: ((entry: ZipEntry) => boolean) | undefined
      }
    ) => Stream.Stream<Contents.EntryContent<ReadError | E, R>, ReadError | E, R>
  }
>()("@scenario-assets/node/archive/ArchiveReader") {}

/**
 * Builds the service on `Transfer` and `FileDownload`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<ArchiveReader["Service"], never, Transfer | FileDownload> = Effect.gen(function* () {
  const transfer = yield* Transfer
  const files = yield* FileDownload

  /** Fetches an archive that cannot be read in parts. */
  const fetch = Effect.fnUntraced(function* <E, R>(source: Source<E, R>, options: Options) {
    const { onEvent = () => Effect.void, file } = options.spool ?? { file: yield* temporaryFile }
    const events = files.events(source, file, { ...options, expect: "zip", ifExists: "skip" })
    yield* Stream.runForEach(events, onEvent)
    return yield* FileBytes.open(file)
  })

  const bytesOf = <E, R>(
    location: Location<E, R>,
    options: Options
  ): Effect.Effect<ByteSource.ByteSource<ReadError | E, R>, ReadError | E, R | Scope.Scope> => {
    if ("file" in location) return FileBytes.open(location.file)
    const { source } = location
    return Effect.flatMap(
      ByteSource.fromTransfer(transfer, source, { ...options, expect: "zip" }),
      (bytes): Effect.Effect<ByteSource.ByteSource<ReadError | E, R>, ReadError | E, R | Scope.Scope> =>
        bytes === undefined ? fetch(source, options) : Effect.succeed(bytes)
    )
  }

  const open = <E, R>(location: Location<E, R>, options: Options = {}) =>
    Effect.gen(function* () {
      const name = "file" in location ? location.file : location.name
      const bytes = yield* bytesOf(location, options)
      const { entries } = yield* ZipArchive.open(name, bytes, options.limits)
      const opened: OpenArchive<E, R> = {
        name,
        entries,
        bytes,
        contents: (wanted) => Contents.stream(name, bytes, wanted)
      }
      return opened
    }).pipe(Effect.withSpan("ArchiveReader.open"))

  return ArchiveReader.of({
    open,
    list: (location, options) => Effect.scoped(Effect.map(open(location, options), ({ entries }) => entries)),
    contents: (location, { select = () => true, ...options } = {}) =>
      Stream.unwrap(
        Effect.map(open(location, options), ({ contents, entries }) =>
          contents(entries.filter((entry) => !entry.isDirectory && select(entry)))
        )
      )
  })
})

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
export const layerFiles: Layer.Layer<ArchiveReader> = Layer.suspend(() => {
  const none = () => Stream.die(new Error("ArchiveReader.layerFiles reads files alone"))
  const noFile = () => Effect.die(new Error("ArchiveReader.layerFiles reads files alone"))
  return layer.pipe(
    Layer.provide(Layer.succeed(Transfer, { events: none, part: none, bytes: none })),
    Layer.provide(Layer.succeed(FileDownload, { events: none, toFile: noFile }))
  )
})

const temporaryFile: Effect.Effect<string, FileError, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Files.attempt("make a directory in", tmpdir(), () => Fs.mkdtemp(join(tmpdir(), "scenario-assets-"))),
    (path) => Effect.ignore(Files.attempt("remove", path, () => Fs.rm(path, { recursive: true, force: true })))
  ),
  (directory) => join(directory, "archive.zip")
)
