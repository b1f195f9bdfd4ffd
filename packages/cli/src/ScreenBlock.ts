/**
 * Lines at the end of what a terminal shows, which are replaced in place.
 *
 * The cursor rests at their beginning, not behind them. So there is nothing to count when they are to be wiped: everything
 * from the cursor on is. A terminal that has become narrower has made of each line as many as it thought right, and its
 * cursor still stands where the first one begins. While lines are drawn the terminal does not wrap, so that one which
 * turns out too long, because a character is wider there, is cut and does not become two.
 */
export interface ScreenBlock {
  /** Shows these lines, which must be fewer than the screen has. Writes nothing where they are there already. */
  readonly draw: (lines: ReadonlyArray<string>) => void
  /** Leaves the cursor where the block began. */
  readonly wipe: () => void
}

/** What is needed of a terminal's stream. */
export interface Screen {
  readonly write: (text: string) => unknown
  readonly columns?: number | undefined
}

export const make = (screen: Screen): ScreenBlock => {
  let drawn: { readonly lines: ReadonlyArray<string>; readonly columns: number | undefined } | undefined
  const wipe = () => {
    if (drawn === undefined) return
    drawn = undefined
    screen.write(eraseBelow)
  }
  return {
    wipe,
    draw: (lines) => {
      if (lines.length === 0) return wipe()
      const { columns } = screen
      const isInPlace = drawn !== undefined && drawn.columns === columns && drawn.lines.length === lines.length
      if (isInPlace && drawn?.lines.every((line, index) => line === lines[index])) return
      // Line by line, without a moment of emptiness, unless there are others in number or re-wrapped.
      const before = drawn === undefined || isInPlace ? "\r" : eraseBelow
      const text = lines.map((line) => eraseLine + line).join("\n")
      screen.write(`${before}${noWrap}${text}${wrap}\r${up(lines.length - 1)}`)
      drawn = { lines, columns }
    }
  }
}

const eraseBelow = "\r\u001b[J"
const eraseLine = "\u001b[2K"
const [noWrap, wrap] = ["\u001b[?7l", "\u001b[?7h"]
const up = (lines: number): string => (lines === 0 ? "" : `\u001b[${lines}A`)
