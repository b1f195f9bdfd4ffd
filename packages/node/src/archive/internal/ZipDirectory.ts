/**
 * The central directory of a ZIP archive, the one authority on what is in it. Where it is, and what it says; strict where
 * two readers could see two different archives in the same bytes, and lenient about all else.
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
  /** How many entries it has; modulo 65,536 where no ZIP64 record says so. */
  readonly entries: number
  readonly isModulo: boolean
  /** The bytes of a program in front of the archive, from whose end all its offsets are counted. */
  readonly prefix: number
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
/** What version 2 of that record has behind these, without a hash. */
const version2Size = 28
const maximalComment = 0xffff
/** More bytes than these behind the fields of a ZIP64 end record are not looked through. */
const maximalExtension = 0xffff

/**
 * So many bytes from the end of an archive, or all of a smaller one, are always enough for `locate`: the end record with
 * the longest comment, and the two ZIP64 records before it, with as much data in them as is looked through.
 *
 * @category constants
 * @since 0.1.0
 */
export const tailSize = endSize + maximalComment + locatorSize + end64Size + maximalExtension

/** More zeros than this behind an archive are not looked through. */
const mostZeros = 2 ** 24

/**
 * Finds the central directory from the last bytes of an archive and the size of the whole, in bytes.
 *
 * There may be zeros behind the archive, as tapes and disks pad it, a program in front of it, which no offset counts, and data of
 * special purpose in its ZIP64 end record. A comment may hold what looks like an end record, where nobody could read an archive by it.
 *
 * Refused as damaged: two end records that each could be the one; other bytes after the end record, or between it and the
 * directory; ZIP64 records that disagree with the end record; two of them, one in the other. Archives on several disks are not supported (4.3.13 to
 * 4.3.16).
 *
 * @category constructors
 * @since 0.1.0
 */
export const locate = (tail: Uint8Array, archiveSize: number): Result.Result<DirectoryLocation | NeedMore, Reason> => {
  const from = Math.max(0, archiveSize - tailSize)
  if (tail.length < archiveSize - from) return Result.succeed({ _tag: "NeedMore", from })
  const view = viewOf(tail)
  const start = archiveSize - tail.length
  const used = lengthWithoutZeros(tail)
  const zeros = tail.length - used
  if (start > 0 && zeros > maximalComment && zeros < mostZeros) {
    const due = used === 0 ? 16 * zeros : zeros + tailSize
    if (tail.length < due) return Result.succeed({ _tag: "NeedMore", from: Math.max(0, archiveSize - due) })
  }
  const endOf = (at: number) => at + endSize + view.getUint16(at + 20, true)
  const reachesEnd = (at: number) => endOf(at) >= used && endOf(at) <= view.byteLength
  const records = endRecords(view, used)
  const [last] = records
  if (last === undefined) return Result.fail(new NotAnArchive({ found: describe(tail, archiveSize) }))
  const reaching = records.filter(reachesEnd)
  const right = reaching.flatMap((at) => {
    const location = readEnd(view, at, start)
    return Result.isSuccess(location) ? [{ at, location }] : []
  })
  const [found] = right
  if (found === undefined) {
    const [at] = reaching
    return at === undefined ? damaged("does not end where its end record says") : readEnd(view, at, start)
  }
  // Readers that do not look where a record ends take the last one.
  const others = records.filter((at) => at > found.at && couldBeEnd(view, at, start))
  if (right.length > 1 || others.length > 0) return damaged("has two end records, one in the comment of the other")
  return found.location
}

const lengthWithoutZeros = (bytes: Uint8Array): number => {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length--
  return length
}

/** The places of everything that may be an end record, the last one first. */
const endRecords = (view: DataView, used: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  const first = Math.max(0, used - endSize - maximalComment)
  for (let at = Math.min(used - 4, view.byteLength - endSize); at >= first; at--) {
    if (view.getUint32(at, true) === 0x06054b50) found.push(at)
  }
  return found
}

