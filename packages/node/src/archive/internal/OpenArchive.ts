/**
 * From where an archive is to its entries and a way to read its bytes: by ranges of a storage host, from a file, or, where
 * the host serves no ranges, from a file that the archive is fetched to first.
 */
import { type Source, Transfer } from "@scenario-assets/core/transfer/Transfer"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { FileDownload, type FileEvent } from "../../file/FileDownload.ts"
import type { FileError } from "../../file/FileError.ts"
import type { ArchiveError } from "../ArchiveError.ts"
import type { ArchiveLimits } from "../ArchiveLimits.ts"
import * as ByteSource from "./ByteSource.ts"
import * as FileBytes from "./FileBytes.ts"
import * as ProvedEnd from "./ProvedEnd.ts"
import * as ZipArchive from "./ZipArchive.ts"

/**
 * Where an archive is: on a storage host, with a name for messages such as the id of its job; or in a file.
 *
 * @category models
 * @since 0.1.0
 */
export type ArchiveLocation<E = never, R = never> =
  | { readonly name: string; readonly source: Source<E, R> }
  | { readonly file: string }

/**
 * Why an archive cannot be read: the archive itself, the storage host, or the disk.
 *
 * @category models
 * @since 0.1.0
 */
export type ReadError = ArchiveError | TransferError | FileError

/**
 * How to read an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<ByteSource.HostOptions, "expect" | "tail"> {
  /** How much an archive may hold. Default `ArchiveLimits.defaults`. */
  readonly limits?: ArchiveLimits | undefined
  /** Where to keep an archive whose host serves no ranges: all of it has to be fetched first. Default: a temporary file. */
  readonly spool?: Spool | undefined
}

/**
 * A file to keep an archive in while it is read. What an earlier run left there is resumed, and the file stays.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spool {
  readonly file: string
  readonly onEvent?: ((event: FileEvent) => Effect.Effect<void>) | undefined
}

/**
 * Reads the directory, most often by one request. The bytes can be read as long as the scope is open. Entries that are
 * `refused` are among the others.
 */
export type OpenArchive = <E = never, R = never>(
  location: ArchiveLocation<E, R>,
  options?: Options
) => Effect.Effect<ZipArchive.ZipArchive<ReadError | E, R>, ReadError | E, R | Scope.Scope>

/** Opens archives wherever they are. */
export const make: Effect.Effect<OpenArchive, never, Transfer | FileDownload> = Effect.gen(function* () {
  const transfer = yield* Transfer
  const files = yield* FileDownload

  /** Fetches an archive that cannot be read in parts. */
  const fetch = Effect.fnUntraced(function* <E, R>(source: Source<E, R>, options: Options) {
    const { onEvent = () => Effect.void, file } = options.spool ?? { file: yield* FileBytes.temporaryPath }
    const events = files.events(source, file, {
      ...options,
      expect: "zip",
      ifExists: "skip",
      provesEnd: ProvedEnd.isWholeArchive
    })
    yield* Stream.runForEach(events, onEvent)
    return yield* FileBytes.open(file)
  })

  const onHost = <E, R>(source: Source<E, R>, options: Options): Opening<E, R> =>
    Effect.flatMap(ByteSource.fromTransfer(transfer, source, { ...options, expect: "zip" }), (bytes): Opening<E, R> =>
      bytes === undefined ? fetch(source, options) : Effect.succeed(bytes)
    )

  return openWith(onHost)
})

/** Opens archives in files alone. To open one on a storage host is a defect. */
export const inFiles: OpenArchive = (location, options) =>
  openWith(() => Effect.die(new Error("layerFiles reads archives in files alone, not on storage hosts")))(
    location,
    options
  )

type Opening<E, R> = Effect.Effect<ByteSource.ByteSource<ReadError | E, R>, ReadError | E, R | Scope.Scope>

const openWith =
  (onHost: <E, R>(source: Source<E, R>, options: Options) => Opening<E, R>): OpenArchive =>
  <E, R>(location: ArchiveLocation<E, R>, options: Options = {}) =>
    Effect.gen(function* () {
      const name = "file" in location ? location.file : location.name
      const opening: Opening<E, R> =
        "file" in location ? FileBytes.open(location.file) : onHost(location.source, options)
      return yield* ZipArchive.open(name, yield* opening, options.limits)
    }).pipe(Effect.withSpan("ArchiveReader.open"))
