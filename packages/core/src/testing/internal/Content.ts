/**
 * Bytes that need not exist: of known size and CRC-32, readable at any place. An archive of gigabytes is a few
 * thousand small values, and nothing of it is held in memory.
 *
 * @since 0.1.0
 */
import * as Crc from "../../transfer/internal/Crc.ts"
import { crc32 } from "../../transfer/internal/Crc32.ts"
import * as Seeded from "./Seeded.ts"

/**
 * Bytes of known size, readable at any place.
 *
 * @category models
 * @since 0.1.0
 */
export interface Content {
  /** In bytes. */
  readonly size: number
  /** The CRC-32 of all bytes, made when first asked for. */
  readonly crc32: number
  /** Any CRC of all bytes, made from those of the parts, which `of` gives. */
  readonly sum: Sum
  /** The bytes from `from` (inclusive) to `to` (exclusive), in pieces that must not be changed. */
  readonly read: Read
}

type Sum = <A>(crc: Crc.Crc<A>, of: (part: Content) => A) => A
type Read = (from: number, to: number) => Iterable<Uint8Array>

const make = (size: number, sum: Sum, read: Read, known?: number): Content => {
  let sum32 = known
  return {
    size,
    get crc32() {
      return (sum32 ??= sum(crc32, (part) => part.crc32))
    },
    sum,
    read
  }
}

export const empty: Content = make(
  0,
  ({ zero }) => zero,
  () => []
)

export const fromBytes = (bytes: Uint8Array): Content =>
  make(
    bytes.length,
    ({ update, zero }) => update(zero, bytes),
    (from, to) => [from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)]
  )

export const fromText = (text: string): Content => fromBytes(new TextEncoder().encode(text))

/** Bytes that can be made again: once now, for their size and sum, and once more for each reading. */
export const lazy = (produce: () => Uint8Array): Content => {
  const bytes = produce()
  return make(
    bytes.length,
    ({ update, zero }) => update(zero, produce()),
    function* (from, to) {
      yield produce().subarray(from, to)
    },
    crc32.update(crc32.zero, bytes)
  )
}

/** A block again and again, until `size` is reached; the last one may be cut. */
export const repeat = (block: Uint8Array, size: number): Content => {
  const sum: Sum = (crc) => {
    const rest = size % block.length
    const whole = Crc.repeat(crc, crc.update(crc.zero, block), block.length, (size - rest) / block.length)
    return rest === 0 ? whole : crc.combine(whole, crc.update(crc.zero, block.subarray(0, rest)), rest)
  }
  return make(size, sum, function* (from, to) {
    for (let at = from; at < to;) {
      const start = at % block.length
      const piece = start === 0 && to - at >= block.length ? block : block.subarray(start, start + to - at)
      yield piece
      at += piece.length
    }
  })
}

/** One content after the other. */
export const concat = (parts: ReadonlyArray<Content>): Content => {
  const starts = new Float64Array(parts.length)
  let size = 0
  parts.forEach((part, index) => {
    starts[index] = size
    size += part.size
  })
  const sum: Sum = ({ combine, zero }, of) => parts.reduce((sum, part) => combine(sum, of(part), part.size), zero)
  return make(size, sum, function* (from, to) {
    let index = lastAtMost(starts, from)
    for (let part = parts[index]; part !== undefined; part = parts[++index]) {
      const start = starts[index]!
      if (start >= to) return
      const begin = Math.max(0, from - start)
      const end = Math.min(part.size, to - start)
      if (begin < end) yield* part.read(begin, end)
    }
  })
}

/** The same bytes but for one, whose lowest bit is turned over. */
export const corrupt = (self: Content, at: number): Content => {
  const read: Read = function* (from, to) {
    let start = from
    for (const piece of self.read(from, to)) {
      const index = at - start
      yield index >= 0 && index < piece.length ? piece.with(index, piece[index]! ^ 1) : piece
      start += piece.length
    }
  }
  return make(self.size, ({ update, zero }) => [...read(0, self.size)].reduce(update, zero), read)
}

/** The last index whose value is at most `value`; 0 when there is none. */
const lastAtMost = (sorted: Float64Array, value: number): number => {
  let low = 0
  let high = sorted.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (sorted[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** How large the pieces of {@link chunks} are: 256 KiB. */
export const chunkSize = 256 * 1024

/**
 * The bytes from `from` to `to` as a sender wants them: in chunks of at most `size` (default {@link chunkSize}), small
 * pieces collected, large ones handed on without a copy. With `reuse` a chunk is good only until the next one is asked
 * for: fresh memory costs more than the bytes in it.
 */
export function* chunks(
  content: Content,
  from = 0,
  to = content.size,
  { reuse = false, size = chunkSize }: { readonly reuse?: boolean; readonly size?: number } = {}
): IterableIterator<Uint8Array> {
  let buffer = new Uint8Array(0)
  let used = 0
  for (const piece of content.read(from, to)) {
    const large = piece.length >= size / 2
    if (used > 0 && (large || used + piece.length > size)) {
      yield buffer.subarray(0, used)
      used = 0
      if (!reuse) buffer = new Uint8Array(0)
    }
    if (large) {
      for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size)
    } else {
      if (buffer.length === 0) buffer = new Uint8Array(Math.min(size, to - from))
      buffer.set(piece, used)
      used += piece.length
    }
  }
  if (used > 0) yield buffer.subarray(0, used)
}

/** The bytes from `from` to `to` at once; for small parts. */
export const toBytes = (content: Content, from = 0, to = content.size): Uint8Array<ArrayBuffer> => {
  const result = new Uint8Array(to - from)
  let at = 0
  for (const piece of content.read(from, to)) {
    result.set(piece, at)
    at += piece.length
  }
  return result
}

/** A block of {@link chunkSize} bytes that no compressor makes smaller, the same for the same seed. */
export const noise = (seed: number): Uint8Array => {
  const next = Seeded.numbers(seed)
  const words = new Uint32Array(chunkSize / 4)
  for (let i = 0; i < words.length; i++) words[i] = next()
  return new Uint8Array(words.buffer)
}
