/**
 * Wavefront OBJ: a landscape with a block for each tile in a quarter of a picture.
 *
 * @since 0.1.0
 */
import { type Picture, tilesPerSide } from "./Picture.ts"

/** The corners of a unit block, and its six faces turned outwards. */
const corners = [
  [0, 0, 0],
  [1, 0, 0],
  [1, 0, 1],
  [0, 0, 1],
  [0, 1, 0],
  [1, 1, 0],
  [1, 1, 1],
  [0, 1, 1]
] as const
const faces = [
  [1, 2, 3, 4],
  [8, 7, 6, 5],
  [5, 6, 2, 1],
  [6, 7, 3, 2],
  [7, 8, 4, 3],
  [8, 5, 1, 4]
] as const

/** A landscape of 16 × 16 blocks, as high as their colour is light. Heights have as many digits as each other: so have the files. */
export const encode = ({ tiles }: Picture, note: string): Uint8Array => {
  const side = tilesPerSide / 2
  const lines = [`# ${note}`, "o landscape"]
  for (let block = 0; block < side * side; block++) {
    const x = block % side
    const z = Math.floor(block / side)
    const height = (1 + tiles[(z + side / 2) * tilesPerSide + x + side / 2]!) / 4
    for (const [dx, dy, dz] of corners) lines.push(`v ${x + dx} ${(dy * height).toFixed(2)} ${z + dz}`)
    for (const face of faces) lines.push(`f ${face.map((corner) => block * 8 + corner).join(" ")}`)
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`)
}
