/**
 * ZIP archives written byte by byte, right by default, and wrong wherever a test asks for it: each field of each record
 * can be given another value, in the local header and in the central directory by itself.
 */
import { crc32, deflateRawSync } from "node:zlib"

/** The fields of a header. Lengths follow from name, extra field and comment unless given. */
export interface Fields {
  readonly signature: number
  /** The system in the high byte: 3 is Unix, 0 MS-DOS. Only in the central directory. */
  readonly madeBy: number
  readonly version: number
  readonly flags: number
  readonly method: number
  readonly time: number
  readonly date: number
  readonly crc32: number
  readonly compressedSize: number
  readonly size: number
  readonly name: Uint8Array
  readonly nameLength: number
  readonly extra: Uint8Array
  readonly extraLength: number
  /** Only in the central directory, like what follows. */
  readonly comment: Uint8Array
  readonly commentLength: number
  readonly disk: number
  readonly attributes: number
  readonly offset: number
}

export interface Entry {
  /** A text is written as UTF-8, and flagged where it is not ASCII; bytes are written as they are, without the flag. */
  readonly name: string | Uint8Array
  readonly content?: string | Uint8Array
  /** 8 deflates. Others leave the content as it is. */
  readonly method?: number
  /** What is written instead of the content, stored or deflated. */
  readonly data?: Uint8Array
  /** Bits that are set beside those that follow from the rest. */
  readonly flags?: number
  /** Type and permissions of Unix, such as `0o120777` for a symbolic link. */
  readonly mode?: number
  /** Sizes and place in ZIP64 fields. */
  readonly zip64?: boolean
  /** Checksum and sizes behind the data and 0 before it; with the signature or without, in 32 or 64 bits. */
  readonly descriptor?: "signed" | "bare" | "signed64" | "bare64"
  /** What the descriptor says, where it is not the truth. */
  readonly described?: Partial<Pick<Fields, "crc32" | "compressedSize" | "size">>
  /** Blocks of the extra field, in both headers. */
  readonly extra?: Uint8Array
  /** Bytes in front of the local header that belong to nothing. */
  readonly gap?: Uint8Array
  readonly local?: Partial<Fields>
  readonly central?: Partial<Fields>
}

export interface End {
  readonly signature: number
  readonly disk: number
  readonly directoryDisk: number
  readonly entriesOnDisk: number
  readonly entries: number
  readonly size: number
  readonly offset: number
}

export interface Options {
  /** Bytes before the archive, of which no offset knows. */
  readonly prefix?: Uint8Array
  /** Bytes after it. */
  readonly suffix?: Uint8Array
  readonly comment?: Uint8Array
  readonly commentLength?: number
  /** Bytes between the directory and the end record. */
  readonly gap?: Uint8Array
  readonly zip64?: boolean
  readonly end?: Partial<End>
  /** `extension` is what follows its fields. */
  readonly end64?: Partial<
    End & { readonly recordSize: number; readonly version: number; readonly extension: Uint8Array }
  >
  readonly locator?: Partial<{ readonly disk: number; readonly offset: number; readonly disks: number }>
}

/** An archive and where its parts begin. */
export interface Made {
  readonly bytes: Uint8Array
  readonly locals: ReadonlyArray<number>
  readonly centrals: ReadonlyArray<number>
  readonly directory: number
  /** Where the directory ends, and the end records begin. */
  readonly directoryEnd: number
  readonly end: number
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

export const make = (entries: ReadonlyArray<Entry>, options: Options = {}): Made => {
  const out = new Writer()
  const prefix = options.prefix ?? new Uint8Array(0)
  out.add(prefix)
  const headers = entries.map((entry) => {
    if (entry.gap !== undefined) out.add(entry.gap)
    const at = out.size
    const { central, data, descriptor, local } = headersOf(entry, at - prefix.length)
    out.add(local, data, descriptor)
    return { at, central }
  })
  const directory = out.size
  const centrals = headers.map(({ central }) => {
    const at = out.size
    out.add(central)
    return at
  })
  const directoryEnd = out.size
  if (options.gap !== undefined) out.add(options.gap)
  const truth: End = {
    signature: 0x06054b50,
    disk: 0,
    directoryDisk: 0,
    entriesOnDisk: entries.length,
    entries: entries.length,
    size: directoryEnd - directory,
    offset: directory - prefix.length
  }
  if (options.zip64 === true) out.add(...end64Of(truth, options, out.size - prefix.length))
  const end = out.size
  out.add(endOf(truth, options))
  if (options.suffix !== undefined) out.add(options.suffix)
  return { bytes: out.toBytes(), locals: headers.map(({ at }) => at), centrals, directory, directoryEnd, end }
}

/** A block of an extra field. */
export const block = (id: number, ...data: ReadonlyArray<Uint8Array>): Uint8Array => {
  const length = data.reduce((sum, { length }) => sum + length, 0)
  return concat(u16(id), u16(length), ...data)
}

/** The block of a name in UTF-8 (0x7075), for the bytes of the name in the header. */
export const unicodePath = (rawName: Uint8Array, name: string | Uint8Array, sum = crc32(rawName)): Uint8Array =>
  block(0x7075, Uint8Array.of(1), u32(sum), typeof name === "string" ? text(name) : name)

/** The block of the time a file was changed (0x5455), in seconds since 1970. */
export const timestamp = (seconds: number): Uint8Array => block(0x5455, Uint8Array.of(1), u32(seconds))

export const u16 = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8)
export const u32 = (value: number): Uint8Array => Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24)
export const u64 = (value: number): Uint8Array => concat(u32(value % 2 ** 32), u32(Math.floor(value / 2 ** 32)))
export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => joined(parts)

