/**
 * What stands before the data of an entry in a ZIP archive. It repeats what the central directory says. A reader that goes
 * by the one must not see another file than one that goes by the other: name, method, and the checksum where it has one,
 * must agree. Flags, times, sizes, and what follows the data are what many writers get wrong; nothing hangs on them, for size and
 * CRC-32 of the content are those of the directory.
 *
 * The rules are those of PKWARE's APPNOTE.TXT 6.3.10, which numbers in parentheses refer to.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { ZipEntry } from "../ZipEntry.ts"
import { Damaged } from "./ArchiveReason.ts"

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
 * `sizeOf` bytes, or more. The checksum may be 0, and anything where a descriptor follows the data (4.4.4, bit 3).
 *
 * @category combinators
 * @since 0.1.0
 */
export const check = (entry: ZipEntry, header: Uint8Array): Result.Result<number, Damaged> => {
  if (header.length < fixedSize || header.length < sizeOf(header)) return damaged(entry, "has a local header cut short")
  const view = viewOf(header)
  if (view.getUint32(0, true) !== 0x04034b50) return damaged(entry, "has no local header")
  const rawName = header.subarray(fixedSize, fixedSize + view.getUint16(26, true))
  if (!isEqual(rawName, entry.rawName)) return damaged(entry, "has another name in its local header")
  if (view.getUint16(8, true) !== (entry.method === "stored" ? 0 : 8)) {
    return damaged(entry, "has another method in its local header")
  }
  const sum = view.getUint32(14, true)
  const hasDescriptor = entry.hasDescriptor || (view.getUint16(6, true) & 8) !== 0
  if (sum !== entry.crc32 && sum !== 0 && !hasDescriptor) {
    return damaged(entry, "has another checksum in its local header")
  }
  const start = entry.offset + sizeOf(header)
  return start + entry.compressedSize <= entry.end ? Result.succeed(start) : damaged(entry, "overlaps what follows it")
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const damaged = (entry: ZipEntry, description: string) => Result.fail(new Damaged({ entry: entry.name, description }))
