/**
 * What stands before and behind the data of an entry in a ZIP archive. It repeats what the central directory says, and
 * must agree with it: a reader that goes by the one would otherwise see another archive than one that goes by the other.
 *
 * The rules are those of PKWARE's APPNOTE.TXT 6.3.10, which numbers in parentheses refer to.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { ZipEntry } from "../ZipEntry.ts"
import { Damaged } from "./ArchiveReason.ts"
import * as ZipExtra from "./ZipExtra.ts"

/**
 * How many bytes a local header has at least; the first so many say how many it has.
 *
 * @category constants
 * @since 0.1.0
 */
export const fixedSize = 30

/**
 * How many bytes a local header has, with name and extra field, from its first `fixedSize` bytes or more.
 *
 * @category getters
 * @since 0.1.0
 */
export const sizeOf = (header: Uint8Array): number => {
  const view = viewOf(header)
  return fixedSize + view.getUint16(26, true) + view.getUint16(28, true)
}

/**
 * Compares a local header (4.3.7) with its entry, and gives the place in the archive where the data begins. `header` has
 * `sizeOf` bytes, or more. Sizes and checksum may be 0 where a descriptor follows the data (4.4.4, bit 3).
 *
 * @category combinators
 * @since 0.1.0
 */
export const check = (entry: ZipEntry, header: Uint8Array): Result.Result<number, Damaged> => {
  if (header.length < fixedSize || header.length < sizeOf(header)) return damaged(entry, "has a local header cut short")
  const view = viewOf(header)
  if (view.getUint32(0, true) !== 0x04034b50) return damaged(entry, "has no local header")
  const nameEnd = fixedSize + view.getUint16(26, true)
  const rawName = header.subarray(fixedSize, nameEnd)
  if (!isEqual(rawName, entry.rawName)) return damaged(entry, "has another name in its local header")
  const meaning = entry.rawName.every((byte) => byte < 128) ? meaningOfFlags & ~utf8 : meaningOfFlags
  if (((view.getUint16(6, true) ^ entry.flags) & meaning) !== 0) {
    return damaged(entry, "has other flags in its local header")
  }
  if (view.getUint16(8, true) !== (entry.method === "stored" ? 0 : 8)) {
    return damaged(entry, "has another method in its local header")
  }
  const extra = ZipExtra.parse(view, nameEnd, sizeOf(header))
  if (typeof extra === "string") return damaged(entry, `${extra} in its local header`)
  const [size, compressedSize] = sizesOf(view, extra)
  const agrees = (found: number, due: number) => found === due || (entry.hasDescriptor && found === 0)
  if (!agrees(size, entry.size) || !agrees(compressedSize, entry.compressedSize)) {
    return damaged(entry, "has other sizes in its local header")
  }
  if (!agrees(view.getUint32(14, true), entry.crc32)) {
    return damaged(entry, "has another checksum in its local header")
  }
  const start = entry.offset + sizeOf(header)
  return start + entry.compressedSize <= entry.end ? Result.succeed(start) : damaged(entry, "overlaps what follows it")
}

/**
 * How many bytes a descriptor has at most.
 *
 * @category constants
 * @since 0.1.0
 */
export const maximalDescriptorSize = 24

/**
 * Compares the descriptor (4.3.9) with its entry. `bytes` are those behind the data: `maximalDescriptorSize` of them, or
 * as many as there are up to the end of the entry. Its signature may be there or not, its sizes have 32 or 64 bits.
 *
 * @category combinators
 * @since 0.1.0
 */
export const checkDescriptor = (entry: ZipEntry, bytes: Uint8Array): Result.Result<void, Damaged> => {
  const view = viewOf(bytes)
  const agrees = (at: number, wide: boolean): boolean => {
    const width = wide ? 8 : 4
    const read = (from: number) => (wide ? ZipExtra.uint64(view, from) : view.getUint32(from, true))
    return (
      at + 4 + 2 * width <= view.byteLength &&
      view.getUint32(at, true) === entry.crc32 &&
      read(at + 4) === entry.compressedSize &&
      read(at + 4 + width) === entry.size
    )
  }
  const signed = view.byteLength >= 4 && view.getUint32(0, true) === 0x08074b50
  return (signed && (agrees(4, false) || agrees(4, true))) || agrees(0, false) || agrees(0, true)
    ? Result.void
    : damaged(entry, "has another checksum or other sizes behind its data")
}

/** Encryption, descriptor, patches, strong encryption, UTF-8, masked headers: bits that change what is read (4.4.4). */
const meaningOfFlags = 0x2869
const utf8 = 0x0800

/** Size and compressed size, from the ZIP64 block where 32 bits do not hold them. That has both (4.5.3). */
const sizesOf = (view: DataView, { zip64 }: ZipExtra.Extra): readonly [size: number, compressedSize: number] => {
  const [size, compressedSize] = [view.getUint32(22, true), view.getUint32(18, true)]
  if (zip64 === undefined || zip64.byteLength < 16) return [size, compressedSize]
  return [
    size === 0xffff_ffff ? ZipExtra.uint64(zip64, 0) : size,
    compressedSize === 0xffff_ffff ? ZipExtra.uint64(zip64, 8) : compressedSize
  ]
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const damaged = (entry: ZipEntry, description: string) => Result.fail(new Damaged({ entry: entry.name, description }))
