/**
 * The central directory of a ZIP archive, the one authority on what is in it. Where it is, and what it says; strict, so
 * that no two readers can see two different archives in the same bytes.
 *
 * The rules are those of PKWARE's APPNOTE.TXT 6.3.10, which numbers in parentheses refer to.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Reason } from "../ArchiveError.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import { Damaged, NotAnArchive, Unsupported } from "./ArchiveReason.ts"
import { escape } from "./Escape.ts"
import { uint64 } from "./ZipExtra.ts"
import * as ZipRecord from "./ZipRecord.ts"

/**
 * Where the central directory is.
 *
 * @category models
 * @since 0.1.0
 */
export interface DirectoryLocation {
  readonly _tag: "Location"
  /** Its first byte, counted from the start of the archive. */
  readonly offset: number
  /** How many bytes it has. */
  readonly size: number
  readonly entries: number
}

/**
 * The tail was too short: `locate` needs the bytes of the archive from `from` to its end.
 *
 * @category models
 * @since 0.1.0
 */
export interface NeedMore {
  readonly _tag: "NeedMore"
  readonly from: number
}

const endSize = 22
const locatorSize = 20
const end64Size = 56
const maximalComment = 0xffff

/**
 * So many bytes from the end of an archive, or all of a smaller one, are always enough for `locate`: the end record with
 * the longest comment, and the two ZIP64 records before it.
 *
 * @category constants
 * @since 0.1.0
 */
export const tailSize = endSize + maximalComment + locatorSize + end64Size

/**
 * Finds the central directory from the last bytes of an archive and the size of the whole, in bytes.
 *
 * Refused as damaged: bytes after the end record or between it and the directory, as a program in front of the archive
 * leaves them; a comment that holds another end record; ZIP64 records that disagree with the end record. Archives on
 * several disks are not supported (4.3.13 to 4.3.16).
 *
 * @category constructors
 * @since 0.1.0
 */
export const locate = (tail: Uint8Array, archiveSize: number): Result.Result<DirectoryLocation | NeedMore, Reason> => {
  const from = Math.max(0, archiveSize - tailSize)
  if (tail.length < archiveSize - from) return Result.succeed({ _tag: "NeedMore", from })
  const view = viewOf(tail)
  const reachesEnd = (at: number) => at + endSize + view.getUint16(at + 20, true) === view.byteLength
  const [at, ...earlier] = endRecords(view)
  if (at === undefined) return Result.fail(new NotAnArchive({ found: describe(tail, archiveSize) }))
  if (earlier.some(reachesEnd)) return damaged("has two end records, one in the comment of the other")
  if (!reachesEnd(at)) return damaged("does not end where its end record says")
  return readEnd(view, at, archiveSize - tail.length)
}

/** The places of everything that may be an end record, the last one first. */
const endRecords = (view: DataView): ReadonlyArray<number> => {
  const found: Array<number> = []
  const last = view.byteLength - endSize
  for (let at = last; at >= 0 && at >= last - maximalComment; at--) {
    if (view.getUint32(at, true) === 0x06054b50) found.push(at)
  }
  return found
}

/** Reads the end record at `at`, and the ZIP64 records before it; the view begins at `start` of the archive. */
const readEnd = (view: DataView, at: number, start: number): Result.Result<DirectoryLocation, Reason> => {
  const narrow = [
    ...[4, 6, 8, 10].map((field) => view.getUint16(at + field, true)),
    ...[12, 16].map((field) => view.getUint32(at + field, true))
  ]
  const locator = at - locatorSize
  const has64 = locator >= 0 && view.getUint32(locator, true) === 0x07064b50
  if (has64 && view.getUint32(locator + 16, true) > 1) return severalDisks
  const end64 = locator - end64Size
  if (has64 && !isEnd64(view, end64, start, locator)) return damaged("has no ZIP64 end record where one is needed")
  const wide = has64
    ? [
        ...[16, 20].map((field) => view.getUint32(end64 + field, true)),
        ...[24, 32, 40, 48].map((field) => uint64(view, end64 + field))
      ]
    : narrow
  const agree = narrow.every((value, index) => value === wide[index] || value === (index < 4 ? 0xffff : 0xffff_ffff))
  if (!agree) return damaged("has two end records that disagree")

  const [disk = 0, directoryDisk = 0, entriesOnDisk = 0, entries = 0, size = 0, offset = 0] = wide
  if (disk !== 0 || directoryDisk !== 0 || entriesOnDisk !== entries) return severalDisks
  const due = start + (has64 ? end64 : at)
  if (offset + size !== due) {
    return damaged(`has a central directory that ends at ${offset + size}, and an end record at ${due}`)
  }
  if (entries * ZipRecord.fixedSize > size || (entries === 0 && size > 0)) {
    return damaged(`declares ${entries} entries in a central directory of ${size} bytes`)
  }
  return Result.succeed({ _tag: "Location", offset, size, entries })
}

