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
 * Begins to cut out these entries.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (entries: ReadonlyArray<ZipEntry>): EntryData => {
  const inOrder = entries.toSorted((a, b) => a.offset - b.offset)
  let next = 0
  let stage: Stage = "header"
  /** Where the header, the data that is to come, or the descriptor begins. */
  let position = inOrder[0]?.offset ?? 0
  let dataEnd = 0
  /** The beginning of a header or of a descriptor, from bytes that came before. */
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

  const push = (offset: number, bytes: Uint8Array): Result.Result<ReadonlyArray<Piece>, Damaged> => {
    const pieces: Array<Piece> = []
    const end = offset + bytes.length
    for (let entry = inOrder[next]; entry !== undefined; entry = inOrder[next]) {
      if (position + begun.length < offset && position < end) return damaged(entry, "has bytes that did not come")
      /** What has come and was not looked at. */
      const there = () => bytes.subarray(Math.max(0, position + begun.length - offset))
      if (stage === "header") {
        if (position >= end) break
        const fixed = gather(there(), ZipLocalHeader.fixedSize)
        if (fixed === undefined) break
        const size = ZipLocalHeader.sizeOf(fixed)
        if (position + size > entry.end) return damaged(entry, "has a local header that reaches into what follows it")
        const header = gather(there(), size)
        if (header === undefined) break
        const dataStart = ZipLocalHeader.check(entry, header)
        if (Result.isFailure(dataStart)) return Result.fail(dataStart.failure)
        position = dataStart.success
        dataEnd = position + entry.compressedSize
        begun = nothing
        stage = "data"
      }
      let data = nothing
      if (stage === "data") {
        data = there().subarray(0, dataEnd - position)
        position += data.length
        if (position === dataEnd) stage = "descriptor"
      }
      const isLast = stage === "descriptor" && !entry.hasDescriptor
      if (stage === "descriptor" && entry.hasDescriptor) {
        const length = Math.min(ZipLocalHeader.maximalDescriptorSize, entry.end - position)
        const descriptor = gather(there(), length)
        if (descriptor !== undefined) {
          const agrees = ZipLocalHeader.checkDescriptor(entry, descriptor)
          if (Result.isFailure(agrees)) return Result.fail(agrees.failure)
          pieces.push({ entry, data, isFirst, isLast: true })
          toNext()
          continue
        }
      }
      if (isLast || data.length > 0) {
        pieces.push({ entry, data, isFirst, isLast })
        isFirst = false
      }
      if (!isLast) break
      toNext()
    }
    return Result.succeed(pieces)
  }

  const toNext = () => {
    next++
    stage = "header"
    isFirst = true
    begun = nothing
    position = Math.max(position, inOrder[next]?.offset ?? position)
  }

  return { push, missing: () => inOrder[next] }
}

const nothing: Uint8Array = new Uint8Array(0)

const damaged = (entry: ZipEntry, description: string) => Result.fail(new Damaged({ entry: entry.name, description }))