/** In an array of bytes that is no `Buffer`, without a copy between. */
const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const utf8 = 0x0800
const hasDescriptor = 0x0008
const limit32 = 0xffff_ffff
const none = new Uint8Array(0)

const headersOf = (entry: Entry, offset: number) => {
  const content = bytesOf(entry.content ?? none)
  const name = bytesOf(entry.name)
  const method = entry.method ?? 0
  const data = entry.data ?? (method === 8 ? deflateRawSync(content) : content)
  const isFlagged = typeof entry.name === "string" && name.some((byte) => byte >= 128)
  const extra = entry.extra ?? none
  const truth: Fields = {
    signature: 0x04034b50,
    madeBy: (3 << 8) | 45,
    version: entry.zip64 === true ? 45 : 20,
    flags: (isFlagged ? utf8 : 0) | (entry.descriptor === undefined ? 0 : hasDescriptor) | (entry.flags ?? 0),
    method,
    // 2026-01-02 12:34:56
    time: (12 << 11) | (34 << 5) | 28,
    date: (46 << 9) | (1 << 5) | 2,
    crc32: crc32(content),
    compressedSize: data.length,
    size: content.length,
    name,
    nameLength: name.length,
    extra,
    extraLength: extra.length,
    comment: none,
    commentLength: 0,
    disk: 0,
    attributes: (entry.mode ?? (String(entry.name).endsWith("/") ? 0o040755 : 0o100644)) * 2 ** 16,
    offset
  }
  const sizes64 = entry.zip64 === true ? { size: limit32, compressedSize: limit32 } : {}
  const central = {
    ...truth,
    signature: 0x02014b50,
    ...sizes64,
    ...(entry.zip64 === true ? { offset: limit32 } : {}),
    extra: entry.zip64 === true ? concat(block(1, u64(truth.size), u64(data.length), u64(offset)), extra) : extra,
    ...entry.central
  }
  const known = entry.descriptor === undefined ? truth : { ...truth, crc32: 0, size: 0, compressedSize: 0 }
  const local = {
    ...known,
    ...sizes64,
    extra: entry.zip64 === true ? concat(block(1, u64(known.size), u64(known.compressedSize)), extra) : extra,
    ...entry.local
  }
  return {
    local: localOf(withLengths(local, entry.local)),
    central: centralOf(withLengths(central, entry.central)),
    data,
    descriptor: entry.descriptor === undefined ? none : descriptorOf(entry.descriptor, { ...truth, ...entry.described })
  }
}

const withLengths = (fields: Fields, given: Partial<Fields> = {}): Fields => ({
  ...fields,
  nameLength: given.nameLength ?? fields.name.length,
  extraLength: given.extraLength ?? fields.extra.length,
  commentLength: given.commentLength ?? fields.comment.length
})

const localOf = (fields: Fields): Uint8Array =>
  concat(
    u32(fields.signature),
    ...[fields.version, fields.flags, fields.method, fields.time, fields.date].map(u16),
    ...[fields.crc32, fields.compressedSize, fields.size].map(u32),
    ...[fields.nameLength, fields.extraLength].map(u16),
    fields.name,
    fields.extra
  )

const centralOf = (fields: Fields): Uint8Array =>
  concat(
    u32(fields.signature),
    ...[fields.madeBy, fields.version, fields.flags, fields.method, fields.time, fields.date].map(u16),
    ...[fields.crc32, fields.compressedSize, fields.size].map(u32),
    ...[fields.nameLength, fields.extraLength, fields.commentLength, fields.disk, 0].map(u16),
    ...[fields.attributes, fields.offset].map(u32),
    fields.name,
    fields.extra,
    fields.comment
  )

const descriptorOf = (kind: NonNullable<Entry["descriptor"]>, fields: Fields): Uint8Array =>
  concat(
    kind.startsWith("signed") ? u32(0x08074b50) : none,
    u32(fields.crc32),
    ...[fields.compressedSize, fields.size].map(kind.endsWith("64") ? u64 : u32)
  )

const end64Of = (truth: End, options: Options, at: number): ReadonlyArray<Uint8Array> => {
  const { extension = none } = options.end64 ?? {}
  const fixed = { signature: 0x06064b50, recordSize: 44 + extension.length, version: 45 }
  const record = { ...truth, ...fixed, ...options.end64 }
  const locator = { disk: 0, offset: at, disks: 1, ...options.locator }
  return [
    u32(record.signature),
    u64(record.recordSize),
    u16((3 << 8) | record.version),
    u16(record.version),
    ...[record.disk, record.directoryDisk].map(u32),
    ...[record.entriesOnDisk, record.entries, record.size, record.offset].map(u64),
    extension,
    u32(0x07064b50),
    u32(locator.disk),
    u64(locator.offset),
    u32(locator.disks)
  ]
}

const endOf = (truth: End, options: Options): Uint8Array => {
  const narrow =
    options.zip64 === true ? { entriesOnDisk: 0xffff, entries: 0xffff, size: limit32, offset: limit32 } : {}
  const record = { ...truth, ...narrow, ...options.end }
  const comment = options.comment ?? none
  return concat(
    u32(record.signature),
    ...[record.disk, record.directoryDisk, record.entriesOnDisk, record.entries].map(u16),
    ...[record.size, record.offset].map(u32),
    u16(options.commentLength ?? comment.length),
    comment
  )
}

const bytesOf = (value: string | Uint8Array): Uint8Array => (typeof value === "string" ? text(value) : value)

class Writer {
  size = 0
  readonly #parts: Array<Uint8Array> = []

  add(...parts: ReadonlyArray<Uint8Array>): void {
    for (const part of parts) {
      this.#parts.push(part)
      this.size += part.length
    }
  }

  toBytes(): Uint8Array {
    return joined(this.#parts)
  }
}
