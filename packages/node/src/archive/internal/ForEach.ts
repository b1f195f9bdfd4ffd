/** The files of an archive, each given to a callback with its content: several at once, within a budget of memory. */
import * as OptionCheck from "@scenario-assets/core/engine/OptionCheck"
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { ArchiveError, type Reason } from "../ArchiveError.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import { ContentClosed } from "./ArchiveReason.ts"
import * as Contents from "./Contents.ts"
import * as Lending from "./Lending.ts"
import type { Options as ReadOptions, ReadError } from "./OpenArchive.ts"
import * as WholeFiles from "./WholeFiles.ts"
import * as ZipArchive from "./ZipArchive.ts"

/**
 * Which files of an archive, and how many at once. Numbers that mean nothing are defects: a `RangeError` that names the
 * option.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForEachOptions extends Omit<ReadOptions, "timeLimit"> {
  /** Which files are wanted. Directories are never asked about. Default: all files. */
  readonly select?: ((entry: ZipEntry) => boolean) | undefined
  /** How many callbacks may run at once: a whole number from 1, or `"unbounded"`, where `memory` is the limit. Default 1. */
  readonly concurrency?: number | "unbounded" | undefined
  /**
   * Bytes that the contents of files may take at once, over all callbacks: a whole number from 1. A file waits until there is
   * room. A small one counts with its size, until its callback has ended; a large one with 8 MiB, or all where there is less.
   * Default 64 MiB.
   */
  readonly memory?: number | undefined
}

/**
 * What has become of the files of an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface ForEachReport {
  /** Files whose callback has succeeded. */
  readonly fileCount: number
  /** The size of those files, in bytes. */
  readonly byteCount: number
  /** Files that were left out, in the order of the directory. Where there are none, the archive is whole. */
  readonly refused: ReadonlyArray<ZipArchive.RefusedEntry>
}

/**
 * The bytes of a file, in order. May be run any number of times, also at once, until the callback has ended.
 *
 * @category models
 * @since 0.1.0
 */
export type EntryContent<E = never, R = never> = Stream.Stream<Uint8Array, ReadError | E, R>

/** Gives the files of an open archive to a callback. */
export const forEach = Effect.fnUntraced(function* <E, R, E2, R2>(
  archive: ZipArchive.ZipArchive<ReadError | E, R>,
  f: (entry: ZipEntry, content: EntryContent<E, R>) => Effect.Effect<unknown, E2, R2>,
  { select = () => true, ...options }: ForEachOptions
): Effect.fn.Return<ForEachReport, ReadError | E | E2, R | R2> {
  const concurrency =
    options.concurrency === "unbounded" ? "unbounded" : (option.count("concurrency", options.concurrency, 1) ?? 1)
  const memory = option.count("memory", options.memory, 1) ?? defaultMemory
  const budget = Semaphore.makeUnsafe(memory)
  const isHeld = (entry: ZipEntry) => Contents.isSmall(entry) && entry.size <= memory
  const shareOf = (entry: ZipEntry) => (isHeld(entry) ? entry.size : Math.min(largeShare, memory))

  const sorted = ZipArchive.sort(archive, (entry) => !entry.isDirectory && select(entry))
  const refused = [...sorted.refused]
  const wanted = sorted.entries.toSorted((a, b) => a.offset - b.offset)
  let fileCount = 0
  let byteCount = 0

  /** A file that has its share of the memory. */
  const visit = ({ content, entry }: File<ReadError | E, R>): Effect.Effect<void, ArchiveError | E2, R2> => {
    const refuse = (reason: Reason) => new ArchiveError({ archive: archive.name, reason })
    const closed = () => refuse(new ContentClosed({ entry: entry.name }))
    const give = (content: EntryContent<E, R>) => f(entry, content)
    const given: Effect.Effect<unknown, ArchiveError | E2, R2> = Stream.isStream(content)
      ? Lending.lend(content, closed, give)
      : Result.isSuccess(content)
        ? Lending.lendHeld(content.success, closed, give)
        : Effect.fail(refuse(content.failure))
    return Effect.matchCauseEffect(given, {
      onSuccess: () =>
        Effect.sync(() => {
          fileCount++
          byteCount += entry.size
        }),
      onFailure: (cause) => {
        const error = damageOf(cause, archive.name, entry)
        return error === undefined ? Effect.failCause(cause) : Effect.sync(() => void refused.push({ entry, error }))
      }
    }).pipe(Effect.andThen(budget.release(shareOf(entry))), Effect.asVoid)
  }

  const small = WholeFiles.read(archive, wanted.filter(isHeld), (entry) => budget.take(shareOf(entry)))
  const files: Stream.Stream<File<ReadError | E, R>, ReadError | E, R> = Stream.transformPull(small, (pull) =>
    Effect.sync(() => {
      let next = 0
      return Effect.suspend((): Pull.Pull<Arr.NonEmptyReadonlyArray<File<ReadError | E, R>>, ReadError | E> => {
        const entry = wanted[next++]
        if (entry === undefined) return Cause.done()
        if (isHeld(entry)) return pull
        return Effect.as(budget.take(shareOf(entry)), [{ entry, content: Contents.stream(archive, entry) }])
      })
    })
  )

  yield* files.pipe(
    Stream.map((file): Visit<ReadError | E | E2, R2> => visit(file)),
    // An archive that cannot be read any further ends the callbacks that run, as one of them that fails ends the others.
    Stream.catchCause((cause) => Stream.succeed<Visit<ReadError | E | E2, R2>>(Effect.failCause(cause))),
    Stream.mapEffect((visited) => visited, { concurrency, unordered: true }),
    Stream.runDrain
  )
  return { fileCount, byteCount, refused: refused.toSorted((a, b) => a.entry.index - b.entry.index) }
})

const option = OptionCheck.of("ArchiveReader")

const defaultMemory = 64 * 1024 * 1024

/** What the content of a large file may take while it is read: data that has come, and what was inflated of it. */
const largeShare = 8 * 1024 * 1024

/** A small file, whole; or a large one, whose content is read when it is run. */
type File<E, R> = WholeFiles.WholeFile | { readonly entry: ZipEntry; readonly content: Stream.Stream<Uint8Array, E, R> }

type Visit<E, R> = Effect.Effect<void, E, R>

/** What is wrong with the file, where a callback has failed by that and nothing else. */
const damageOf = (cause: Cause.Cause<unknown>, archive: string, { name }: ZipEntry): ArchiveError | undefined => {
  let found: ArchiveError | undefined
  for (const reason of cause.reasons) {
    if (Cause.isInterruptReason(reason)) continue
    if (!Cause.isFailReason(reason) || !(reason.error instanceof ArchiveError)) return undefined
    const { error } = reason
    const isDamage = error.reason._tag === "Damaged" || error.reason._tag === "WrongContent"
    if (!isDamage || error.archive !== archive || error.reason.entry !== name) return undefined
    found ??= error
  }
  return found
}
