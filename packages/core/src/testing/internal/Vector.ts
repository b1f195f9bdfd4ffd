/**
 * Pictures as text: SVG, and Wavefront OBJ with a block for each tile of the middle.
 *
 * @since 0.1.0
 */
import { type Picture, tilesPerSide } from "../Picture.ts"

const bytes = (lines: ReadonlyArray<string>): Uint8Array => new TextEncoder().encode(`${lines.join("\n")}\n`)

/** Runs of one colour as rectangles. */
export const svg = ({ palette, tiles }: Picture, note: string): Uint8Array => {
  const colours = palette.map((rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`)
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 ${tilesPerSide} ${tilesPerSide}" ` +
      `shape-rendering="crispEdges">`,
    `<!-- ${note} -->`
  ]
  for (let row = 0; row < tilesPerSide; row++) {
    for (let column = 0; column < tilesPerSide;) {
      const start = column
      const tile = tiles[row * tilesPerSide + start]!
      while (column < tilesPerSide && tiles[row * tilesPerSide + column] === tile) column++
      lines.push(`<rect x="${start}" y="${row}" width="${column - start}" height="1" fill="${colours[tile]}"/>`)
    }
  }
  return bytes([...lines, "</svg>"])
}

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

/** A landscape of 16 × 16 blocks, as high as their colour is light. */
export const obj = ({ tiles }: Picture, note: string): Uint8Array => {
  const side = tilesPerSide / 2
  const lines = [`# ${note}`, "o landscape"]
  for (let block = 0; block < side * side; block++) {
    const x = block % side
    const z = Math.floor(block / side)
    const height = (1 + tiles[(z + side / 2) * tilesPerSide + x + side / 2]!) / 4
    for (const [dx, dy, dz] of corners) lines.push(`v ${x + dx} ${dy * height} ${z + dz}`)
    for (const face of faces) lines.push(`f ${face.map((corner) => block * 8 + corner).join(" ")}`)
  }
  return bytes(lines)
}
