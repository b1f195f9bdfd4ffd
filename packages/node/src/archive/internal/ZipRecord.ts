/**
 * One record of the central directory of a ZIP archive (APPNOTE 4.3.12).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Reason } from "../ArchiveError.ts"
import type { Method, ZipEntry } from "../ZipEntry.ts"
import { Damaged, UnsafeName, Unsupported } from "./ArchiveReason.ts"
import * as Cp437 from "./Cp437.ts"
import * as ZipExtra from "./ZipExtra.ts"

/**
 * An entry whose end is found when all are read.
 *
 * @category models
 * @since 0.1.0
 */
export type Draft = Omit<ZipEntry, "end"> & { end: number }

/**
 * The bytes of a record without name, extra field and comment.
 *
 * @category constants
 * @since 0.1.0
 */
export const fixedSize = 46

/**
 * The length of the record at `at`; none where none begins there, or where it does not end within the directory.
 *
 * @category getters
 * @since 0.1.0
 */
export const lengthAt = (view: DataView, at: number): number | undefined => {
  if (at + fixedSize > view.byteLength || view.getUint32(at, true) !== 0x02014b50) return undefined
  const length =
    fixedSize + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  return at + length <= view.byteLength ? length : undefined
}

/**
 * Reads the record at `at`, where `lengthAt` has found one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const read = (view: DataView, at: number, index: number): Result.Result<Draft, Reason> => {
  const flags = view.getUint16(at + 8, true)
  const nameEnd = at + fixedSize + view.getUint16(at + 28, true)
  const rawName = new Uint8Array(view.buffer, view.byteOffset + at + fixedSize, nameEnd - at - fixedSize)
  const extra = ZipExtra.parse(view, nameEnd, nameEnd + view.getUint16(at + 30, true))
  if (typeof extra === "string") return damaged(Cp437.decode(rawName), extra)
  const decoded = nameOf(rawName, flags, isUnix(view, at), extra)
  if (Result.isFailure(decoded)) return damaged(Cp437.decode(rawName), decoded.failure)
  const name = decoded.success
  if (name === "") return damaged(name, "has no name")
  if (name.includes("\0")) return Result.fail(new UnsafeName({ entry: name, description: "holds a NUL" }))

  const numbers = numbersOf(view, at, extra)
  if (numbers === undefined) return damaged(name, "has a ZIP64 field that does not fit its sizes")
  const { compressedSize, disk, offset, size } = numbers
  const isDirectory = name.endsWith("/")
  const type = typeOf(view, at)
  if (disk !== 0) return Result.fail(new Unsupported({ entry: name, feature: "several disks" }))

  const id = view.getUint16(at + 10, true)
  const method = methods.get(id) ?? "other"
  const unsupported = unsupportedOf(id, flags, type)
  const crc32 = view.getUint32(at + 16, true)
  if (isDirectory && size !== 0) return damaged(name, "is a directory with content")
  if (!isDirectory && type === directory) return damaged(name, "is a directory by its mode and a file by its name")
  if (unsupported === undefined) {
    if (method === "stored" && size !== compressedSize) return damaged(name, "is stored and has two sizes")
    if (size === 0 && crc32 !== 0) return damaged(name, "is empty and has a checksum")
  }
  return Result.succeed({
    index,
    name,
    rawName,
    isDirectory,
    method,
    unsupported,
    flags,
    hasDescriptor: (flags & 8) !== 0,
    compressedSize,
    size,
    crc32,
    offset,
    end: offset,
    modified: ZipExtra.modified(extra) ?? dosTime(view.getUint16(at + 14, true), view.getUint16(at + 12, true))
  })
}

const damaged = (entry: string, description: string) => Result.fail(new Damaged({ entry, description }))

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const isAscii = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 128) return false
  return true
}

/** What the name is, by its flag, its extra field, or the custom of the system it was written on; or what is wrong. */
const nameOf = (
  rawName: Uint8Array,
  flags: number,
  isUnix: boolean,
  extra: ZipExtra.Extra
): Result.Result<string, string> => {
  const saysUtf8 = (flags & 0x0800) !== 0
  const other = ZipExtra.unicodePath(extra, rawName)
  if (other === undefined && !saysUtf8) return Result.succeed(unflaggedName(rawName, isUnix))
  return Result.try({
    try: () => utf8.decode(other ?? rawName),
    catch: () => "says that its name is UTF-8, and it is not"
  }).pipe(
    Result.filterOrFail(
      (name) => other === undefined || !saysUtf8 || name === utf8.decode(rawName),
      () => "has two names in UTF-8"
    )
  )
}

