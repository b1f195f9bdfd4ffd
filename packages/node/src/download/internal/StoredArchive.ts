/** One archive into a folder of a store: what happens, and how it comes about. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import type { JobError } from "@scenario-assets/core/JobError"
import * as Metrics from "@scenario-assets/core/Metrics"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ArchiveError } from "../../archive/ArchiveError.ts"
import type * as EntryFilter from "../../archive/EntryFilter.ts"
import * as Contents from "../../archive/internal/Contents.ts"
import * as ForEach from "../../archive/internal/ForEach.ts"
import type * as OpenArchive from "../../archive/internal/OpenArchive.ts"
import * as ZipArchive from "../../archive/internal/ZipArchive.ts"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import type * as Outbox from "../../extraction/internal/Outbox.ts"
import * as Plan from "../../extraction/internal/Plan.ts"
import type { FileEvent } from "../../file/FileDownload.ts"
import { inFolder } from "../../runs/internal/Place.ts"
import { DestinationError, type Folder } from "../Destination.ts"
import type { SavedFile } from "../DownloadEvent.ts"
import * as ArchiveFiles from "./ArchiveFiles.ts"
import type { ReadyArchive, SaveEvent } from "./Destination.ts"
import * as StoredPlan from "./StoredPlan.ts"

export interface Options extends Omit<OpenArchive.Options, "spool"> {
  readonly select: EntryFilter.EntryFilter
  /** Bytes that contents may take at once. */
  readonly memory: number
}

/** Where the files go. */
export interface Place {
  readonly folder: Folder
  /** That of the folder in the store; `""` for its root. */
  readonly name: string
}

/** Files that are stored at once. */
const concurrency = 16
/** A file is tried so many times more. */
const retries = 2
const pauses = Schedule.exponential(Duration.millis(250))
/** A store that takes none of so many files takes none of the others either. */
const mostFailures = 20
/** So many files are told at once. */
const toldAtOnce = 50

export type Failure = OpenArchive.ReadError | ApiError | JobError | DestinationError

