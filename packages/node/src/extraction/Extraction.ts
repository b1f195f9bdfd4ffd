/**
 * From an archive straight into a directory, while it arrives.
 *
 * @since 0.1.0
 */
import { availableParallelism } from "node:os"
import type { TransferEvent } from "@scenario-assets/core/transfer/TransferEvent"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ArchiveError, Damaged } from "../archive/ArchiveError.ts"
import * as ArchiveReader from "../archive/ArchiveReader.ts"
import * as EntryData from "../archive/internal/EntryData.ts"
import * as ZipArchive from "../archive/internal/ZipArchive.ts"
import type { ZipEntry } from "../archive/ZipEntry.ts"
import type { FileEvent } from "../file/FileDownload.ts"
import { FileError } from "../file/FileError.ts"
import * as Files from "../file/internal/Files.ts"
import * as Buffers from "../http/Buffers.ts"
import * as Plan from "./internal/Plan.ts"
import * as Preview from "./internal/Preview.ts"
import * as Unpackers from "./internal/Unpackers.ts"
import * as Unpacking from "./internal/Unpacking.ts"
import * as Workspace from "./internal/Workspace.ts"

/**
 * A file of an archive that is in the directory now.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExtractedFile {
  readonly entry: ZipEntry
  /** Relative to the directory, with `/`. */
  readonly path: string
  /** It was there before, with the right size and CRC-32, and was left as it is. */
  readonly alreadyThere: boolean
  /** Why it is not called as in the archive; empty where it is. */
  readonly why: Plan.Target["why"]
}

/**
 * What happens during an extraction.
 *
 * @category models
 * @since 0.1.0
 */
export type ExtractionEvent =
  /** The host serves no ranges: the archive is fetched as a whole first. */
  | { readonly _tag: "Spooling"; readonly event: FileEvent }
  /** The directory was read and all is decided: so many files and bytes in all, so many of them to be written. */
  | {
      readonly _tag: "Planned"
      readonly entries: ReadonlyArray<ZipEntry>
      readonly files: number
      readonly bytes: number
      readonly toWrite: number
      /** Bytes of the archive that will be read. */
      readonly toRead: number
    }
  /** So many of them have been read. */
  | { readonly _tag: "Read"; readonly bytes: number }
  | Extract<TransferEvent, { readonly _tag: "Retrying" | "Refreshed" }>
  /** Files that are there now. */
  | { readonly _tag: "Extracted"; readonly files: ReadonlyArray<ExtractedFile> }
  /** A file whose content is not what the archive says, and that was not written. */
  | { readonly _tag: "Refused"; readonly entry: ZipEntry; readonly error: ArchiveError }
  | { readonly _tag: "Completed"; readonly extracted: Extracted }

/**
 * An archive that was extracted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extracted {
  readonly name: string
  readonly files: number
  /** Of all files, those that were there before too. */
  readonly bytes: number
  /** Files that were there before. */
  readonly alreadyThere: number
  /** Bytes of the archive that were read. */
  readonly read: number
}

/** @category models @since 0.1.0 */
export type { Preview, PreviewedArchive, PreviewedFile } from "./internal/Preview.ts"

/**
 * How to extract.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<ArchiveReader.Options, "spool"> {
  /** Which files are wanted. Default: all. */
  readonly select?: ((entry: ZipEntry) => boolean) | undefined
  /**
   * What to do where another file has the path: keep it and call the new one `name (2).png`, or replace it. Default `keep`.
   */
  readonly ifDiffers?: "keep" | "replace" | undefined
  /** How many threads unpack an archive that is worth it. Default: as many as there are cores, at most 4. */
  readonly threads?: number | undefined
}

/** One of several archives, and what happens to it. */
export interface ArchiveEvent<A, E = ArchiveReader.ReadError> {
  readonly archive: A
  readonly event: ExtractionEvent | { readonly _tag: "Failed"; readonly error: E }
}

/**
 * A directory that archives are extracted into.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extractor {
  /**
   * Extracts the archive with this number. Its files are named once those of all archives before it are, so that names which
   * meet are told apart in the same way on every run.
   */
  readonly extract: <E = never, R = never>(
    index: number,
    location: ArchiveReader.Location<E, R>
  ) => Stream.Stream<ExtractionEvent, ArchiveReader.ReadError | E, R>
  /** The archive with this number will not come: those after it need not wait for it. */
  readonly skip: (index: number) => Effect.Effect<void>
}

/**
 * Extracts archives. All is decided by the central directory before the first file is written: names, limits, space. Each
 * file is made in a corner of the directory and gets its name when its size and CRC-32 are right, and what is there already
 * is not fetched again: a run that was killed is gone on with by the next.
 *
 * @category services
 * @since 0.1.0
 */