/** Whether the ZIP64 end record lies right before its locator, which says so; with nothing behind its fields (4.3.14.2). */
const isEnd64 = (view: DataView, at: number, start: number, locator: number): boolean =>
  at >= 0 &&
  view.getUint32(at, true) === 0x06064b50 &&
  uint64(view, at + 4) === end64Size - 12 &&
  view.getUint32(locator + 4, true) === 0 &&
  uint64(view, locator + 8) === start + at

/** What is there instead of an archive. */
const describe = (tail: Uint8Array, archiveSize: number): string => {
  if (archiveSize === 0) return "is empty"
  if (tail.length < archiveSize) return "has no end record"
  const head = new TextDecoder().decode(tail.subarray(0, 20))
  return `has ${archiveSize} bytes, no end record, and begins with "${escape(head)}"`
}

/**
 * Reads the central directory: its bytes, all and no more, to its entries in their order. The entries look at these bytes
 * (`rawName`), which must not change as long as they are used.
 *
 * Refused as damaged: other counts and sizes than the end record has, entries that share bytes with each other or with the
 * directory, names that are there twice or not in the encoding they claim, and whatever disagrees within one entry.
 * Several disks are not supported. Encryption, methods other than stored and deflate, symbolic links and special files are not
 * either, but that is said of the entry alone (`unsupported`).
 *
 * Names are decoded as UTF-8 where they say so, by their flag or by a valid Unicode path (4.6.9), and where they come from a
 * Unix and are UTF-8; else as CP437.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (
  bytes: Uint8Array,
  location: DirectoryLocation
): Result.Result<ReadonlyArray<ZipEntry>, Reason> => {
  if (bytes.length !== location.size) {
    return damaged(`gave ${bytes.length} bytes of a central directory of ${location.size}`)
  }
  const view = viewOf(bytes)
  const entries: Array<ZipRecord.Draft> = []
  const names = new Set<string>()
  let at = 0
  for (let index = 0; index < location.entries; index++) {
    const length = ZipRecord.lengthAt(view, at)
    if (length === undefined) return damaged(`has no entry ${index + 1} of ${location.entries} in its directory`)
    const entry = ZipRecord.read(view, at, index)
    if (Result.isFailure(entry)) return Result.fail(entry.failure)
    if (names.has(entry.success.name)) return damaged("is there twice", entry.success.name)
    names.add(entry.success.name)
    entries.push(entry.success)
    at += length
  }
  if (at !== bytes.length) return damaged(`has ${bytes.length - at} bytes in its directory behind the last entry`)
  return place(entries, location.offset)
}

/** The bytes of a local header without name and extra field, and of the shortest descriptor (4.3.7, 4.3.9). */
const localSize = 30
const descriptorSize = 12

/** Finds where each entry ends, and that none shares bytes with another or with the directory. */
const place = (
  entries: ReadonlyArray<ZipRecord.Draft>,
  directory: number
): Result.Result<ReadonlyArray<ZipEntry>, Reason> => {
  let next = directory
  for (const entry of entries.toSorted((a, b) => b.offset - a.offset)) {
    // At the least: how long its extra field is, only the local header knows.
    const length = localSize + entry.rawName.length + entry.compressedSize + (entry.hasDescriptor ? descriptorSize : 0)
    if (entry.offset + length > next) return damaged("overlaps what follows it", entry.name)
    entry.end = next
    next = entry.offset
  }
  return Result.succeed(entries)
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const severalDisks = Result.fail(new Unsupported({ feature: "several disks" }))

const damaged = (description: string, entry?: string) =>
  Result.fail(entry === undefined ? new Damaged({ description }) : new Damaged({ description, entry }))
