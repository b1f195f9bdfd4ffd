/**
 * The extra field of a ZIP header: blocks of an id, a length, and so many bytes (APPNOTE 4.5).
 *
 * @since 0.1.0
 */
import { crc32 } from "@scenario-assets/core/engine/transfer/Crc32"

/**
 * The blocks that are understood, each the part of the extra field behind id and length. A block that is there twice counts
 * by its first one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extra {
  /** 0x0001: sizes and places of 64 bits (APPNOTE 4.5.3). */
  readonly zip64?: DataView
  /** Whether there is another ZIP64 block, and it says something else. */
  readonly zip64Differs?: boolean
  /** 0x7075: the name in UTF-8 (APPNOTE 4.6.9). */
  readonly unicodePaths?: ReadonlyArray<DataView>
  /** 0x5455: times in seconds since 1970, UTC. */
  readonly timestamp?: DataView
}

const none: Extra = {}

/**
 * Finds the blocks in `view` from `start` to `end`. What makes no block is ignored, for tools pad the field or cut it: the
 * bytes behind a block that would end too late, and up to three at the end.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (view: DataView, start: number, end: number): Extra => {
  if (start === end) return none
  let extra = none
  for (let at = start; at + 4 <= end;) {
    const id = view.getUint16(at, true)
    const length = view.getUint16(at + 2, true)
    at += 4
    if (at + length > end) break
    if (id === 0x0001 || id === 0x7075 || id === 0x5455) {
      extra = withBlock(extra, id, new DataView(view.buffer, view.byteOffset + at, length))
    }
    at += length
  }
  return extra
}

const withBlock = (extra: Extra, id: number, block: DataView): Extra => {
  if (id === 0x7075) return { ...extra, unicodePaths: [...(extra.unicodePaths ?? []), block] }
  if (id === 0x5455) return extra.timestamp === undefined ? { ...extra, timestamp: block } : extra
  if (extra.zip64 === undefined) return { ...extra, zip64: block }
  return isEqual(extra.zip64, block) ? extra : { ...extra, zip64Differs: true }
}

const isEqual = (a: DataView, b: DataView): boolean =>
  bytesOf(a).every((byte, index) => byte === bytesOf(b)[index]) && a.byteLength === b.byteLength

const bytesOf = ({ buffer, byteLength, byteOffset }: DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

/**
 * A number of 64 bits. Those above 2^53 lose their last bits and stay above it: no archive is that large.
 *
 * @category getters
 * @since 0.1.0
 */
export const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32

/**
 * The names in UTF-8, without those that belong to another name than the header has (tools that do not know the block rename
 * an entry and leave it), and those that are no UTF-8.
 *
 * @category getters
 * @since 0.1.0
 */
export const unicodePaths = ({ unicodePaths: blocks }: Extra, rawName: Uint8Array): ReadonlyArray<string> => {
  if (blocks === undefined) return []
  const names = blocks.flatMap((block) => {
    if (block.byteLength <= 5 || block.getUint8(0) !== 1) return []
    return block.getUint32(1, true) === crc32.update(crc32.zero, rawName)
      ? (decodeUtf8(bytesOf(block).subarray(5)) ?? [])
      : []
  })
  return [...new Set(names)]
}

/**
 * The text of bytes that are UTF-8; none where they are not.
 *
 * @category combinators
 * @since 0.1.0
 */
export const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * When the file was changed, in milliseconds since 1970.
 *
 * @category getters
 * @since 0.1.0
 */
export const modified = ({ timestamp }: Extra): number | undefined =>
  timestamp !== undefined && timestamp.byteLength >= 5 && (timestamp.getUint8(0) & 1) === 1
    ? timestamp.getInt32(1, true) * 1000
    : undefined
