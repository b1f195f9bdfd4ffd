/**
 * ZIP files that are described, not made: stored entries with sizes and sums in front, a central directory, ZIP64 where
 * it is needed. The bytes come into being as they are read.
 *
 * @since 0.1.0
 */
import * as Content from "./Content.ts"

/** One file in a ZIP. */
export interface Entry {
  /** With `/` between directories. */
  readonly name: string
  readonly content: Content.Content
}

/** From this size on a ZIP needs ZIP64: 4 GiB − 1. */
export const sizeOfZip64 = 0xffff_ffff

/**
 * Lays out a ZIP of stored entries, in the order given. ZIP64 fields are written where the file needs them or where one
 * asks for them, and a ZIP64 end record also from 65,535 entries on.
 */
export const make = (
  entries: ReadonlyArray<Entry>,
  options: { readonly zip64?: boolean | undefined } = {}
): Content.Content => {
  const names = entries.map(({ name }) => encoder.encode(name))
  const data = entries.reduce((size, { content }) => size + content.size, 0)
  const large = options.zip64 === true || data + overheadOf(names, false) >= sizeOfZip64
  const locals = new Writer(names.reduce((size, name) => size + localSize(name, large), 0))
  const central = new Writer(names.reduce((size, name) => size + centralSize(name, large), 0))
  const parts: Array<Content.Content> = []
  let offset = 0
  entries.forEach(({ content }, index) => {
    const name = names[index]!
    const start = locals.at
    writeLocal(locals, name, content, large)
    writeCentral(central, name, content, large, offset)
    parts.push(Content.fromBytes(locals.bytes.subarray(start, locals.at)), content)
    offset += localSize(name, large) + content.size
  })
  const end = new Writer(endSize(names.length, large))
  writeEnd(end, names.length, large, offset, central.bytes.length)
  return Content.concat([...parts, Content.fromBytes(central.bytes), Content.fromBytes(end.bytes)])
}

/** How many bytes a ZIP spends on things other than the data of entries with these names. */
export const overhead = (names: ReadonlyArray<string>, zip64: boolean): number =>
  overheadOf(
    names.map((name) => encoder.encode(name)),
    zip64
  )

const encoder = new TextEncoder()
const limit32 = sizeOfZip64
const limit16 = 0xffff

const localSize = (name: Uint8Array, large: boolean) => 30 + name.length + (large ? 20 : 0)
const centralSize = (name: Uint8Array, large: boolean) => 46 + name.length + (large ? 28 : 0)
const endSize = (count: number, large: boolean) => (large || count >= limit16 ? 56 + 20 + 22 : 22)

const overheadOf = (names: ReadonlyArray<Uint8Array>, large: boolean): number =>
  names.reduce((size, name) => size + localSize(name, large) + centralSize(name, large), 0) +
  endSize(names.length, large)

/** Little-endian numbers one after the other. */
class Writer {
  readonly bytes: Uint8Array
  readonly view: DataView
  at = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.view = new DataView(this.bytes.buffer)
  }

  u16(...values: ReadonlyArray<number>): this {
    for (const value of values) {
      this.view.setUint16(this.at, value, true)
      this.at += 2
    }
    return this
  }

  u32(...values: ReadonlyArray<number>): this {
    for (const value of values) {
      this.view.setUint32(this.at, value, true)
      this.at += 4
    }
    return this
  }

  u64(...values: ReadonlyArray<number>): this {
    for (const value of values) this.u32(value % 2 ** 32, Math.floor(value / 2 ** 32))
    return this
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
    return this
  }
}

/** Versions of the format: 2.0 for directories in names, 4.5 for ZIP64. */
const version = (large: boolean) => (large ? 45 : 20)
/** Bit 11: names are UTF-8. */
const flags = 0x0800
const stored = 0
/** 2026-01-01 12:00:00, as MS-DOS writes time and date. */
const modified = [12 << 11, (46 << 9) | (1 << 5) | 1] as const

const writeLocal = (out: Writer, name: Uint8Array, { crc32, size }: Content.Content, large: boolean): void => {
  const size32 = large ? limit32 : size
  out
    .u32(0x04034b50)
    .u16(version(large), flags, stored, ...modified)
    .u32(crc32, size32, size32)
    .u16(name.length, large ? 20 : 0)
    .raw(name)
  if (large) out.u16(1, 16).u64(size, size)
}

const writeCentral = (
  out: Writer,
  name: Uint8Array,
  { crc32, size }: Content.Content,
  large: boolean,
  offset: number
): void => {
  const size32 = large ? limit32 : size
  const madeBy = (3 << 8) | version(large)
  const regularFile = (0o100644 << 16) >>> 0
  out
    .u32(0x02014b50)
    .u16(madeBy, version(large), flags, stored, ...modified)
    .u32(crc32, size32, size32)
    .u16(name.length, large ? 28 : 0, 0, 0, 0)
    .u32(regularFile, large ? limit32 : offset)
    .raw(name)
  if (large) out.u16(1, 24).u64(size, size, offset)
}

const writeEnd = (out: Writer, count: number, large: boolean, offset: number, size: number): void => {
  if (large || count >= limit16) {
    const madeBy = (3 << 8) | 45
    out.u32(0x06064b50).u64(44).u16(madeBy, 45).u32(0, 0).u64(count, count, size, offset)
    out
      .u32(0x07064b50, 0)
      .u64(offset + size)
      .u32(1)
  }
  const count16 = Math.min(count, limit16)
  out
    .u32(0x06054b50)
    .u16(0, 0, count16, count16)
    .u32(Math.min(size, limit32), large ? limit32 : offset)
    .u16(0)
}
