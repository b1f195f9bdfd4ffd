/**
 * PNG with 16 colours and no compression, and PNG of any size: a picture followed by private chunks of noise.
 *
 * @since 0.1.0
 */
import { crc32 } from "../../transfer/internal/Crc32.ts"
import { ascii, join, uint32 } from "./Bytes.ts"
import * as Content from "./Content.ts"
import { type Picture, tilesPerSide } from "./Picture.ts"

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** A picture with `scale` × `scale` pixels a tile, `scale` being 1 or even. */
export const encode = (picture: Picture, scale: number, note: string): Uint8Array => {
  const side = tilesPerSide * scale
  return join([
    signature,
    chunk("IHDR", join([uint32(side), uint32(side), Uint8Array.of(4, 3, 0, 0, 0)])),
    chunk("PLTE", Uint8Array.from(picture.palette.flat())),
    chunk("tEXt", ascii(`Comment\0${note}`)),
    chunk("IDAT", zlib(scanlines(picture, scale))),
    end
  ])
}

/**
 * The largest picture that fits in `size` bytes, filled up with noise; none when not even the smallest fits. Small files
 * are made at once, so that sending them costs one piece each.
 */
export const padded = (
  picture: Picture,
  note: string,
  noise: Uint8Array,
  size: number
): Content.Content | undefined => {
  for (const scale of [8, 4, 2, 1]) {
    const bytes = encode(picture, scale, note)
    const rest = size - bytes.length
    if (rest === 0) return Content.fromBytes(bytes)
    if (rest < overhead) continue
    const beforeEnd = bytes.subarray(0, bytes.length - end.length)
    const file = Content.concat([Content.fromBytes(beforeEnd), ...padding(noise, rest), Content.fromBytes(end)])
    return file.size <= Content.chunkSize / 4 ? Content.fromBytes(Content.toBytes(file)) : file
  }
  return undefined
}

/** Length, type and CRC of a chunk. */
const overhead = 12

/** A chunk may hold up to 2³¹ − 1 bytes; these hold at most 1 GiB. */
const largestPadding = 2 ** 30

/** Chunks of `size` bytes in all, of a type that is ancillary, private and safe to copy. */
const padding = (noise: Uint8Array, size: number): ReadonlyArray<Content.Content> => {
  const parts: Array<Content.Content> = []
  for (let left = size; left > 0;) {
    const next = left <= largestPadding ? left : Math.min(largestPadding, left - overhead)
    const data = Content.repeat(noise, next - overhead)
    const type = ascii("paDd")
    const crc = crc32.combine(crc32.update(0, type), data.crc32, data.size)
    parts.push(Content.fromBytes(join([uint32(data.size), type])), data, Content.fromBytes(uint32(crc)))
    left -= next
  }
  return parts
}

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = join([ascii(type), data])
  return join([uint32(data.length), body, uint32(crc32.update(0, body))])
}

const end = chunk("IEND", new Uint8Array(0))

/** Two pixels a byte, each line after a zero that means "not filtered". */
const scanlines = ({ tiles }: Picture, scale: number): Uint8Array => {
  const width = (tilesPerSide * scale) / 2
  const lines = new Uint8Array((width + 1) * tilesPerSide * scale)
  let at = 0
  for (let row = 0; row < tilesPerSide; row++) {
    const first = at
    at++
    for (let x = 0; x < width; x++) {
      const left = tiles[row * tilesPerSide + Math.floor((2 * x) / scale)]!
      const right = tiles[row * tilesPerSide + Math.floor((2 * x + 1) / scale)]!
      lines[at++] = (left << 4) | right
    }
    for (let copy = 1; copy < scale; copy++) {
      lines.copyWithin(at, first, first + width + 1)
      at += width + 1
    }
  }
  return lines
}

/** A zlib stream of stored blocks. */
const zlib = (data: Uint8Array): Uint8Array => {
  const parts: Array<Uint8Array> = [Uint8Array.of(0x78, 0x01)]
  for (let at = 0; at < data.length; at += 0xffff) {
    const block = data.subarray(at, at + 0xffff)
    const [low, high] = [block.length & 0xff, block.length >>> 8]
    const last = at + 0xffff >= data.length ? 1 : 0
    parts.push(Uint8Array.of(last, low, high, low ^ 0xff, high ^ 0xff), block)
  }
  return join([...parts, uint32(adler32(data))])
}

const adler32 = (data: Uint8Array): number => {
  let [a, b] = [1, 0]
  for (let at = 0; at < data.length;) {
    for (const stop = Math.min(at + 3800, data.length); at < stop; at++) {
      a += data[at]!
      b += a
    }
    a %= 65521
    b %= 65521
  }
  return ((b << 16) | a) >>> 0
}
