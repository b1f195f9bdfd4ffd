/** The small files of an archive, each whole and verified, read together in few ranges. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Buffers from "../../http/Buffers.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import { type Damaged, WrongContent } from "./ArchiveReason.ts"
import * as Contents from "./Contents.ts"
import * as EntryData from "./EntryData.ts"
import * as Inflate from "./Inflate.ts"
import * as ZipArchive from "./ZipArchive.ts"

/** A small file with its content, in memory of its own; or what is wrong with it, which stops no other. */
export interface WholeFile {
  readonly entry: ZipEntry
  readonly content: Result.Result<Uint8Array, Damaged | WrongContent>
}

/** Bytes of the archive that have come, of which some may be used up. */
interface Arrived {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Reads these files one by one, in the order given, which is theirs in the archive. `before` comes before the first memory
 * for the content of one is taken.
 */
export const read = <E, R>(
  { bytes }: ZipArchive.ZipArchive<E, R>,
  entries: ReadonlyArray<ZipEntry>,
  before: (entry: ZipEntry) => Effect.Effect<unknown>
): Stream.Stream<WholeFile, E, R> =>
  Stream.transformPull(
    bytes.read(ZipArchive.ranges(entries)).pipe(
      Stream.filter((event) => event._tag === "Bytes"),
      Stream.rechunk(1)
    ),
    (pull) =>
      Effect.sync(() => {
        let next = 0
        let arrived: Arrived | undefined
        let isOver = false
        const more = pull.pipe(
          Effect.map(([event]) => (arrived = event)),
          Pull.catchDone(() => Effect.sync(() => void (isOver = true)))
        )

        /** The bytes that reach beyond `place`; none where they have ended. */
        const beyond = Effect.fnUntraced(function* (place: number): Effect.fn.Return<Arrived | undefined, E> {
          while (arrived === undefined || endOf(arrived) <= place) {
            if (arrived !== undefined) Buffers.giveBack(arrived.bytes)
            arrived = undefined
            if (isOver) return undefined
            yield* more
          }
          return arrived
        })

        const one = Effect.fnUntraced(function* (entry: ZipEntry): Effect.fn.Return<WholeFile, E> {
          const data = EntryData.make([entry])
          let gathered: Uint8Array | undefined
          let length = 0
          for (let place = entry.offset; place < entry.end;) {
            const found = yield* beyond(place)
            if (found === undefined) break
            const { bytes, offset } = found
            const start = Math.max(place, offset)
            const part = bytes.subarray(start - offset, entry.end - offset)
            place = start + part.length
            const pieces = data.push(start, part)
            for (const piece of pieces) {
              if (piece.error !== undefined) return { entry, content: Result.fail(piece.error) }
              if (piece.isFirst && piece.isLast) return { entry, content: contentOf(entry, piece.data, false) }
              gathered ??= new Uint8Array(entry.compressedSize)
              gathered.set(piece.data, length)
              length += piece.data.length
              if (piece.isLast) return { entry, content: contentOf(entry, gathered, true) }
            }
          }
          return { entry, content: Result.fail(Contents.missing(entry)) }
        })

        return Effect.suspend((): Pull.Pull<readonly [WholeFile], E> => {
          const entry = entries[next++]
          if (entry === undefined) return Cause.done()
          return Effect.andThen(
            before(entry),
            Effect.map(one(entry), (file) => [file] as const)
          )
        })
      })
  )

const endOf = ({ bytes, offset }: Arrived): number => offset + bytes.length

const contentOf = (entry: ZipEntry, data: Uint8Array, isOwn: boolean): WholeFile["content"] => {
  const content = Inflate.inflate(Contents.dueOf(entry), data)
  if (typeof content === "string") return Result.fail(new WrongContent({ entry: entry.name, description: content }))
  return Result.succeed(content === data && !isOwn ? new Uint8Array(data) : content)
}
