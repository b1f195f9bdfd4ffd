/**
 * Pictures made from a seed: a kaleidoscope of 32 × 32 tiles in 16 colours, the same for the same seed.
 *
 * @since 0.1.0
 */
import * as Seeded from "./Seeded.ts"

/** The number of tiles in a row and in a column. */
export const tilesPerSide = 32

/** A picture before it is written in a format. */
export interface Picture {
  /** 16 colours, dark to light. */
  readonly palette: ReadonlyArray<readonly [red: number, green: number, blue: number]>
  /** The colour of each tile, row by row. */
  readonly tiles: Uint8Array
}

/** The picture of a seed. */
export const fromSeed = (seed: number): Picture => {
  const next = Seeded.numbers(seed)
  const unit = () => next() / 0x1_0000_0000
  const hue = unit() * 360
  const span = (unit() < 0.5 ? -1 : 1) * (40 + unit() * 140)
  const palette = Array.from({ length: 16 }, (_, index) => {
    const t = index / 15
    return hslToRgb(hue + span * t, 0.55 + 0.3 * Math.sin(Math.PI * t), 0.1 + 0.78 * t ** 1.15)
  })

  const waves = Array.from({ length: 4 }, () => ({
    x: 0.5 + unit() * 3.5,
    y: 0.5 + unit() * 3.5,
    phase: unit() * 2 * Math.PI,
    weight: 0.5 + unit()
  }))
  const rings = 2 + unit() * 5
  const ringPhase = unit() * 2 * Math.PI
  const half = tilesPerSide / 2
  const height = (x: number, y: number): number => {
    let value = 1.4 * Math.cos(rings * Math.hypot(x, y) + ringPhase)
    for (const wave of waves) {
      value += wave.weight * Math.cos(wave.x * x * Math.PI + wave.phase) * Math.cos(wave.y * y * Math.PI + wave.phase)
    }
    return value
  }

  const quarter = new Float64Array(half * half)
  for (let row = 0; row < half; row++) {
    for (let column = 0; column <= row; column++) {
      const [x, y] = [(column + 0.5) / half, (row + 0.5) / half]
      const value = height(x, y) + height(y, x)
      quarter[row * half + column] = value
      quarter[column * half + row] = value
    }
  }
  const low = Math.min(...quarter)
  const range = Math.max(...quarter) - low || 1

  const tiles = new Uint8Array(tilesPerSide * tilesPerSide)
  for (let row = 0; row < tilesPerSide; row++) {
    for (let column = 0; column < tilesPerSide; column++) {
      const y = row < half ? half - 1 - row : row - half
      const x = column < half ? half - 1 - column : column - half
      const fade = Math.hypot(x + 0.5, y + 0.5) > half ? 0.35 : 1
      tiles[row * tilesPerSide + column] = Math.round((fade * 15 * (quarter[y * half + x]! - low)) / range)
    }
  }
  return { palette, tiles }
}

const hslToRgb = (hue: number, saturation: number, lightness: number): readonly [number, number, number] => {
  const channel = (n: number) => {
    const k = (((n + hue / 30) % 12) + 12) % 12
    const a = saturation * Math.min(lightness, 1 - lightness)
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [channel(0), channel(8), channel(4)]
}
