/** One archive into a directory: what happens, and how it comes about. */
import * as Outcome from "@scenario-assets/core/engine/Outcome"
import * as Metrics from "@scenario-assets/core/Metrics"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ArchiveError } from "../../archive/ArchiveError.ts"
import { Damaged } from "../../archive/internal/ArchiveReason.ts"
import type { Trouble } from "../../archive/internal/ByteSource.ts"
import * as Contents from "../../archive/internal/Contents.ts"
import * as EntryData from "../../archive/internal/EntryData.ts"
import type * as OpenArchive from "../../archive/internal/OpenArchive.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import type { FileEvent } from "../../file/FileDownload.ts"
import { FileError } from "../../file/FileError.ts"
import { NoSpace } from "../../file/internal/FileReason.ts"
import * as Files from "../../file/internal/Files.ts"
import * as Buffers from "../../http/Buffers.ts"
import * as Destination from "./Destination.ts"
import type { Why } from "./Names.ts"
import * as Outbox from "./Outbox.ts"
import * as Plan from "./Plan.ts"
import * as Unpacking from "./Unpacking.ts"

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
  /** It was there before, or was brought by somebody else meanwhile, with the right size and CRC-32, and was left as it is. */
  readonly alreadyThere: boolean
  /** Why it is not called as in the archive; empty where it is. */
  readonly why: ReadonlyArray<Why>
}

/**
 * What happens during an extraction. `Read`, and `Spooling` of bytes that are written, are progress: a consumer that is slow gets
 * the latest. All others are facts, and none is left out.
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
      readonly filesToWrite: number
      /** Bytes of the archive that will be read. */
      readonly bytesToRead: number
    }
  /** So many of them have been read. */
  | { readonly _tag: "Read"; readonly bytes: number }
  | Trouble
  /** A file has begun that is too large to be there at once, as all others are. */
  | { readonly _tag: "Started"; readonly entry: ZipEntry; readonly path: string }
  /** Files that are there now. */
  | { readonly _tag: "Extracted"; readonly files: ReadonlyArray<ExtractedFile> }
  /**
   * An entry that is left out, alone: its name leads elsewhere, it is kept in a way that is not supported, it is damaged, or its
   * content is not what the archive says. What the directory tells of is told first, the rest where it is found.
   */
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

/** Whether later ones of the same archive say all that it says. */
export const isProgress = (event: ExtractionEvent): boolean =>
  event._tag === "Read" || (event._tag === "Spooling" && event.event._tag === "Written")

/** Into a directory that nothing else goes to meanwhile. */
export const events = <E, R>(
  openArchive: OpenArchive.OpenArchive,
  pool: Destination.Pool,
  location: OpenArchive.ArchiveLocation<E, R>,
  directory: string,
  options: Destination.Options = {}
): Stream.Stream<ExtractionEvent, OpenArchive.ReadError | E, R> =>
  Outbox.stream<ExtractionEvent, OpenArchive.ReadError | E, R>(
    (event) => (isProgress(event) ? location : undefined),
    (tell) =>
      Effect.scoped(
        Effect.flatMap(Destination.open(pool, directory, options), (destination) =>
          extract(openArchive, location, destination, options, tell)
        )
      )
  )

/** Into a directory that others may go to as well. Fails after all has been extracted that can be. */
export const extract = <E, R>(
  openArchive: OpenArchive.OpenArchive,
  location: OpenArchive.ArchiveLocation<E, R>,
  { directory, names, unpackersFor, workspace }: Destination.Destination,
  options: Destination.Options,
  tell: Outbox.Tell<ExtractionEvent>
): Effect.Effect<void, OpenArchive.ReadError | E, R> =>
  Effect.flatMap(workspace.spool("file" in location ? "archive" : location.name), (spool) =>
    Effect.gen(function* () {
      const archive = yield* openArchive(location, {
        ...options,
        connections: options.connections ?? 16,
        onTrouble: tell,
        spool: { file: spool, onEvent: (event) => tell({ _tag: "Spooling", event }) }
      })
      const { entries, refused: unfit } = ZipArchive.sort(archive, options.select)
      const unpackers = unpackersFor(entries)
      const ifDiffers = options.ifDiffers ?? "keep"
      const plan = yield* Plan.make(entries, { directory, names, unpackers, ifDiffers })
      const wanted = plan.files.filter(({ action }) => action !== "skip")
      const there = plan.files.filter(({ action }) => action === "skip")
      if (wanted.length > 0) yield* unpackers.warmUp
      yield* Plan.makeDirectories(directory, plan)
      const firsts = Plan.firsts(wanted)
      yield* checkSpace(directory, sizeOf(firsts))
      const bytesToRead = lengthOf(ZipArchive.ranges(firsts.map(({ entry }) => entry)))
      const all = { files: plan.files.length, bytes: sizeOf(plan.files) }
      yield* tell({ _tag: "Planned", entries: archive.entries, ...all, filesToWrite: wanted.length, bytesToRead })
      yield* Effect.forEach(unfit, (refused) => tell({ _tag: "Refused", ...refused }), { discard: true })
      if (there.length > 0) yield* tell({ _tag: "Extracted", files: there.map((target) => extracted(target, true)) })
      const { found, refused } = yield* write(archive, wanted, { workspace, names, unpackers, ifDiffers }, tell)
      const [first = refused] = unfit.map(({ error }) => error)
      // All that can be had of it is there now.
      if (!("file" in location)) yield* Files.remove(spool)
      if (first !== undefined) return yield* first
      const report = { name: archive.name, ...all, alreadyThere: there.length + found, read: bytesToRead }
      yield* Effect.annotateCurrentSpan({
        "scenario.files": report.files,
        "scenario.files.already_there": report.alreadyThere
      })
      yield* Effect.annotateLogs(Effect.logInfo("An archive was extracted"), {
        archive: report.name,
        files: report.files,
        alreadyThere: report.alreadyThere
      })
      yield* tell({ _tag: "Completed", extracted: report })
    }).pipe(
      Effect.scoped,
      Effect.catchIf((error) => error instanceof FileError, workspace.explain),
      // What cannot be read is of no use to the next run either.
      Effect.tapError((error) => (error instanceof ArchiveError ? Effect.ignore(Files.remove(spool)) : Effect.void))
    )
  ).pipe(
    Effect.scoped,
    Effect.onExit((exit) => Outcome.count(Metrics.extractions, exit)),
    Effect.withSpan("Extraction.archive", {
      attributes: { "scenario.archive": "file" in location ? location.file : location.name }
    })
  )