/** Fails after all has been stored that can be. */
export const save = (
  openArchive: OpenArchive.OpenArchive,
  ready: ReadyArchive,
  { folder, name }: Place,
  options: Options,
  tell: Outbox.Tell<SaveEvent>
): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const { batch, jobId, source } = ready
    const of = { batch, jobId }
    const { memory, select, ...reading } = options
    let read = 0
    let bytesToRead = 0
    let isSpooled = false
    const spooling = Effect.fnUntraced(function* (event: FileEvent) {
      if (!isSpooled) yield* tell({ _tag: "ArchiveSpooled", ...of })
      isSpooled = true
      // The archive is not saved by that: its files are still to come.
      if (event._tag !== "Completed") yield* tell(ArchiveFiles.told(ready, event))
    })
    const opened = yield* openArchive(
      { name: jobId, source },
      { ...reading, onTrouble: (event) => tell(ArchiveFiles.told(ready, event)), spool: { onEvent: spooling } }
    )
    const archive: typeof opened = {
      ...opened,
      bytes: {
        ...opened.bytes,
        read: (ranges) =>
          Stream.tap(opened.bytes.read(ranges), (event) => {
            if (event._tag !== "Bytes") return Effect.void
            read += event.bytes.length
            return tell({ _tag: "ArchiveProgressed", ...of, bytes: Math.min(read, bytesToRead) })
          })
      }
    }
    const { entries, refused: unfit } = ZipArchive.sort(archive, select)
    const targets = yield* StoredPlan.make(entries)
    const firsts = Plan.firsts(targets)
    const missing = new Set(yield* StoredPlan.missing(folder, firsts))
    bytesToRead = StoredPlan.bytesToRead([...missing])
    /** By path, those that are one file, because their names and contents are the same. */
    const same = Map.groupBy(targets, ({ path }) => path)
    const copies = ({ path }: Plan.Target) => same.get(path) ?? []
    const there = firsts.filter((target) => !missing.has(target)).flatMap(copies)
    const all = { files: targets.length, bytes: StoredPlan.sizeOf(targets) }
    yield* tell({
      _tag: "ArchivePlanned",
      ...of,
      ...all,
      filesToWrite: targets.length - there.length,
      bytesToRead
    })
    const refuse = ({ entry, error }: ZipArchive.RefusedEntry) =>
      tell({ _tag: "FileRefused", ...of, name: entry.name, error })
    yield* Effect.forEach(unfit, refuse, { discard: true })

    let stored = 0
    let saved: Array<SavedFile> = []
    const flush = Effect.suspend(() => {
      const files = saved
      saved = []
      return files.length === 0 ? Effect.void : tell({ _tag: "FilesSaved", ...of, files })
    })
    const note = (target: Plan.Target, alreadyThere: boolean) =>
      saved.push({
        ...StoredPlan.fileOf(target),
        path: inFolder(name, target.path),
        name: target.entry.name,
        alreadyThere,
        why: target.why
      })
    for (const target of there) note(target, true)
    yield* flush

    const failures: Array<DestinationError | ArchiveError> = unfit.map(({ error }) => error)
    let refusals = 0
    const put = Effect.fnUntraced(function* (target: Plan.Target, content: Content) {
      const { entry } = target
      const isLarge = !Contents.isSmall(entry)
      if (isLarge) {
        yield* tell({
          _tag: "FileStarted",
          ...of,
          path: inFolder(name, target.path),
          name: entry.name,
          size: entry.size
        })
      }
      yield* Effect.retry(folder.put(StoredPlan.fileOf(target), content), {
        while: isOfOneFile,
        times: retries,
        schedule: pauses
      })
      stored++
      for (const copy of copies(target)) note(copy, copy !== target)
      yield* Metric.update(Metrics.filesWritten, 1)
      if (isLarge || saved.length >= toldAtOnce) yield* flush
    })
    /** It costs one file, unless there are many of it. */
    const orGoOn = (error: Failure) => {
      if (!isOfOneFile(error) || ++refusals >= mostFailures) return Effect.fail(error)
      failures.push(error)
      return Effect.void
    }

    /** Stores these; gives the entries whose content is not right. */
    const putAll = Effect.fnUntraced(function* (due: ReadonlyArray<Plan.Target>, isSmall: boolean) {
      const targetOf = new Map(
        due.flatMap((target) => (Contents.isSmall(target.entry) === isSmall ? [[target.entry, target]] : []))
      )
      if (targetOf.size === 0) return []
      const { refused } = yield* ForEach.forEach(
        archive,
        (entry, content) => {
          const target = targetOf.get(entry)
          return target === undefined ? Effect.void : Effect.catch(put(target, content), orGoOn)
        },
        { select: (entry) => targetOf.has(entry), concurrency, memory }
        // What is stored until then is told.
      ).pipe(Effect.tapError(() => flush))
      yield* flush
      failures.push(...refused.map(({ error }) => error))
      yield* Effect.forEach(refused, refuse, { discard: true })
      return refused.map(({ entry }) => entry)
    })

    for (let due = [...missing]; due.length > 0;) {
      // One after the other: whoever waits for a connection for a large one holds none for small ones.
      const small = yield* putAll(due, true)
      const large = yield* putAll(due, false)
      // Another one with the same name and content may be right.
      due = heirs(due, new Set([...small, ...large]), same)
    }

    const [first] = failures
    if (first !== undefined) return yield* first
    yield* folder.complete({
      version: 1,
      jobId,
      fileCount: firsts.length,
      byteCount: StoredPlan.sizeOf(firsts),
      files: firsts.map(StoredPlan.fileOf)
    })
    const alreadyThere = targets.length - stored
    yield* Effect.annotateCurrentSpan({ "scenario.files": all.files, "scenario.files.already_there": alreadyThere })
    yield* Effect.annotateLogs(Effect.logInfo("An archive was stored"), {
      archive: jobId,
      files: all.files,
      alreadyThere
    })
    yield* tell({ _tag: "ArchiveSaved", ...of, ...all, alreadyThere, fetched: read })
  }).pipe(Effect.scoped, Effect.withSpan("Downloads.store", { attributes: { "scenario.archive": ready.jobId } }))

type Content = ForEach.EntryContent<ApiError | JobError>

const isOfOneFile = (error: Failure): error is DestinationError => error instanceof DestinationError && !error.isFatal

/** Those that come in the place of the ones that are not right. */
const heirs = (
  due: ReadonlyArray<Plan.Target>,
  wrong: ReadonlySet<ZipEntry>,
  same: ReadonlyMap<string, Array<Plan.Target>>
): Array<Plan.Target> =>
  due.flatMap((target) => {
    if (!wrong.has(target.entry)) return []
    const others = (same.get(target.path) ?? []).filter((other) => other !== target)
    same.get(target.path)?.splice(0, Infinity, ...others)
    return others.slice(0, 1)
  })
