/** The files of an archive one after the other, each with its content as a stream. */
import type * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { ArchiveError, Damaged, WrongContent } from "../ArchiveError.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import type { ByteSource } from "./ByteSource.ts"
import * as EntryData from "./EntryData.ts"
import * as Inflate from "./Inflate.ts"
import * as Inflater from "./Inflater.ts"
import * as ZipArchive from "./ZipArchive.ts"

/**
 * A file in an archive, with its content.
 *
 * @category models
 * @since 0.1.0
 */
export interface EntryContent<E, R> {
  readonly entry: ZipEntry
  /**
   * Its bytes, once. Those of a file of up to 4 MiB in the archive and 16 MiB outside are verified before the first is
   * given. Those of a larger one are given as they come, and the stream fails at its end if they are not right.
   */
  readonly content: Stream.Stream<Uint8Array, E, R>
}

/** What can be held whole. */
export const isSmall = ({ compressedSize, size }: ZipEntry): boolean =>
  compressedSize <= 4 * 1024 * 1024 && size <= 16 * 1024 * 1024

export const dueOf = ({ crc32, method, size }: ZipEntry): Inflate.Due => ({
  deflated: method === "deflate",
  size,
  crc32
})

export const wrong = (archive: string, { name }: ZipEntry, description: string): ArchiveError =>
  new ArchiveError({ archive, reason: new WrongContent({ entry: name, description }) })

/** The data of some entries, as it comes. */
const pieces = <E, R>(
  name: string,
  bytes: ByteSource<E, R>,
  entries: ReadonlyArray<ZipEntry>
): Stream.Stream<EntryData.Piece, ArchiveError | E, R> =>
  Stream.suspend(() => {
    const data = EntryData.make(entries)
    return bytes.read(ZipArchive.ranges(entries)).pipe(
      Stream.mapEffect((event) =>
        event._tag === "Bytes"
          ? Effect.mapError(
              Effect.fromResult(data.push(event.offset, event.bytes)),
              (reason) => new ArchiveError({ archive: name, reason })
            )
          : Effect.succeed([])
      ),
      Stream.concat(Stream.suspend(() => orMissing(name, data))),
      Stream.flattenIterable
    )
  })

/** Fails where the bytes have ended before the entries. */
const orMissing = (archive: string, data: EntryData.EntryData): Stream.Stream<never, ArchiveError> => {
  const entry = data.missing()
  if (entry === undefined) return Stream.empty
  const reason = new Damaged({ entry: entry.name, description: "did not come whole" })
  return Stream.fail(new ArchiveError({ archive, reason }))
}

/** A file whose content is given as it comes. */
interface Running {
  readonly entry: ZipEntry
  readonly inflater: Inflater.Inflater
  /** A piece that was taken and not looked at. */
  first: EntryData.Piece | undefined
  /** Its last piece was taken. */
  isOver: boolean
  /** All its content was given and verified. */
  isFinished: boolean
}

/** Some files of an archive, in the order of the archive. */
export const stream = <E, R>(
  name: string,
  bytes: ByteSource<E, R>,
  entries: ReadonlyArray<ZipEntry>
): Stream.Stream<EntryContent<ArchiveError | E, R>, ArchiveError | E, R> =>
  Stream.transformPull(pieces(name, bytes, entries), (pull, scope) => {
    let waiting: ReadonlyArray<EntryData.Piece> = []
    let running: Running | undefined
    const close = () => {
      running?.inflater.close()
      running = undefined
    }
    const next: Pull.Pull<EntryData.Piece, ArchiveError | E> = Effect.suspend(() => {
      const [piece, ...rest] = waiting
      waiting = rest
      if (piece !== undefined) return Effect.succeed(piece)
      return Effect.flatMap(pull, (all) => {
        waiting = all
        return next
      })
    })

    /** Content of the file that is being given, or its end. */
    const more = (self: Running): Pull.Pull<Content, ArchiveError | E> =>
      Effect.gen(function* () {
        if (running !== self) return yield* Effect.die(new Error(`${self.entry.name} was read or passed over`))
        while (!self.isFinished) {
          const [head, ...tail] = (yield* some(self)).filter((chunk) => chunk.length > 0)
          if (head !== undefined) return [head, ...tail] as const
        }
        close()
        return yield* Cause.done()
      })

    /** What comes of data that was taken, of the next, or of the end of it. */
    const some = (self: Running): Pull.Pull<ReadonlyArray<Uint8Array>, ArchiveError | E> => {
      const { first, inflater } = self
      const checked = Effect.mapError((description: string) => wrong(name, self.entry, description))
      if (inflater.isBusy()) return checked(inflater.more)
      if (first === undefined && self.isOver) {
        self.isFinished = true
        return checked(inflater.finish)
      }
      self.first = undefined
      return Effect.flatMap(first === undefined ? next : Effect.succeed(first), (piece) => {
        self.isOver = piece.isLast
        return checked(inflater.push(piece.data))
      })
    }

    /** All data of a file. */
    const wholeData = Effect.fnUntraced(function* (first: EntryData.Piece) {
      if (first.isLast) return first.data
      const data = new Uint8Array(first.entry.compressedSize)
      let length = 0
      for (let piece = first; ; piece = yield* next) {
        data.set(piece.data, length)
        length += piece.data.length
        if (piece.isLast) return data
      }
    })

    /** What nobody has read of the file before. */
    const passOver = Effect.gen(function* () {
      if (running !== undefined && !running.isOver) {
        let piece = yield* next
        while (!piece.isLast) piece = yield* next
      }
      close()
    })

    const files = Effect.gen(function* () {
      yield* passOver
      const piece = yield* next
      const { entry } = piece
      if (isSmall(entry)) {
        const data = yield* wholeData(piece)
        const content = Inflate.inflate(dueOf(entry), data)
        if (typeof content === "string") return yield* wrong(name, entry, content)
        // Nobody else may write to what is given away.
        const own = content.buffer === data.buffer ? Uint8Array.from(content) : content
        const file: EntryContent<ArchiveError | E, R> = { entry, content: Stream.succeed(own) }
        return [file] as const
      }
      const inflater = Inflater.make(dueOf(entry), entry.compressedSize)
      const self: Running = { entry, inflater, first: piece, isOver: piece.isLast, isFinished: false }
      running = self
      const content: Stream.Stream<Uint8Array, ArchiveError | E> = Stream.fromPull(
        Effect.succeed(Effect.suspend(() => more(self)))
      )
      const file: EntryContent<ArchiveError | E, R> = { entry, content }
      return [file] as const
    })
    return Effect.as(Scope.addFinalizer(scope, Effect.sync(close)), files)
  })

type Content = Arr.NonEmptyReadonlyArray<Uint8Array>