/** Whether a lenient reader might read an archive by this end record. */
const couldBeEnd = (view: DataView, at: number, start: number): boolean => {
  const entries = view.getUint16(at + 10, true)
  const size = view.getUint32(at + 12, true)
  const isIn64 = at >= locatorSize && view.getUint32(at - locatorSize, true) === 0x07064b50
  return isIn64 || (entries * ZipRecord.fixedSize <= size && size + view.getUint32(at + 16, true) <= start + at)
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
  const [end64 = at, ...others] = has64 ? end64Records(view, locator) : []
  if (has64 && end64 === at) return damaged("has no ZIP64 end record where one is needed")
  if (others.length > 0) return damaged("has two ZIP64 end records")
  const wide = has64
    ? [
        ...[16, 20].map((field) => view.getUint32(end64 + field, true)),
        ...[24, 32, 40, 48].map((field) => uint64(view, end64 + field))
      ]
    : narrow
  // Where it has no room for a number, it says so; or it has the number of entries modulo 65,536.
  const agree = narrow.every((value, index) => {
    const due = wide[index] ?? 0
    return value === due || value === (index < 4 ? 0xffff : 0xffff_ffff) || (index < 4 && value === due % 65_536)
  })
  if (!agree) return damaged("has two end records that disagree")

  const [disk = 0, directoryDisk = 0, entriesOnDisk = 0, entries = 0, size = 0, offset = 0] = wide
  if (disk !== 0 || directoryDisk !== 0 || entriesOnDisk !== entries) return severalDisks
  if (has64 && hasHiddenDirectory(view, end64, locator, size)) {
    return Result.fail(new Unsupported({ feature: "encryption of its directory" }))
  }
  const due = start + end64
  // All offsets are counted from where the archive begins, which may be behind a program.
  const prefix = due - size - offset
  if (prefix < 0) {
    return damaged(`has a central directory that ends at ${offset + size}, and an end record at ${due}`)
  }
  if (has64 && uint64(view, locator + 8) + prefix !== due) return damaged("has no ZIP64 end record where one is needed")
  if (entries * ZipRecord.fixedSize > size || (has64 && entries === 0 && size > 0)) {
    return damaged(`declares ${entries} entries in a central directory of ${size} bytes`)
  }
  return Result.succeed({ _tag: "Location", offset: offset + prefix, size, entries, isModulo: !has64, prefix })
}

/**
 * The places of all ZIP64 end records that reach to their locator. Behind its fields such a record may have data for special
 * purposes, of which nothing is needed (4.3.14.2).
 */
const end64Records = (view: DataView, locator: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  if (view.getUint32(locator + 4, true) !== 0) return found
  const last = locator - end64Size
  for (let at = Math.max(0, last - maximalExtension); at <= last; at++) {
    if (view.getUint32(at, true) === 0x06064b50 && uint64(view, at + 4) === locator - at - 12) found.push(at)
  }
  return found
}

/**
 * Whether the record is of version 2, and has a directory that is encrypted or compressed (7.3.4). Version 2 is not told apart
 * otherwise: an archive that needs 6.2 or later may have it.
 */
const hasHiddenDirectory = (view: DataView, end64: number, locator: number, size: number): boolean => {
  const at = end64 + end64Size
  const isVersion2 = view.getUint8(end64 + 14) >= 62 && locator - at >= version2Size
  const isPlain = () =>
    view.getUint16(at, true) === 0 &&
    uint64(view, at + 2) === size &&
    uint64(view, at + 10) === size &&
    view.getUint16(at + 18, true) === 0
  return isVersion2 && !isPlain()
}

/** What is there instead of an archive. */
const describe = (tail: Uint8Array, archiveSize: number): string => {
  if (archiveSize === 0) return "is empty"
  if (tail.length < archiveSize) return "has no end record"
  const head = new TextDecoder().decode(tail.subarray(0, 20))
  return `has ${archiveSize} bytes, no end record, and begins with "${escape(head)}"`
}

/**
 * How many records a central directory has.
 *
 * @category getters
 * @since 0.1.0
 */
export const count = (bytes: Uint8Array): number => {
  const view = viewOf(bytes)
  let found = 0
  for (let at = 0; ; found++) {
    const length = ZipRecord.lengthAt(view, at)
    if (length === undefined) return found
    at += length
  }
}

/**
 * Reads the central directory: its bytes, all and no more, to its entries in their order. The entries look at these bytes
 * (`rawName`), which must not change as long as they are used.
 *
 * Refused as damaged, because readers would see different archives: other counts and sizes than the end record has, and entries
 * that share bytes with each other or with the directory. What ails one entry is said of it alone (`refused`). Several may have
 * the same name.
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
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const length = ZipRecord.lengthAt(view, at)
    if (length === undefined) {
      return damaged(
        index < location.entries
          ? `has no entry ${index + 1} of ${location.entries} in its directory`
          : `has ${bytes.length - at} bytes in its directory behind the last entry`
      )
    }
    const entry = ZipRecord.read(view, at, index)
    if (Result.isFailure(entry)) return Result.fail(entry.failure)
    entry.success.offset += location.prefix
    entries.push(entry.success)
    at += length
  }
  const surplus = entries.length - location.entries
  if (surplus !== 0 && (!location.isModulo || surplus % 65_536 !== 0)) {
    return damaged(`declares ${location.entries} entries and has ${entries.length}`)
  }
  return place(entries, location.offset)
}

/** The bytes of a local header without name and extra field (4.3.7). */
const localSize = 30

/** Finds where each entry ends, and that none shares bytes with another or with the directory. */
const place = (
  entries: ReadonlyArray<ZipRecord.Draft>,
  directory: number
): Result.Result<ReadonlyArray<ZipEntry>, Reason> => {
  let next = directory
  for (const entry of entries.toSorted((a, b) => b.offset - a.offset)) {
    // At the least: how long its extra field is, only the local header knows.
    const length = localSize + entry.rawName.length + entry.compressedSize
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
