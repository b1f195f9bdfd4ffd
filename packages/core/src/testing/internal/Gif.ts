/**
 * GIF without compression: a clear code comes before the code width could grow, so that every pixel is 5 bits.
 *
 * @since 0.1.0
 */
import { type Picture, tilesPerSide } from "../Picture.ts"
import { ascii, join } from "./Bytes.ts"

const scale = 8
const side = tilesPerSide * scale

/** A picture with 8 × 8 pixels a tile. */
export const encode = (picture: Picture, note: string): Uint8Array => {
  const size = Uint8Array.of(side & 0xff, side >>> 8)
  return join([
    ascii("GIF89a"),
    size,
    size,
    Uint8Array.of(0b1_011_0_011, 0, 0),
    Uint8Array.from(picture.palette.flat()),
    Uint8Array.of(0x21, 0xfe),
    blocks(ascii(note)),
    Uint8Array.of(0x2c, 0, 0, 0, 0),
    size,
    size,
    Uint8Array.of(0, 4),
    blocks(codes(picture)),
    Uint8Array.of(0x3b)
  ])
}

/** Sub-blocks of at most 255 bytes, and the empty one that ends them. */
const blocks = (data: Uint8Array): Uint8Array => {
  const parts: Array<Uint8Array> = []
  for (let at = 0; at < data.length; at += 255) {
    const block = data.subarray(at, at + 255)
    parts.push(Uint8Array.of(block.length), block)
  }
  return join([...parts, Uint8Array.of(0)])
}

const clear = 16
const stop = 17

/** A decoder learns one code a pixel from the second on, and goes over to 6 bits at the code 32. */
const pixelsPerClear = 14

const codes = ({ tiles }: Picture): Uint8Array => {
  const count = side * side
  const bytes = new Uint8Array(Math.ceil(((count + Math.ceil(count / pixelsPerClear) + 1) * 5) / 8))
  let at = 0
  const put = (code: number) => {
    const shifted = code << (at & 7)
    bytes[at >>> 3]! |= shifted & 0xff
    if (shifted > 0xff) bytes[(at >>> 3) + 1]! |= shifted >>> 8
    at += 5
  }
  for (let pixel = 0; pixel < count; pixel++) {
    if (pixel % pixelsPerClear === 0) put(clear)
    const row = Math.floor(pixel / side / scale)
    const column = Math.floor((pixel % side) / scale)
    put(tiles[row * tilesPerSide + column]!)
  }
  put(stop)
  return bytes
}
