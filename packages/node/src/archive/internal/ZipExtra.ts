/**
 * The extra field of a ZIP header: blocks of an id, a length, and so many bytes (APPNOTE 4.5).
 *
 * @since 0.1.0
 */
import { crc32 } from "@scenario-assets/core/engine/transfer/Crc32"

/**
 * The blocks that are understood, each the part of the extra field behind id and length.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extra {
  /** 0x0001: sizes and places of 64 bits (APPNOTE 4.5.3). */
  readonly zip64?: DataView
  /** 0x7075: the name in UTF-8 (APPNOTE 4.6.9). */
  readonly unicodePath?: DataView
  /** 0x5455: times in seconds since 1970, UTC. */
  readonly timestamp?: DataView
}

const none: Extra = {}

const keys: ReadonlyMap<number, keyof Extra> = new Map([
  [0x0001, "zip64"],
  [0x7075, "unicodePath"],
  [0x5455, "timestamp"]
])

/**
 * Finds the blocks in `view` from `start` to `end`, or says what is wrong: a block that ends behind the field, or one that
 * is there twice. Up to three bytes at the end that make no block are let pass, for some tools pad with them.
 *
 * @category constructors
 * @since 0.1.0
 */
export const parse = (view: DataView, start: number, end: number): Extra | string => {
  if (start === end) return none
  const extra: { -readonly [K in keyof Extra]: Extra[K] } = {}
  for (let at = start; at + 4 <= end;) {
    const key = keys.get(view.getUint16(at, true))
    const length = view.getUint16(at + 2, true)
    at += 4
    if (at + length > end) return "has an extra field that ends too late"
    if (key !== undefined) {
      if (extra[key] !== undefined) return "has an extra field twice"
      extra[key] = new DataView(view.buffer, view.byteOffset + at, length)
    }
    at += length
  }
  return extra
}

/**
 * A number of 64 bits. Those above 2^53 lose their last bits and stay above it: no archive is that large.
 *
 * @category getters
 * @since 0.1.0
 */
export const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32

/**
 * The bytes of the name in UTF-8, unless they belong to another name than the header has: tools that do not know the
 * block rename an entry and leave it.
 *
 * @category getters
 * @since 0.1.0
 */
export const unicodePath = ({ unicodePath: block }: Extra, rawName: Uint8Array): Uint8Array | undefined => {
  if (block === undefined || block.byteLength < 5 || block.getUint8(0) !== 1) return undefined
  if (block.getUint32(1, true) !== crc32.update(crc32.zero, rawName)) return undefined
  return new Uint8Array(block.buffer, block.byteOffset + 5, block.byteLength - 5)
}

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
