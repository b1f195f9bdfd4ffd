/**
 * One record of the central directory of a ZIP archive (APPNOTE 4.3.12).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Method, ZipEntry } from "../ZipEntry.ts"
import { Damaged, UnsafeName, Unsupported } from "./ArchiveReason.ts"
import * as Cp437 from "./Cp437.ts"
import * as EntryPath from "./EntryPath.ts"
import * as ZipExtra from "./ZipExtra.ts"

/**
 * An entry whose place is found when all are read.
 *
 * @category models
 * @since 0.1.0
 */
export type Draft = Omit<ZipEntry, "offset" | "end"> & { offset: number; end: number }

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
 * Reads the record at `at`, where `lengthAt` has found one. What is wrong with the entry alone is said in `refused`; it fails
 * where its place in the archive cannot be told.
 *
 * @category constructors
 * @since 0.1.0
 */
export const read = (view: DataView, at: number, index: number): Result.Result<Draft, Damaged> => {
  const flags = view.getUint16(at + 8, true)
  const nameEnd = at + fixedSize + view.getUint16(at + 28, true)
  const rawName = new Uint8Array(view.buffer, view.byteOffset + at + fixedSize, nameEnd - at - fixedSize)
  const extra = ZipExtra.parse(view, nameEnd, nameEnd + view.getUint16(at + 30, true))
  const { isOneOfTwo, name } = nameOf(rawName, flags, extra)
  const numbers = numbersOf(view, at, extra)
  if (typeof numbers === "string") return Result.fail(new Damaged({ entry: name, description: numbers }))
  const { compressedSize, offset, size } = numbers
  const isDirectory = name.endsWith("/")
  const method = view.getUint16(at + 10, true)
  const crc32 = view.getUint32(at + 16, true)
  const known = { index, name, rawName, isDirectory, method: methods.get(method) ?? "other", flags, crc32 } as const
  const of = { ...known, ...numbers, type: typeOf(view, at), id: method }
  return Result.succeed({
    ...known,
    refused: isOneOfTwo ? new Damaged({ entry: name, description: "has two names" }) : refusalOf(of),
    hasDescriptor: (flags & 8) !== 0,
    compressedSize,
    size,
    offset,
    end: offset,
    modified: ZipExtra.modified(extra) ?? dosTime(view.getUint16(at + 14, true), view.getUint16(at + 12, true))
  })
}

interface Known extends Numbers, Pick<ZipEntry, "name" | "isDirectory" | "method" | "flags" | "crc32"> {
  readonly type: number
  readonly id: number
}

/** Why this entry is not extracted, and all others are. */
const refusalOf = ({ compressedSize, crc32, flags, id, isDirectory, method, name, size, type }: Known) => {
  const unsafe = EntryPath.refusal(name)
  if (unsafe !== undefined) return new UnsafeName({ entry: name, description: unsafe })
  const feature = unsupportedOf(id, flags, type, isDirectory)
  if (feature !== undefined) return new Unsupported({ entry: name, feature })
  const damaged = (description: string) => new Damaged({ entry: name, description })
  if (isDirectory) return undefined
  // Some readers make a directory of it, others a file.
  if (type === directory) return damaged("is a directory by its mode and a file by its name")
  if (method === "stored" && size !== compressedSize) return damaged("is stored and has two sizes")
  if (size === 0 && crc32 !== 0) return damaged("is empty and has a checksum")
  return Number.isSafeInteger(size) ? undefined : damaged("has a size that no file has")
}

/**
 * What the name is: by its flag or by its extra field UTF-8; and so wherever it is valid, for hardly any text in CP437, Shift-JIS
 * or GBK is valid UTF-8 as well; else CP437, which is the rule (APPNOTE D.1). What claims to be UTF-8 and is not is read as
 * far as it is.
 */
const nameOf = (
  rawName: Uint8Array,
  flags: number,
  extra: ZipExtra.Extra
): { readonly name: string; readonly isOneOfTwo: boolean } => {
  const saysUtf8 = (flags & 0x0800) !== 0
  const own = ZipExtra.decodeUtf8(rawName)
  const [other, ...others] = ZipExtra.unicodePaths(extra, rawName)
  const isOneOfTwo = others.length > 0 || (saysUtf8 && own !== undefined && other !== undefined && other !== own)
  const name = other ?? own ?? (saysUtf8 ? lossy.decode(rawName) : Cp437.decode(rawName))
  return { name, isOneOfTwo }
}

const lossy = new TextDecoder("utf-8", { ignoreBOM: true })

/** Sizes, place and disk, from the ZIP64 block where the record has no room for them; or what is wrong. */
const numbersOf = (view: DataView, at: number, extra: ZipExtra.Extra): Numbers | string => {
  const size = view.getUint32(at + 24, true)
  const compressedSize = view.getUint32(at + 20, true)
  const offset = view.getUint32(at + 42, true)
  const disk = view.getUint16(at + 34, true)
  const narrow = { size, compressedSize, offset, disk }
  const isNarrow = Math.max(size, compressedSize, offset) < limit32 && disk < limit16
  if (isNarrow || extra.zip64 === undefined) return narrow
  if (extra.zip64Differs === true) return "has two ZIP64 fields that disagree"
  return widen(narrow, extra.zip64) ?? "has a ZIP64 field that does not fit its sizes"
}

interface Numbers {
  readonly size: number
  readonly compressedSize: number
  readonly offset: number
  readonly disk: number
}

const limit32 = 0xffff_ffff
const limit16 = 0xffff

/**
 * The block has the numbers that are missing, in this order (APPNOTE 4.5.3). What else it has, as several writers repeat the
 * others, no reader looks at.
 */
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
  return used <= block.byteLength ? { size, compressedSize, offset, disk } : undefined
}

/** What the four highest bits of a Unix mode say, where they say anything. */
const directory = 4
const symbolicLink = 10

/** The type of the file, where the record was made on a Unix or on macOS (APPNOTE 4.4.2). */
const typeOf = (view: DataView, at: number): number => (isUnix(view, at) ? view.getUint32(at + 38, true) >>> 28 : 0)

const isUnix = (view: DataView, at: number): boolean => [3, 19].includes(view.getUint8(at + 5))

/**
 * What of the format an entry needs that is not read here. Writers note the mode of what they read from, such as a pipe: what
 * has content is a file.
 */
const unsupportedOf = (id: number, flags: number, type: number, isDirectory: boolean): string | undefined => {
  if (type === symbolicLink) return "a symbolic link"
  if (isDirectory) return undefined
  // Encryption, strong encryption, masked headers (APPNOTE 4.4.4). It changes the method, so it is looked for first.
  if ((flags & 0x2041) !== 0) return "encryption"
  if ((flags & 0x0020) !== 0) return "patches"
  return methods.has(id) ? undefined : `the method ${otherMethods.get(id) ?? id}`
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