const extracted = ({ entry, path, why }: Plan.Target, alreadyThere: boolean): ExtractedFile => ({
  entry,
  path,
  alreadyThere,
  why
})

const sizeOf = (targets: ReadonlyArray<Plan.Target>): number => targets.reduce((sum, { entry }) => sum + entry.size, 0)

const lengthOf = (ranges: ReadonlyArray<readonly [start: number, end: number]>): number =>
  ranges.reduce((sum, [start, end]) => sum + end - start, 0)

/** Better told before the first byte than after the last that fits. */
const checkSpace = Effect.fnUntraced(function* (directory: string, bytes: number) {
  const free = yield* Files.freeSpace(directory)
  if (free >= bytes) return
  const reason = new NoSpace({ needed: bytes, free })
  return yield* new FileError({ operation: "extract into", path: directory, reason })
})

/**
 * Writes what is to be written: of files that are the same the first, and the next only where that one is refused. Gives how many
 * have come meanwhile or are the same as another, and the first that was refused.
 */
const write = Effect.fnUntraced(function* <E, R>(
  { bytes, name }: ZipArchive.ZipArchive<E, R>,
  targets: ReadonlyArray<Plan.Target>,
  to: Unpacking.Directory,
  tell: Outbox.Tell<ExtractionEvent>
): Effect.fn.Return<
  { readonly found: number; readonly refused: ArchiveError | undefined },
  ArchiveError | FileError | E,
  R | Scope.Scope
> {
  const large = new Map(targets.flatMap(({ entry, path }) => (Contents.isSmall(entry) ? [] : [[entry, path] as const])))
  let due = Plan.firsts(targets)
  /** By the entry of the first, those that are the same. */
  const waiting = new Map<ZipEntry, Array<Plan.Target>>()
  const firstOf = new Map(due.map((target) => [target.path, target]))
  for (const target of targets) {
    const first = firstOf.get(target.path)
    if (first === undefined || first === target) continue
    const same = waiting.get(first.entry)
    if (same === undefined) waiting.set(first.entry, [target])
    else same.push(target)
  }
  let next: Array<Plan.Target> = []
  let read = 0
  let found = 0
  let refused: ArchiveError | undefined

  const report = Effect.fnUntraced(function* (unpacking: Unpacking.Unpacking) {
    const files: Array<ExtractedFile> = []
    let written = 0
    const refusals: Array<Extract<ExtractionEvent, { readonly _tag: "Refused" }>> = []
    for (const { alreadyThere = false, error, target } of unpacking.outcomes()) {
      const same = waiting.get(target.entry) ?? []
      if (error === undefined) {
        if (!alreadyThere) written++
        files.push(extracted(target, alreadyThere))
        for (const other of same) {
          // It may have got another name meanwhile.
          files.push(extracted(other.path === target.path ? other : { ...target, entry: other.entry }, true))
        }
      } else {
        refused ??= error
        refusals.push({ _tag: "Refused", entry: target.entry, error })
        const [heir, ...others] = same
        if (heir === undefined) continue
        next.push(heir)
        waiting.set(heir.entry, others)
      }
    }
    found += files.length - written
    if (files.length > 0) {
      yield* Metric.update(Metrics.filesWritten, written)
      yield* tell({ _tag: "Extracted", files })
    }
    yield* Effect.forEach(refusals, tell, { discard: true })
  })

  while (due.length > 0) {
    const entries = due.map(({ entry }) => entry)
    const unpacking = yield* Unpacking.make(name, due, to)
    const data = EntryData.make(entries)
    const reading = bytes.read(ZipArchive.ranges(entries)).pipe(
      Stream.runForEach(
        Effect.fnUntraced(function* (event) {
          if (event._tag !== "Bytes") return
          const pieces = data.push(event.offset, event.bytes)
          for (const { entry, error, isFirst } of pieces) {
            const path = isFirst && error === undefined ? large.get(entry) : undefined
            if (path !== undefined) yield* tell({ _tag: "Started", entry, path })
          }
          yield* unpacking.push(pieces)
          read += event.bytes.length
          Buffers.giveBack(event.bytes)
          yield* tell({ _tag: "Read", bytes: read })
          yield* report(unpacking)
        })
      )
    )
    yield* Effect.andThen(reading, unpacking.finish).pipe(
      // What has come whole until then is written, and told.
      Effect.tapError(() => Effect.andThen(Effect.ignore(unpacking.finish), report(unpacking)))
    )
    yield* report(unpacking)
    const missing = data.missing()
    if (missing !== undefined) {
      const reason = new Damaged({ entry: missing.name, description: "did not come whole" })
      return yield* new ArchiveError({ archive: name, reason })
    }
    due = next
    next = []
  }
  return { found, refused }
})
