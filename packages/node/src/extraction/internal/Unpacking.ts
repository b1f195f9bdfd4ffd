/** From the data of entries, as it comes, to files: small ones by the unpackers, many at once; large ones piece by piece. */
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { ArchiveError } from "../../archive/ArchiveError.ts"
import type { Damaged } from "../../archive/internal/ArchiveReason.ts"
import * as Contents from "../../archive/internal/Contents.ts"
import type { Piece } from "../../archive/internal/EntryData.ts"
import * as Inflate from "../../archive/internal/Inflate.ts"
import * as Inflater from "../../archive/internal/Inflater.ts"
import { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import type { Names } from "./Names.ts"
import type { Target } from "./Plan.ts"
import type { Memory } from "./Thread.ts"
import type * as Unpack from "./Unpack.ts"
import { memorySize, type Unpackers } from "./Unpackers.ts"
import type { Workspace } from "./Workspace.ts"

/** A file that is there now; or what is wrong with its content. */
export interface Outcome {
  readonly target: Target
  /** Somebody else has brought it since the names were given. */
  readonly alreadyThere?: boolean
  readonly error?: ArchiveError
}

/** Where the files go. */
export interface Directory {
  readonly workspace: Workspace
  readonly names: Names
  readonly unpackers: Unpackers
  /** What to do with a file that has come since the names were given: the same as with one that was there. */
  readonly ifDiffers: "keep" | "replace"
}

export interface Unpacking {
  /** Takes pieces. Their data may be used again afterwards. */
  readonly push: (pieces: ReadonlyArray<Piece>) => Effect.Effect<void, FileError>
  /** Waits for all files that have come whole. */
  readonly finish: Effect.Effect<void, FileError>
  /** What became of files since this was last asked. */
  readonly outcomes: () => ReadonlyArray<Outcome>
}

/** A thread gets so many files at once, or fewer where their data is a MiB. */
const batchCount = 256

/** A file that is right, while something else has its path. */
interface Homeless {
  readonly target: Target
  readonly temporary: string
}

interface Batch {
  readonly memory: Memory
  readonly jobs: Array<Unpack.Job>
  readonly made: Array<Homeless>
  length: number
}

/** A file that is written piece by piece. */
interface Large {
  readonly target: Target
  readonly temporary: string
  readonly handle: Fs.FileHandle
  readonly inflater: Inflater.Inflater
  position: number
  /** What is being written. */
  writing: Fiber.Fiber<number, FileError> | undefined
  /** It is wrong: what is left of it is passed over. */
  isWrong: boolean
}

export const make = Effect.fnUntraced(function* (
  archive: string,
  targets: ReadonlyArray<Target>,
  { ifDiffers, names, unpackers, workspace: { directory, temporary } }: Directory
): Effect.fn.Return<Unpacking, never, Scope.Scope> {
  const scope = yield* Effect.scope
  /** Batches that are being unpacked. */
  const running = new Set<Fiber.Fiber<unknown>>()
  let failure: FileError | undefined
  /** A thread that is no more. */
  let defect: Cause.Cause<never> | undefined
  const targetOf = new Map(targets.map((target) => [target.entry, target]))
  let outcomes: Array<Outcome> = []
  let homeless: Array<Homeless> = []
  let batch: Batch | undefined
  /** Where in the batch the entry begins that is coming. */
  let begin = 0
  let large: Large | undefined
  yield* Effect.addFinalizer(() => (large === undefined ? Effect.void : close(large)))
  // Others may have the threads after this: nothing more is made in the directory once it is given up.
  yield* Effect.addFinalizer(() => Fiber.interruptAll([...running]))

  const wrong = (target: Target, description: string) =>
    outcomes.push({ target, error: Contents.wrong(archive, target.entry, description) })

  const note = (made: ReadonlyArray<Homeless>, failures: ReadonlyArray<Unpack.Failure | undefined>) => {
    for (const [index, { target, temporary }] of made.entries()) {
      const found = failures[index]
      if (found === undefined) outcomes.push({ target })
      else if (found._tag === "Taken") homeless.push({ target, temporary })
      else if (found._tag === "Content") wrong(target, found.description)
      else failure ??= FileError.fromSystem(found.operation, found.path, { code: found.code })
    }
  }

  const submit = Effect.gen(function* () {
    if (batch === undefined) return
    const { jobs, made, memory } = batch
    batch = undefined
    yield* unpackers.unpack(memory, jobs, (fiber) => {
      running.add(fiber)
      fiber.addObserver((exit) => {
        running.delete(fiber)
        if (Exit.isSuccess(exit)) note(made, exit.value)
        else defect ??= exit.cause
      })
    })
  })

  const orFail = Effect.suspend((): Effect.Effect<void, FileError> => {
    if (defect !== undefined) return Effect.failCause(defect)
    return failure === undefined ? Effect.void : Effect.fail(failure)
  })

  /** What is wrong with the data of an entry, before its content is looked at. What has come of it is forgotten. */
  const refuse = Effect.fnUntraced(function* (target: Target, reason: Damaged, isFirst: boolean) {
    outcomes.push({ target, error: new ArchiveError({ archive, reason }) })
    if (isFirst) return
    if (batch !== undefined && Contents.isSmall(target.entry)) batch.length = begin
    if (large === undefined || Contents.isSmall(target.entry)) return
    const file = large
    yield* written(file)
    yield* close(file)
    large = undefined
  })

  const addSmall = Effect.fnUntraced(function* (target: Target, { data, isFirst, isLast }: Piece) {
    const { compressedSize } = target.entry
    if (isFirst) {
      if (batch !== undefined && batch.length + compressedSize > batch.memory.length) yield* submit
      batch ??= { memory: unpackers.memory(Math.max(1, compressedSize)), jobs: [], made: [], length: 0 }
      begin = batch.length
    }
    if (batch === undefined) return
    batch.memory.set(data, batch.length)
    batch.length += data.length
    if (!isLast) return
    const made = { target, temporary: temporary() }
    batch.jobs.push({
      ...Contents.dueOf(target.entry),
      temporary: made.temporary,
      path: join(directory, target.path),
      replaces: target.action === "replace",
      start: begin,
      length: compressedSize
    })
    batch.made.push(made)
    if (batch.length >= memorySize || batch.jobs.length >= batchCount) yield* submit
  })

  const addLarge = Effect.fnUntraced(function* (target: Target, { data, isFirst, isLast }: Piece) {
    // Nothing comes between the opening and the note of it, by which it is closed.
    if (isFirst) yield* Effect.uninterruptible(Effect.map(openLarge(target, temporary()), (file) => (large = file)))
    if (large === undefined) return
    const file = large
    yield* take(file, file.inflater.push(data))
    while (!file.isWrong && file.inflater.isBusy()) yield* take(file, file.inflater.more)
    if (!isLast) return
    yield* take(file, file.inflater.finish)
    yield* written(file)
    yield* close(file)
    large = undefined
    if (file.isWrong) return
    if (yield* place(file)) outcomes.push({ target })
    else homeless.push(file)
  })

  /** Gives a file its name; says whether that was free, or is to be replaced. */
  const place = ({ target, temporary }: Homeless): Effect.Effect<boolean, FileError> => {
    const path = join(directory, target.path)
    return target.action === "replace"
      ? Effect.as(
          Files.attempt("rename to", path, () => Fs.rename(temporary, path)),
          true
        )
      : Effect.as(Files.move(temporary, path), true).pipe(
          Effect.catch((error) => (error.reason._tag === "Exists" ? Effect.succeed(false) : Effect.fail(error)))
        )
  }

  /** What would have become of it if what is there had been there before. */
  const settle: (made: Homeless) => Effect.Effect<void, FileError> = Effect.fnUntraced(function* ({
    target,
    temporary
  }) {
    const path = join(directory, target.path)
    const { crc32, size } = target.entry
    if ((yield* unpackers.sizes([path]))[0] === size && (yield* unpackers.sums([{ path, size }]))[0] === crc32) {
      yield* Files.remove(temporary)
      outcomes.push({ target, alreadyThere: true })
      return
    }
    const isReplaced = ifDiffers === "replace" && !(yield* Files.isDirectory(path))
    const name = isReplaced ? { ...target, action: "replace" as const } : names.another(target.path, target.entry)
    const next: Target = { ...target, ...name, why: [...new Set([...target.why, ...name.why])] }
    if (yield* place({ target: next, temporary })) outcomes.push({ target: next })
    else yield* settle({ target: next, temporary })
  })

  const settleAll = Effect.suspend(() => {
    const all = homeless
    homeless = []
    return Effect.forEach(all, settle, { discard: true })
  })

  /** Writes content; or says what is wrong with it, and passes over the rest. */
  const take = Effect.fnUntraced(function* (file: Large, content: Effect.Effect<ReadonlyArray<Uint8Array>, string>) {
    if (file.isWrong) return
    const found = yield* Effect.result(content)
    if (Result.isSuccess(found)) return yield* write(file, found.success)
    file.isWrong = true
    wrong(file.target, found.failure)
  })

  /** Begins to write; the next content is made meanwhile. What is stored stands in memory that is used again: that waits. */
  const write = Effect.fnUntraced(function* (file: Large, content: ReadonlyArray<Uint8Array>) {
    const { position } = file
    file.position += content.reduce((sum, { length }) => sum + length, 0)
    yield* written(file)
    if (file.position === position) return
    const writing = Files.attempt("write", file.target.path, async () => {
      const length = await Files.writeAll(file.handle, content, position)
      if (file.target.entry.method === "deflate") content.filter(endsItsBuffer).forEach(Inflate.release)
      return length
    })
    file.writing = yield* Effect.forkIn(writing, scope)
    if (file.target.entry.method === "stored") yield* written(file)
  })

  return {
    push: Effect.fnUntraced(function* (pieces) {
      for (const piece of pieces) {
        const target = targetOf.get(piece.entry)
        // Read through, because asking for what comes before and after it costs more.
        if (target === undefined) continue
        if (piece.error !== undefined) yield* refuse(target, piece.error, piece.isFirst)
        else yield* Contents.isSmall(piece.entry) ? addSmall(target, piece) : addLarge(target, piece)
      }
      yield* settleAll
      yield* orFail
    }),
    finish: submit.pipe(
      Effect.andThen(Effect.suspend(() => Fiber.awaitAll(running))),
      Effect.andThen(settleAll),
      Effect.andThen(orFail)
    ),
    outcomes: () => {
      const all = outcomes
      outcomes = []
      return all
    }
  }
})

const openLarge = (target: Target, temporary: string): Effect.Effect<Large, FileError> =>
  Effect.map(
    Files.attempt("open", temporary, () => Fs.open(temporary, "wx", 0o644)),
    (handle): Large => ({
      target,
      temporary,
      handle,
      inflater: Inflater.make(Contents.dueOf(target.entry), target.entry.compressedSize),
      position: 0,
      writing: undefined,
      isWrong: false
    })
  )

/** zlib fills a buffer in several pieces, one behind the other; after the last one nobody needs it. */
const endsItsBuffer = ({ buffer, byteLength, byteOffset }: Uint8Array): boolean =>
  byteOffset + byteLength === buffer.byteLength

/** What was begun to be written is there. */
const written = (file: Large): Effect.Effect<void, FileError> =>
  file.writing === undefined ? Effect.void : Effect.asVoid(Fiber.join(file.writing))

const close = ({ handle, inflater, temporary }: Large): Effect.Effect<void> =>
  Effect.ignore(
    Files.attempt("close", temporary, async () => {
      inflater.close()
      await handle.close()
    })
  )
