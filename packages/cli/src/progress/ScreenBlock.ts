/**
 * Lines at the end of what a terminal shows, which are replaced in place. The cursor rests on an empty line below them.
 *
 * A terminal that becomes narrower makes several rows of a line. The empty line is the one place where all terminals leave
 * the cursor then, so the rows above it can be counted. While lines are drawn the terminal does not wrap: one that turns out
 * too long, because a character is wider there, is cut and does not become two.
 */
import { stripVTControlCharacters } from "node:util"
import * as Width from "../text/Width.ts"

export interface ScreenBlock {
  /** Shows these lines, which must be fewer than the screen has. Writes nothing where they are there already. */
  readonly draw: (lines: ReadonlyArray<string>) => void
  /** Leaves the cursor where the block began. */
  readonly wipe: () => void
  /** What is drawn stays, for others have written below it. */
  readonly forget: () => void
}

/** What is needed of a terminal's stream. */
export interface Screen {
  readonly write: (text: string) => unknown
  readonly columns?: number | undefined
}

export const make = (screen: Screen): ScreenBlock => {
  let drawn: { readonly lines: ReadonlyArray<string>; readonly columns: number | undefined } | undefined

  const rowsDrawn = (): number => {
    const { columns } = screen
    const rows = (drawn?.lines ?? []).map((line) =>
      columns === undefined || columns === drawn?.columns ? 1 : Width.rows(stripVTControlCharacters(line), columns)
    )
    return rows.reduce((sum, one) => sum + one, 0)
  }
  /** To the beginning of what is drawn. */
  const back = (): string => `\r${up(rowsDrawn())}`
  /** The same, and nothing is left of it. Row by row: to erase a whole screen at once, tmux moves it to its history. */
  const backErasing = (): string => `\r${eraseRest}${`${up(1)}${eraseRest}`.repeat(rowsDrawn())}`
  const wipe = () => {
    if (drawn === undefined) return
    screen.write(backErasing())
    drawn = undefined
  }
  return {
    wipe,
    forget: () => void (drawn = undefined),
    draw: (lines) => {
      if (lines.length === 0) return wipe()
      const { columns } = screen
      const isInPlace = drawn !== undefined && drawn.columns === columns && drawn.lines.length === lines.length
      if (isInPlace && drawn?.lines.every((line, index) => line === lines[index])) return
      // Line by line, without a moment of emptiness, unless there are others in number or re-wrapped.
      const before = drawn === undefined || isInPlace ? back() : backErasing()
      screen.write(before + noWrap + lines.map((line) => `${eraseLine}${line}\n`).join("") + wrap)
      drawn = { lines, columns }
    }
  }
}

const eraseLine = "\u001b[2K"
const eraseRest = "\u001b[K"
const [noWrap, wrap] = ["\u001b[?7l", "\u001b[?7h"]
const up = (rows: number): string => (rows === 0 ? "" : `\u001b[${rows}A`)
