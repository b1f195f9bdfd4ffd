/** The content of a file in an archive: what is due of it, and, where it is too large to be held, its bytes as they come. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Buffers from "../../http/Buffers.ts"
import { ArchiveError } from "../ArchiveError.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import { Damaged, WrongContent } from "./ArchiveReason.ts"
import * as EntryData from "./EntryData.ts"
import type * as Inflate from "./Inflate.ts"
import * as Inflater from "./Inflater.ts"
import type { ZipArchive } from "./ZipArchive.ts"

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

export const missing = ({ name }: ZipEntry): Damaged => new Damaged({ entry: name, description: "did not come whole" })

/**
 * The content of one file, by a read of its own, anew on every run. Its bytes are given as they come, and belong to who
 * gets them; the stream fails at its end where they are not right.
 */
export const stream = <E, R>(
  { bytes, name }: ZipArchive<E, R>,
  entry: ZipEntry
): Stream.Stream<Uint8Array, ArchiveError | E, R> =>
  Stream.suspend(() => {
    const data = EntryData.make([entry])
    const inflater = Inflater.make(dueOf(entry), entry.compressedSize)
    const given = (content: Effect.Effect<ReadonlyArray<Uint8Array>, string>) =>
      content.pipe(
        Effect.mapError((description) => wrong(name, entry, description)),
        Stream.fromIterableEffect
      )
    const more = Stream.flattenIterable(
      Stream.unfold(undefined, () =>
        inflater.isBusy()
          ? Effect.map(inflater.more, (content) => [content, undefined] as const)
          : Effect.succeed(undefined)
      )
    ).pipe(Stream.mapError((description) => wrong(name, entry, description)))

    const ofPiece = (piece: EntryData.Piece): Stream.Stream<Uint8Array, ArchiveError> => {
      if (piece.error !== undefined) return Stream.fail(new ArchiveError({ archive: name, reason: piece.error }))
      return given(inflater.push(owned(piece.data, bytes.tail))).pipe(
        Stream.concat(more),
        Stream.concat(piece.isLast ? given(inflater.finish) : Stream.empty)
      )
    }

    return bytes.read([[entry.offset, entry.end]]).pipe(
      Stream.filter((event) => event._tag === "Bytes"),
      Stream.flatMap((event) =>
        Stream.suspend(() => Stream.fromIterable(data.push(event.offset, event.bytes))).pipe(
          Stream.flatMap(ofPiece),
          Stream.concat(
            // What is stored was given away.
            Stream.fromEffectDrain(Effect.sync(() => entry.method === "deflate" && Buffers.giveBack(event.bytes)))
          )
        )
      ),
      Stream.filter((chunk) => chunk.length > 0),
      Stream.concat(
        Stream.suspend(() =>
          data.missing() === undefined
            ? Stream.empty
            : Stream.fail(new ArchiveError({ archive: name, reason: missing(entry) }))
        )
      ),
      Stream.ensuring(Effect.sync(inflater.close))
    )
  })

/** The tail of an archive is read again and again, so nobody may have it. */
const owned = (data: Uint8Array, tail: Uint8Array): Uint8Array =>
  data.buffer === tail.buffer ? new Uint8Array(data) : data
