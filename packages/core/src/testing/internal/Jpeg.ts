/**
 * Baseline JPEG of pictures whose 8 × 8 blocks have one colour each: only the DC coefficients are not zero, so that
 * neither a cosine transform nor an AC table is needed.
 *
 * @since 0.1.0
 */
import { type Picture, tilesPerSide } from "../Picture.ts"
import { ascii, join, uint16 } from "./Bytes.ts"

/** A picture with 8 × 8 pixels a tile. */
export const encode = (picture: Picture, note: string): Uint8Array => {
  const side = uint16(tilesPerSide * 8)
  return join([
    Uint8Array.of(0xff, 0xd8),
    segment(0xe0, join([ascii("JFIF\0"), Uint8Array.of(1, 2, 0, 0, 1, 0, 1, 0, 0)])),
    segment(0xfe, ascii(note)),
    segment(0xdb, Uint8Array.of(0, ...new Uint8Array(64).fill(quantum))),
    segment(0xc0, Uint8Array.of(8, ...side, ...side, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)),
    segment(0xc4, Uint8Array.of(0x00, ...dcCounts, ...dcCodes.keys())),
    segment(0xc4, Uint8Array.of(0x10, 1, ...new Uint8Array(15), 0x00)),
    segment(0xda, Uint8Array.of(3, 1, 0, 2, 0, 3, 0, 0, 63, 0)),
    scan(picture),
    Uint8Array.of(0xff, 0xd9)
  ])
}

/** A block's DC coefficient is 8 times its mean; divided by 8 it is the mean. */
const quantum = 8

/** How many codes of 1, 2, … 16 bits there are for the sizes 0 to 11 of a difference (table K.3 of the standard). */
const dcCounts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]

/** The canonical code and its length for each size. */
const dcCodes: ReadonlyArray<readonly [code: number, length: number]> = (() => {
  const codes: Array<readonly [number, number]> = []
  let code = 0
  dcCounts.forEach((count, index) => {
    for (let i = 0; i < count; i++) codes.push([code++, index + 1])
    code <<= 1
  })
  return codes
})()

const segment = (marker: number, data: Uint8Array): Uint8Array =>
  join([Uint8Array.of(0xff, marker), uint16(data.length + 2), data])

const scan = ({ palette, tiles }: Picture): Uint8Array => {
  const colours = palette.map(([r, g, b]) => [
    Math.round(0.299 * r + 0.587 * g + 0.114 * b - 128),
    Math.round(-0.168736 * r - 0.331264 * g + 0.5 * b),
    Math.round(0.5 * r - 0.418688 * g - 0.081312 * b)
  ])
  const bytes: Array<number> = []
  let bits = 0
  let held = 0
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit--) {
      held = (held << 1) | ((value >>> bit) & 1)
      if (++bits < 8) continue
      bytes.push(held)
      if (held === 0xff) bytes.push(0)
      bits = 0
      held = 0
    }
  }
  const before = [0, 0, 0]
  for (const tile of tiles) {
    colours[tile]!.forEach((value, component) => {
      const difference = value - before[component]!
      before[component] = value
      const size = 32 - Math.clz32(Math.abs(difference))
      put(...dcCodes[size]!)
      put(difference < 0 ? difference + 2 ** size - 1 : difference, size)
      put(0, 1)
    })
  }
  if (bits > 0) put(0xff, 8 - bits)
  return Uint8Array.from(bytes)
}