export class Extraction extends Context.Service<
  Extraction,
  {
    /** Opens a directory for so many archives; for as long as the scope is open, no other run may use it. */
    readonly open: (
      directory: string,
      archives: number,
      options?: Options
    ) => Effect.Effect<Extractor, FileError, Scope.Scope>
    /** One archive; the last event is `Completed`. Fails after it has extracted all it can. */
    readonly events: <E = never, R = never>(
      location: ArchiveReader.Location<E, R>,
      directory: string,
      options?: Options
    ) => Stream.Stream<ExtractionEvent, ArchiveReader.ReadError | E, R>
    readonly eventsAll: <A, E = never, R = never, E2 = never, R2 = never>(
      archives: Stream.Stream<A & ArchiveReader.Location<E, R>, E2, R2>,
      directory: string,
      options?: Options & { readonly concurrency?: number | undefined }
    ) => Stream.Stream<ArchiveEvent<A, ArchiveReader.ReadError | E>, FileError | E2, R | R2>
    /** The same without the events. */
    readonly toDirectory: <E = never, R = never>(
      location: ArchiveReader.Location<E, R>,
      directory: string,
      options?: Options
    ) => Effect.Effect<Extracted, ArchiveReader.ReadError | E, R>
    /** What would become of each file of some archives, in this order; nothing is written, and no content is fetched. */
    readonly preview: <E = never, R = never>(
      locations: ReadonlyArray<ArchiveReader.Location<E, R>>,
      directory: string,
      options?: Options
    ) => Effect.Effect<Preview.Preview, ArchiveReader.ReadError | E, R>
  }
>()("@scenario-assets/node/extraction/Extraction") {}

/**
 * Builds the service on `ArchiveReader`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Extraction["Service"], never, ArchiveReader.ArchiveReader> = Effect.gen(function* () {
  const reader = yield* ArchiveReader.ArchiveReader

  const open = Effect.fnUntraced(function* (
    directory: string,
    archives: number,
    options: Options = {}
  ): Effect.fn.Return<Extractor, FileError, Scope.Scope> {
    const scope = yield* Effect.scope
    const workspace = yield* Workspace.open(directory)
    const own = yield* Unpackers.make(0)
    const threads = yield* Effect.cached(Scope.provide(Unpackers.make(options.threads ?? defaultThreads()), scope))
    const turns = yield* Effect.forEach(Array.from({ length: archives }), () => Deferred.make<void>())
    let taken = Workspace.reserved

    const endTurn = (index: number) => {
      const turn = turns[index]
      return turn === undefined ? Effect.void : Deferred.succeed(turn, undefined)
    }
    const awaitTurn = (index: number) => Effect.forEach(turns.slice(0, index), Deferred.await, { discard: true })

    const run = <E, R>(index: number, location: ArchiveReader.Location<E, R>, tell: Tell) => {
      const spool = workspace.spool("file" in location ? "archive" : location.name)
      return Effect.gen(function* () {
        const archive = yield* reader.open(location, {
          ...options,
          spool: { file: spool, onEvent: (event) => tell({ _tag: "Spooling", event }) }
        })
        const { select = () => true } = options
        const entries = archive.entries.filter(select)
        const files = entries.filter((entry) => !entry.isDirectory)
        const bytes = sum(files, ({ size }) => size)
        const unpackers = bytes > muchBytes || files.length > muchFiles ? yield* threads : own
        yield* awaitTurn(index)
        const plan = yield* Plan.make(entries, {
          archive: archive.name,
          directory,
          taken,
          unpackers,
          ifDiffers: options.ifDiffers ?? "keep"
        })
        taken = plan.taken
        yield* Plan.makeDirectories(directory, plan)
        yield* endTurn(index)
        const wanted = plan.write.map(({ entry }) => entry)
        yield* checkSpace(
          directory,
          sum(wanted, ({ size }) => size)
        )
        const ranges = ZipArchive.ranges(wanted)
        const toRead = sum(ranges, ([start, end]) => end - start)
        yield* tell({
          _tag: "Planned",
          entries: archive.entries,
          files: files.length,
          bytes,
          toWrite: wanted.length,
          toRead
        })
        if (plan.there.length > 0) {
          yield* tell({
            _tag: "Extracted",
            files: plan.there.map((target) => ({ ...target, alreadyThere: true }))
          })
        }
        const refused = yield* write(archive, plan.write, workspace, unpackers, tell)
        // All that can be had of it is there now.
        if (!("file" in location)) yield* Files.remove(spool)
        if (refused !== undefined) return yield* refused
        yield* tell({
          _tag: "Completed",
          extracted: {
            name: archive.name,
            files: files.length,
            bytes,
            alreadyThere: plan.there.length,
            read: toRead
          }
        })
      }).pipe(
        Effect.ensuring(endTurn(index)),
        Effect.scoped,
        // What cannot be read is of no use to the next run either.
        Effect.tapError((error) => (isArchiveError(error) ? Effect.ignore(Files.remove(spool)) : Effect.void)),
        Effect.withSpan("Extraction.extract")
      )
    }

    return {
      extract: (index, location) =>
        Stream.callback((queue) =>
          Effect.andThen(
            run(index, location, (event) => Effect.asVoid(Queue.offer(queue, event))),
            Queue.end(queue)
          )
        ),
      skip: (index) => Effect.asVoid(endTurn(index))
    }
  })

  const events = <E, R>(location: ArchiveReader.Location<E, R>, directory: string, options?: Options) =>
    Stream.unwrap(Effect.map(open(directory, 1, options), ({ extract }) => extract(0, location)))

  const toDirectory = Effect.fn("Extraction.toDirectory")(function* <E, R>(
    location: ArchiveReader.Location<E, R>,
    directory: string,
    options?: Options
  ) {
    const found = yield* Stream.runLast(events(location, directory, options))
    const last = yield* Effect.orDie(Effect.fromOption(found))
    return last._tag === "Completed" ? last.extracted : yield* Effect.die(last)
  })

  return Extraction.of({
    open,
    eventsAll: <A, E, R, E2, R2>(
      archives: Stream.Stream<A & ArchiveReader.Location<E, R>, E2, R2>,
      directory: string,
      { concurrency = 4, ...options }: Options & { readonly concurrency?: number | undefined } = {}
    ) =>
      Stream.unwrap(
        Effect.map(open(directory, 1, options), ({ extract }) =>
          Stream.flatMap(
            archives,
            (archive) =>
              extract<E, R>(0, archive).pipe(
                Stream.map((event): ArchiveEvent<A, ArchiveReader.ReadError | E> => ({ archive, event })),
                Stream.catch((error) =>
                  Stream.succeed<ArchiveEvent<A, ArchiveReader.ReadError | E>>({
                    archive,
                    event: { _tag: "Failed", error }
                  })
                )
              ),
            { concurrency }
          )
        )
      ),
    events,
    toDirectory,
    preview: (locations, directory, options) => Preview.make(reader, locations, directory, options)
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Extraction, never, ArchiveReader.ArchiveReader> = Layer.effect(Extraction, make)

type Tell = (event: ExtractionEvent) => Effect.Effect<void>

const isArchiveError = (error: unknown): boolean => error instanceof ArchiveError

/** More than this is worth a thread: to start one takes some 40 ms. */
const muchBytes = 16 * 1024 * 1024
const muchFiles = 500

