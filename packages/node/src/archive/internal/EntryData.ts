/**
 * From the bytes of an archive, as they arrive, to the data of its entries, still compressed.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { ZipEntry } from "../ZipEntry.ts"
import { Damaged } from "./ArchiveReason.ts"
import * as ZipLocalHeader from "./ZipLocalHeader.ts"

/**
 * Some of an entry's data. Each entry has one or more pieces, in order.
 *
 * @category models
 * @since 0.1.0
 */
export interface Piece {
  readonly entry: ZipEntry
  /** Valid until the bytes that were pushed are used for something else. The last piece may have none. */
  readonly data: Uint8Array
  readonly isFirst: boolean
  /** All the data is there. */
  readonly isLast: boolean
  /** What is wrong with the entry, whose data has not come and will not; such a piece is the last, and no other entry suffers. */
  readonly error?: Damaged
}

/**
 * Cuts entries out of the bytes of an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface EntryData {
  /** Takes the bytes from `offset` of the archive on; they come in order. What lies between the entries is passed over. */
  readonly push: (offset: number, bytes: Uint8Array) => ReadonlyArray<Piece>
  /** The entry that has not come whole, or has not begun. */
  readonly missing: () => ZipEntry | undefined
}

/**
 * Begins to cut out these entries.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (entries: ReadonlyArray<ZipEntry>): EntryData => {
  const inOrder = entries.toSorted((a, b) => a.offset - b.offset)
  let next = 0
  /** Where the header, or the data that is to come, begins. */
  let position = inOrder[0]?.offset ?? 0
  /** Where the data ends, once the header was read. */
  let dataEnd: number | undefined
  /** The beginning of a header, from bytes that came before. */
  let begun: Uint8Array = nothing
  let isFirst = true

  /** So many bytes in a row, once they are there; what there is of them is kept. */
  const gather = (bytes: Uint8Array, length: number): Uint8Array | undefined => {
    if (begun.length >= length) return begun.subarray(0, length)
    if (begun.length === 0 && bytes.length >= length) return bytes.subarray(0, length)
    const grown = new Uint8Array(Math.min(length, begun.length + bytes.length))
    grown.set(begun)
    grown.set(bytes.subarray(0, grown.length - begun.length), begun.length)
    begun = grown
    return grown.length === length ? grown : undefined
  }

  /** Where the data begins; none where more of the header is to come. */
  const begin = (entry: ZipEntry, there: () => Uint8Array): Result.Result<number, Damaged> | undefined => {
    const fixed = gather(there(), ZipLocalHeader.fixedSize)
    if (fixed === undefined) return undefined
    const size = ZipLocalHeader.sizeOf(fixed)
    if (position + size > entry.end) return damaged(entry, "has a local header that reaches into what follows it")
    const header = gather(there(), size)
    return header === undefined ? undefined : ZipLocalHeader.check(entry, header)
  }

  const push = (offset: number, bytes: Uint8Array): ReadonlyArray<Piece> => {
    const pieces: Array<Piece> = []
    const end = offset + bytes.length
    /** What has come and was not looked at. */
    const there = () => bytes.subarray(Math.max(0, position + begun.length - offset))
    for (let entry = inOrder[next]; entry !== undefined; entry = inOrder[next]) {
      if (position + begun.length < offset && position < end) {
        const error = new Damaged({ entry: entry.name, description: "has bytes that did not come" })
        pieces.push({ entry, data: nothing, isFirst, isLast: true, error })
        toNext()
        continue
      }
      if (dataEnd === undefined) {
        if (position >= end) break
        const start = begin(entry, there)
        if (start === undefined) break
        if (Result.isFailure(start)) {
          pieces.push({ entry, data: nothing, isFirst, isLast: true, error: start.failure })
          toNext()
          continue
        }
        position = start.success
        dataEnd = position + entry.compressedSize
        begun = nothing
      }
      const data = there().subarray(0, dataEnd - position)
      position += data.length
      const isLast = position === dataEnd
      if (isLast || data.length > 0) {
        pieces.push({ entry, data, isFirst, isLast })
        isFirst = false
      }
      if (!isLast) break
      toNext()
    }
    return pieces
  }

  const toNext = () => {
    next++
    dataEnd = undefined
    isFirst = true
    begun = nothing
    position = Math.max(position, inOrder[next]?.offset ?? position)
  }

  return { push, missing: () => inOrder[next] }
}

const nothing: Uint8Array = new Uint8Array(0)

const damaged = (entry: ZipEntry, description: string) => Result.fail(new Damaged({ entry: entry.name, description }))