/**
 * CP437 is the rule (APPNOTE D.1). But on Unix and macOS many tools write the bytes of the system, which are UTF-8, and
 * Info-ZIP and libarchive read them so; hardly any text in CP437 is valid UTF-8 as well.
 */
const unflaggedName = (rawName: Uint8Array, isUnix: boolean): string =>
  isAscii(rawName) || isUnix
    ? Result.getOrElse(
        Result.try(() => utf8.decode(rawName)),
        () => Cp437.decode(rawName)
      )
    : Cp437.decode(rawName)

/** Sizes, place and disk, from the ZIP64 block where the record has no room for them. */
const numbersOf = (view: DataView, at: number, extra: ZipExtra.Extra): Numbers | undefined => {
  const size = view.getUint32(at + 24, true)
  const compressedSize = view.getUint32(at + 20, true)
  const offset = view.getUint32(at + 42, true)
  const disk = view.getUint16(at + 34, true)
  const narrow = { size, compressedSize, offset, disk }
  const isNarrow = Math.max(size, compressedSize, offset) < limit32 && disk < limit16
  return isNarrow ? narrow : extra.zip64 && widen(narrow, extra.zip64)
}

interface Numbers {
  readonly size: number
  readonly compressedSize: number
  readonly offset: number
  readonly disk: number
}

const limit32 = 0xffff_ffff
const limit16 = 0xffff

/** The block has just the numbers that are missing, in this order (APPNOTE 4.5.3); else readers would disagree. */
const widen = (narrow: Numbers, block: DataView): Numbers | undefined => {
  let used = 0
  const take = (length: 4 | 8): number => {
    used += length
    if (used > block.byteLength) return Number.NaN
    return length === 8 ? ZipExtra.uint64(block, used - 8) : block.getUint32(used - 4, true)
  }
  const size = narrow.size === limit32 ? take(8) : narrow.size
  const compressedSize = narrow.compressedSize === limit32 ? take(8) : narrow.compressedSize
  const offset = narrow.offset === limit32 ? take(8) : narrow.offset
  const disk = narrow.disk === limit16 ? take(4) : narrow.disk
  const fits = used === block.byteLength && Number.isSafeInteger(size)
  return fits ? { size, compressedSize, offset, disk } : undefined
}

/** What the four highest bits of a Unix mode say, where they say anything. */
const directory = 4
const regularFile = 8
const symbolicLink = 10

/** The type of the file, where the record was made on a Unix or on macOS (APPNOTE 4.4.2). */
const typeOf = (view: DataView, at: number): number => (isUnix(view, at) ? view.getUint32(at + 38, true) >>> 28 : 0)

const isUnix = (view: DataView, at: number): boolean => [3, 19].includes(view.getUint8(at + 5))

/** What of the format an entry needs that is not read here. */
const unsupportedOf = (id: number, flags: number, type: number): string | undefined => {
  // Encryption, strong encryption, masked headers (APPNOTE 4.4.4). It changes the method, so it is looked for first.
  if ((flags & 0x2041) !== 0) return "encryption"
  if ((flags & 0x0020) !== 0) return "patches"
  if (!methods.has(id)) return `the method ${otherMethods.get(id) ?? id}`
  if (type === symbolicLink) return "a symbolic link"
  return type === 0 || type === directory || type === regularFile ? undefined : "a special file"
}

const methods: ReadonlyMap<number, Method> = new Map([
  [0, "stored"],
  [8, "deflate"]
])

/** APPNOTE 4.4.5. */
const otherMethods: ReadonlyMap<number, string> = new Map([
  [1, "shrink"],
  [2, "reduce"],
  [3, "reduce"],
  [4, "reduce"],
  [5, "reduce"],
  [6, "implode"],
  [9, "deflate64"],
  [10, "PKWARE DCL implode"],
  [12, "bzip2"],
  [14, "LZMA"],
  [20, "zstd"],
  [93, "zstd"],
  [94, "MP3"],
  [95, "XZ"],
  [96, "JPEG"],
  [97, "WavPack"],
  [98, "PPMd"],
  [99, "AES"]
])

/** Milliseconds since 1970 of MS-DOS date and time (APPNOTE 4.4.6), read as UTC. */
const dosTime = (date: number, time: number): number | undefined => {
  const [month, day] = [(date >>> 5) & 15, date & 31]
  const [hours, minutes, seconds] = [time >>> 11, (time >>> 5) & 63, (time & 31) * 2]
  if (month < 1 || month > 12 || day < 1 || hours > 23 || minutes > 59 || seconds > 59) return undefined
  return Date.UTC(1980 + (date >>> 9), month - 1, day, hours, minutes, seconds)
}
