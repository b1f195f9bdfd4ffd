/**
 * From a signed URL to a file: bytes, a part in `<name>.scenario-assets`, fsync, the final name.
 *
 * @since 0.1.0
 */
import { dirname } from "node:path"
import * as SourceOrigin from "@scenario-assets/core/engine/transfer/SourceOrigin"
import { ChecksumMismatch, LengthMismatch } from "@scenario-assets/core/engine/transfer/TransferReason"
import * as Metrics from "@scenario-assets/core/Metrics"
import type { Algorithm } from "@scenario-assets/core/transfer/Checksum"
import type * as Source from "@scenario-assets/core/transfer/Source"
import type { StoredObject } from "@scenario-assets/core/transfer/StoredObject"
import { type ReadOptions, Transfer } from "@scenario-assets/core/transfer/Transfer"
import { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { TransferEvent } from "@scenario-assets/core/transfer/TransferEvent"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import { FileError } from "./FileError.ts"
import { Exists, IsDirectory, NoSpace } from "./internal/FileReason.ts"
import * as Files from "./internal/Files.ts"
import * as NodeHashes from "./internal/NodeHashes.ts"
import * as OwnDirectory from "./internal/OwnDirectory.ts"
import * as PartFile from "./internal/PartFile.ts"
import * as SameFile from "./internal/SameFile.ts"

/**
 * A file that is whole.
 *
 * @category models
 * @since 0.1.0
 */
export interface DownloadedFile {
  readonly path: string
  readonly bytes: number
  /** Bytes that were there from an earlier run and did not travel again. */
  readonly resumedFrom: number
  /** The file was there before, and was left as it is. */
  readonly alreadyThere: boolean
  /** The checksums that the storage host declared and the bytes have. */
  readonly verified: ReadonlyArray<Algorithm>
}

/**
 * What happens on the way to a file.
 *
 * @category models
 * @since 0.1.0
 */
export type FileEvent =
  /** The host gives bytes from `offset` on; so many of the object are `there` already, not always those before it. */
  | { readonly _tag: "Opened"; readonly object: StoredObject; readonly offset: number; readonly there: number }
  /** About once a MiB, or once a second: bytes given to the disk so far, of so many in all where the host says. */
  | { readonly _tag: "Written"; readonly bytes: number; readonly size: number | undefined }
  | {
      readonly _tag: "Retrying"
      readonly offset: number
      readonly tries: number
      readonly pause: Duration.Duration
      readonly fault: string
    }
  | { readonly _tag: "Refreshed"; readonly offset: number; readonly status: number }
  | { readonly _tag: "StartedOver"; readonly discarded: number; readonly sameObject: boolean }
  | { readonly _tag: "Segments"; readonly connections: number }
  | { readonly _tag: "Completed"; readonly file: DownloadedFile }

/**
 * How to fetch a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<ReadOptions, "resume"> {
  /** The most connections for one file; there are as many as pay. Default 16. */
  readonly connections?: number | undefined
  /**
   * What to do where the target already exists. `keep` leaves it where it is the object, and fails otherwise: its size and
   * checksums are compared with what the host says. Where the host says too little, its bytes are: all of them up to 16 MiB, of
   * a larger one the first and the last MiB. `skip` leaves it without a look. Default `fail`.
   */
  readonly ifExists?: "fail" | "keep" | "skip" | "replace" | undefined
  /**
   * Whether the bytes in this file are all there are, asked where a host tells no length and confirms no end. Some formats
   * tell: an archive ends with its end record. Default: nobody can tell, and the download fails with `LengthMismatch`.
   */
  readonly provesEnd?: ((path: string) => Effect.Effect<boolean>) | undefined
  /** The final name, from what the host says of the object; default is the target itself. In the same directory. */
  readonly rename?: ((object: StoredObject) => string) | undefined
}

