/**
 * One entry of a ZIP archive, as the central directory has it.
 *
 * @since 0.1.0
 */
import type { Reason } from "./ArchiveError.ts"

/**
 * How the bytes of an entry are kept. Other methods than the first two are not supported.
 *
 * @category models
 * @since 0.1.0
 */
export type Method = "stored" | "deflate" | "other"

/**
 * A file or a directory in an archive. Sizes and places are in bytes, places are counted from the start of the archive.
 * `ZipDirectory.parse` makes them by the ten thousand, so they are plain objects without a schema.
 *
 * @category models
 * @since 0.1.0
 */
export interface ZipEntry {
  /** Its place in the central directory, from 0. */
  readonly index: number
  /** The name as it is stored, decoded. It is not a path to write to, and two entries may have the same. */
  readonly name: string
  /** The bytes of the name; the local header must have the same. */
  readonly rawName: Uint8Array
  /** Whether the name ends in `/`; what such an entry may have as content is ignored. */
  readonly isDirectory: boolean
  readonly method: Method
  /**
   * Why it is not extracted, where the directory alone says so: `Unsupported` (encryption, the method zstd, a symbolic link),
   * `UnsafeName` (`../x`), or `Damaged`. It is listed, and costs no other entry. `undefined` for all others.
   */
  readonly refused: Reason | undefined
  /** The general purpose bit flag (APPNOTE 4.4.4). */
  readonly flags: number
  /** Whether sums and sizes are repeated behind the data, and may be missing before it (bit 3 of the flags). */
  readonly hasDescriptor: boolean
  /** The size in the archive. */
  readonly compressedSize: number
  /** The size of the content. */
  readonly size: number
  /** The CRC-32 of the content, not negative. */
  readonly crc32: number
  /** Where its local header begins. */
  readonly offset: number
  /** Where its data ends at the latest: the next entry or the central directory begins there. */
  readonly end: number
  /**
   * When the file was changed, in milliseconds since 1970. MS-DOS time has no zone and is taken as UTC, so that every
   * machine reads the same. None where no valid time is given.
   */
  readonly modified: number | undefined
}
