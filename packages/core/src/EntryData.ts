/**
 * From the bytes of an archive, as they arrive, to the data of its entries, still compressed.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { Damaged } from "./ArchiveError.ts"
import type { ZipEntry } from "./ZipEntry.ts"
import * as ZipLocalHeader from "./ZipLocalHeader.ts"

/**
 * Some of an entry's data, or all of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Piece {
  readonly entry: ZipEntry
  /** Valid until the bytes that were pushed are used for something else. */
  readonly data: Uint8Array
  readonly isFirst: boolean
  /** All the data is there; what the archive says before and behind it agrees with the directory. */
  readonly isLast: boolean
}

/**
 * Cuts entries out of the bytes of an archive.
 *
 * @category models
 * @since 0.1.0
 */
export interface EntryData {
  /** Takes the bytes from `offset` of the archive on; they come in order. What lies between the entries is passed over. */
  readonly push: (offset: number, bytes: Uint8Array) => Result.Result<ReadonlyArray<Piece>, Damaged>
  /** The entry that has not come whole, or has not begun. */
  readonly missing: () => ZipEntry | undefined
}

/** What of an entry is being read. */
type Stage = "header" | "data" | "descriptor"

/**
 * Begins to cut out these entries. Those of which `isWhole` says so come in one piece.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (entries: ReadonlyArray<ZipEntry>, isWhole: (entry: ZipEntry) => boolean): EntryData => {
  const inOrder = entries.toSorted((a, b) => a.offset - b.offset)
  let next = 0
  let stage: Stage = "header"
  /** The next byte that is wanted. */
  let position = inOrder[0]?.offset ?? 0
  let dataEnd = 0
  /** The beginning of a header, of data that is wanted whole, or of a descriptor. */
  let begun: Uint8Array = nothing
  let whole: Uint8Array | undefined
  let isFirst = true

  /** So many bytes in a row, once they are there. */
  const gather = (bytes: Uint8Array, length: number): Uint8Array | undefined => {
    if (begun.length >= length && length > 0) return begun.subarray(0, length)
    if (begun.length === 0 && bytes.length >= length) return bytes.subarray(0, length)
    const grown = new Uint8Array(Math.min(length, begun.length + bytes.length))
    grown.set(begun)
    grown.set(bytes.subarray(0, grown.length - begun.length), begun.length)
    begun = grown
    return grown.length === length ? grown : undefined
  }

  /** Goes on behind what was gathered. */
  const pass = (start: number, length: number) => {
    position = start + length
    begun = nothing
  }

  const toNext = () => {
    next++
    stage = "header"
    isFirst = true
    whole = undefined
    position = Math.max(position, inOrder[next]?.offset ?? position)
  }

  const push = (offset: number, bytes: Uint8Array): Result.Result<ReadonlyArray<Piece>, Damaged> => {
    const pieces: Array<Piece> = []
    const end = offset + bytes.length
    for (let entry = inOrder[next]; entry !== undefined && (position < end || isDue(entry)); entry = inOrder[next]) {
      // Where the thing that is being read begins; its first bytes may have come before.
      const start = position
      if (start + begun.length < offset) return damaged(entry, "has bytes that did not come")
      const there = bytes.subarray(Math.max(0, start + begun.length - offset))
      if (stage === "header") {
        const fixed = gather(there, ZipLocalHeader.fixedSize)
        if (fixed === undefined) break
        const size = ZipLocalHeader.sizeOf(fixed)
        if (start + size > entry.end) return damaged(entry, "has a local header that reaches into what follows it")
        const header = gather(bytes.subarray(Math.max(0, start + begun.length - offset)), size)
        if (header === undefined) break
        const dataStart = ZipLocalHeader.check(entry, header)
        if (Result.isFailure(dataStart)) return Result.fail(dataStart.failure)
        pass(start, size)
        dataEnd = dataStart.success + entry.compressedSize
        stage = "data"
      } else if (stage === "data") {
        const left = dataEnd - start
        if (isWhole(entry)) {
          whole = gather(there, left)
          if (whole === undefined) break
          pass(start, left)
        } else {
          const data = there.subarray(0, left)
          pieces.push({ entry, data, isFirst, isLast: false })
          isFirst = false
          position += data.length
        }
        if (position === dataEnd) stage = "descriptor"
      } else {
        if (entry.hasDescriptor) {
          const length = Math.min(ZipLocalHeader.maximalDescriptorSize, entry.end - start)
          const descriptor = gather(there, length)
          if (descriptor === undefined) {
            // What the bytes stand in may be used again before the rest comes.
            whole = whole === undefined ? undefined : Uint8Array.from(whole)
            break
          }
          const agrees = ZipLocalHeader.checkDescriptor(entry, descriptor)
          if (Result.isFailure(agrees)) return Result.fail(agrees.failure)
          pass(start, length)
        }
        pieces.push({ entry, data: whole ?? nothing, isFirst, isLast: true })
        toNext()
      }
    }
    return Result.succeed(pieces)
  }

  /** Nothing more has to come for the next step. */
  const isDue = (entry: ZipEntry): boolean =>
    (stage === "descriptor" && !entry.hasDescriptor) || (stage === "data" && position === dataEnd)

  return { push, missing: () => inOrder[next] }
}

const nothing = new Uint8Array(0)

const damaged = (entry: ZipEntry, description: string) => Result.fail(new Damaged({ entry: entry.name, description }))