/**
 * Downloads to files. Nothing appears under the final name until all bytes are counted and on the disk. Until then everything
 * is in a directory beside the target, `<target>.scenario-assets`, which goes in the end; what an interruption leaves there is
 * resumed by the next run, checked by the object's strong ETag. Memory does not grow with
 * the size of the object.
 *
 * @category services
 * @since 0.1.0
 */
export class FileDownload extends Context.Service<
  FileDownload,
  {
    /** All that happens; the last event is `Completed`. Directories on the way are made. */
    readonly events: <E, R>(
      source: Source.Source<E, R>,
      target: string,
      options?: Options
    ) => Stream.Stream<FileEvent, TransferError | FileError | E, R>
    /** The file alone. */
    readonly run: <E, R>(
      source: Source.Source<E, R>,
      target: string,
      options?: Options
    ) => Effect.Effect<DownloadedFile, TransferError | FileError | E, R>
  }
>()("@scenario-assets/node/file/FileDownload") {}

/**
 * Builds the service on `Transfer`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<FileDownload["Service"], never, Transfer> = Effect.gen(function* () {
  const transfer = yield* Transfer

  const events = <E, R>(
    source: Source.Source<E, R>,
    target: string,
    options: Options = {}
  ): Stream.Stream<FileEvent, TransferError | FileError | E, R> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const { ifExists = "fail" } = options
        const occupied = (path: string) => (ifExists === "replace" ? Files.isDirectory(path) : Files.exists(path))
        /** Before it is known which object it would be. */
        const occupiedAtOnce = ifExists === "keep" ? () => Effect.succeed(false) : occupied
        /** What happens where a file is there already. */
        const there = (path: string): Stream.Stream<FileEvent, FileError> => {
          if (ifExists === "skip") return Stream.fromEffect(alreadyThere(path))
          const reason = ifExists === "replace" ? new IsDirectory() : new Exists()
          return Stream.fail(new FileError({ operation: "download to", path, reason }))
        }
        if (yield* occupiedAtOnce(target)) return there(target)
        yield* Files.makeDirectory(dirname(target))
        const own = yield* OwnDirectory.openBeside(target)
        // Who had the lock may have brought it.
        if (yield* occupiedAtOnce(target)) return there(target)
        const part = yield* PartFile.open(own, NodeHashes.hashes)
        const refuse = Effect.fnUntraced(function* (path: string) {
          // A part that may be resumed stays, for one who decides to replace what is there.
          if (ifExists === "skip" || part.written() === 0) yield* part.clear
          return yield* new Occupied({ path })
        })
        let object: StoredObject = part.resume?.object ?? {}
        let resumedFrom = part.written()

        /** Takes one event of the transfer, and tells what it means for the file. */
        const take = Effect.fnUntraced(function* (
          event: TransferEvent
        ): Effect.fn.Return<ReadonlyArray<FileEvent>, FileError | Occupied> {
          switch (event._tag) {
            case "Bytes":
              part.push(event.offset, event.bytes)
              // Piece by piece: what is on the disk makes room for what arrives meanwhile.
              return (yield* part.flushIfDue)
                ? [{ _tag: "Written", bytes: part.written(), size: object.size }]
                : nothing
            case "Opened": {
              object = event.object
              yield* part.describe(object)
              const path = options.rename?.(object) ?? target
              if (yield* occupied(path)) return yield* refuse(path)
              yield* checkSpace(target, (object.size ?? 0) - part.written())
              return [{ ...event, there: part.written() }]
            }
            case "StartedOver":
              resumedFrom = 0
              yield* part.clear
              return [event]
            default:
              return [event]
          }
        })

        /** From a part to a file, or why it does not become one. */
        const complete = Effect.gen(function* () {
          const { mismatches, verified } = yield* part.verify
          const [mismatch] = mismatches
          const origin = SourceOrigin.of(source)
          if (mismatch !== undefined) {
            // None of these bytes can be trusted, so the next run begins anew.
            yield* part.clear
            return yield* new TransferError({ origin, reason: new ChecksumMismatch(mismatch) })
          }
          const bytes = part.written()
          // Whatever the stream says: what the next run finds missing it fetches.
          if (!part.isWhole()) {
            const declared = object.size === undefined ? {} : { declared: object.size }
            return yield* new TransferError({ origin, reason: new LengthMismatch({ ...declared, received: bytes }) })
          }
          const path = options.rename?.(object) ?? target
          // There may be a file now that was not there in the beginning.
          yield* Effect.catch(part.finish(path, { replace: ifExists === "replace" }), (error) =>
            error.reason._tag === "Exists" ? refuse(path) : Effect.fail(error)
          )
          yield* Metric.update(Metrics.filesWritten, 1)
          yield* Effect.annotateLogs(Effect.logInfo("A file was downloaded"), { path, bytes, resumedFrom })
          return { _tag: "Completed", file: { path, bytes, resumedFrom, alreadyThere: false, verified } } as const
        })

        /** Leaves the file that is there, if it is the object. */
        const keep = (path: string) =>
          Stream.flatMap(
            Stream.fromEffect(SameFile.isSame(path, object, source, transfer, options)),
            ({ isSame, verified }) =>
              isSame ? Stream.fromEffect(Effect.andThen(part.clear, alreadyThere(path, verified))) : there(path)
          )

        /** An end that the host does not confirm, and the bytes may prove. */
        const orProved = (error: FileError | TransferError | Occupied | E) =>
          options.provesEnd !== undefined && isUnconfirmed(error)
            ? Effect.flatMap(part.flush, () => options.provesEnd?.(part.path) ?? Effect.succeed(false)).pipe(
                Effect.flatMap((isProved) => (isProved ? Effect.void : Effect.fail(error)))
              )
            : Effect.fail(error)

        return transfer
          .events(source, { ...options, connections: options.connections ?? 16, resume: part.resume })
          .pipe(
            Stream.mapArrayEffect((all) => Effect.map(Effect.forEach(all, take), (told) => Arr.of(told.flat()))),
            Stream.flattenIterable,
            Stream.catch((error) => Stream.fromEffectDrain(orProved(error))),
            Stream.concat(Stream.fromEffect(complete)),
            Stream.catch((error): Stream.Stream<FileEvent, TransferError | FileError | E, R> => {
              if (error instanceof Occupied) return ifExists === "keep" ? keep(error.path) : there(error.path)
              return error instanceof FileError ? Stream.fromEffectDrain(own.explain(error)) : Stream.fail(error)
            })
          )
      })
    ).pipe(Stream.withSpan("FileDownload.file", { attributes: { "scenario.file": target } }))

  const run = Effect.fnUntraced(function* <E, R>(source: Source.Source<E, R>, target: string, options?: Options) {
    const last = yield* Stream.runLast(events(source, target, options))
    const completed = yield* Effect.orDie(Effect.fromOption(last))
    return completed._tag === "Completed" ? completed.file : yield* Effect.die(completed)
  })

  return FileDownload.of({ events, run })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<FileDownload, never, Transfer> = Layer.effect(FileDownload, make)

const nothing: ReadonlyArray<FileEvent> = []

/** The final name is taken. */
class Occupied extends Data.TaggedError("Occupied")<{ readonly path: string }> {}

const isUnconfirmed = (error: unknown): boolean =>
  error instanceof TransferError && error.reason._tag === "LengthMismatch" && error.reason.declared === undefined

/** Better told before the first byte than after the last that fits. */
const checkSpace = Effect.fnUntraced(function* (target: string, bytes: number) {
  const free = yield* Files.freeSpace(dirname(target))
  if (free < bytes) {
    const reason = new NoSpace({ needed: bytes, free })
    return yield* new FileError({ operation: "download to", path: target, reason })
  }
})

const alreadyThere = (path: string, verified: ReadonlyArray<Algorithm> = []): Effect.Effect<FileEvent, FileError> =>
  Effect.map(Files.size(path), (bytes) => ({
    _tag: "Completed",
    file: { path, bytes, resumedFrom: 0, alreadyThere: true, verified }
  }))