const defaultThreads = (): number => Math.min(4, availableParallelism())

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)

/** Better told before the first byte than after the last that fits. */
const checkSpace = Effect.fnUntraced(function* (directory: string, bytes: number) {
  const free = yield* Files.freeSpace(directory)
  if (free >= bytes) return
  const operation = `find room for ${bytes} bytes (${free} are free) in`
  return yield* new FileError({ operation, path: directory, code: "ENOSPC" })
})

/** Writes what is to be written, and gives the first that was refused. */
const write = Effect.fnUntraced(function* <E, R>(
  { bytes, name }: ZipArchive.ZipArchive<E, R>,
  targets: ReadonlyArray<Plan.Target>,
  workspace: Workspace.Workspace,
  unpackers: Unpackers.Unpackers,
  tell: Tell
): Effect.fn.Return<ArchiveError | undefined, ArchiveError | FileError | E, R | Scope.Scope> {
  const entries = targets.map(({ entry }) => entry)
  const unpacking = yield* Unpacking.make(name, targets, workspace, unpackers)
  const data = EntryData.make(entries)
  let read = 0
  let refused: ArchiveError | undefined

  const report = Effect.gen(function* () {
    const outcomes = unpacking.outcomes()
    const files = outcomes.flatMap(({ error, target }) =>
      error === undefined ? [{ ...target, alreadyThere: false }] : []
    )
    if (files.length > 0) yield* tell({ _tag: "Extracted", files })
    for (const { error, target } of outcomes) {
      if (error === undefined) continue
      refused ??= error
      yield* tell({ _tag: "Refused", entry: target.entry, error })
    }
  })

  yield* bytes.read(ZipArchive.ranges(entries)).pipe(
    Stream.runForEach(
      Effect.fnUntraced(function* (event) {
        if (event._tag === "Retrying" || event._tag === "Refreshed") yield* tell(event)
        if (event._tag !== "Bytes") return
        const pieces = yield* Effect.mapError(
          Effect.fromResult(data.push(event.offset, event.bytes)),
          (reason) => new ArchiveError({ archive: name, reason })
        )
        yield* unpacking.push(pieces)
        read += event.bytes.length
        Buffers.giveBack(event.bytes)
        yield* tell({ _tag: "Read", bytes: read })
        yield* report
      })
    )
  )
  yield* unpacking.finish
  yield* report
  const missing = data.missing()
  if (missing !== undefined) {
    const reason = new Damaged({ entry: missing.name, description: "did not come whole" })
    return yield* new ArchiveError({ archive: name, reason })
  }
  return refused
})
