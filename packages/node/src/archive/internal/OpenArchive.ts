/**
 * From where an archive is to its entries and a way to read its bytes: by ranges of a storage host, from a file, or, where
 * the host serves no ranges that belong together, from a file that the archive is fetched to.
 */
import * as Links from "@scenario-assets/core/engine/transfer/Links"
import { type Source, Transfer } from "@scenario-assets/core/transfer/Transfer"
import type { TransferError } from "@scenario-assets/core/transfer/TransferError"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { FileDownload, type FileEvent } from "../../file/FileDownload.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
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
  /** Where to keep an archive whose host serves no ranges that belong together: all of it is fetched. Default: a temporary file. */
  readonly spool?: Spool | undefined
}

/**
 * A file to keep an archive in while it is read. What an earlier run left there is resumed, and the file stays.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spool {
  /** Default: a temporary file, which does not stay. */
  readonly file?: string | undefined
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

  /** Fetches an archive that cannot be read in parts, to where it is opened. */
  const fetch = Effect.fnUntraced(function* <E, R>(source: Source<E, R>, options: Options, file: string) {
    const { onEvent = () => Effect.void } = options.spool ?? {}
    const events = files.events(source, file, {
      ...options,
      expect: "zip",
      ifExists: "skip",
      provesEnd: ProvedEnd.isWholeArchive
    })
    yield* Stream.runForEach(events, onEvent)
    return yield* FileBytes.open(file)
  })

  const placeOf = ({ spool }: Options) =>
    spool?.file === undefined ? FileBytes.temporaryPath : Effect.succeed(spool.file)

  /** The same archive, of which a part was read, as a file; fails with `error` where it is another one by now. */
  const fetchSame = Effect.fnUntraced(function* <E, R>(
    source: Source<E, R>,
    options: Options,
    begun: ByteSource.ByteSource<unknown, unknown>,
    error: TransferError
  ) {
    const tail = begun.tail.length
    const now = yield* ByteSource.fromTransfer(transfer, source, { ...options, expect: "zip", tail })
    if (now !== undefined && !(yield* ByteSource.haveSameTail(begun, now))) return yield* error
    const file = yield* placeOf(options)
    // What an earlier run left there may be another one.
    for (const _ of [1, 2]) {
      const fetched = yield* fetch(source, options, file)
      if (yield* ByteSource.haveSameTail(begun, fetched)) return fetched
      yield* Files.remove(file)
    }
    return yield* error
  })

  const onHost = Effect.fnUntraced(function* <E, R>(given: Source<E, R>, options: Options) {
    const source = Links.make(given)
    const begun = yield* ByteSource.fromTransfer(transfer, source, { ...options, expect: "zip" })
    if (begun === undefined) return yield* fetch(source, options, yield* placeOf(options))
    const scope = yield* Effect.scope
    const one = Semaphore.makeUnsafe(1)
    let whole: ByteSource.ByteSource<FileError> | undefined
    return ByteSource.orElse(begun, (error) =>
      Effect.suspend(() =>
        whole === undefined
          ? Effect.map(fetchSame(source, options, begun, error), (found) => (whole = found))
          : Effect.succeed(whole)
      ).pipe(one.withPermits(1), Scope.provide(scope))
    )
  })

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
