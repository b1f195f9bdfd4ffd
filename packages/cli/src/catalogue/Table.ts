/** Things of the catalogue in lines: for a person in columns, as wide as the terminal; elsewhere between tabs, the id first. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Output } from "../output/Output.ts"
import * as Format from "../text/Format.ts"
import * as Moment from "../text/Moment.ts"
import * as Width from "../text/Width.ts"

export interface Column<A> {
  readonly title: string
  /** For a person. */
  readonly shown: (of: A) => string
  /** The same for programs. */
  readonly exact: (of: A) => string
  readonly isNumber?: boolean
}

/** So many rows decide how wide the columns are. */
const sampled = 100

const gap = "  "

/**
 * Prints each row as soon as so many have come. The last column has the room that is left, and what is too long for it is shortened.
 */
export const print = Effect.fnUntraced(function* <A, E, R>(
  rows: Stream.Stream<A, E, R>,
  columns: ReadonlyArray<Column<A>>
) {
  const { isTerminal, line } = yield* Output
  if (!isTerminal) {
    return yield* Stream.runForEach(rows, (row) => line(columns.map(({ exact }) => Format.name(exact(row))).join("\t")))
  }
  const most = process.stdout.columns || 80
  const cells = (row: A) => columns.map(({ shown }) => Width.plain(Format.name(shown(row))))
  const titles = columns.map(({ title }) => title)
  let widths: ReadonlyArray<number> | undefined
  const laidOut = (texts: ReadonlyArray<string>, [...widths]: ReadonlyArray<number>) => {
    const fixed = texts.slice(0, -1).map((text, index) => {
      const width = widths[index] ?? 0
      return columns[index]?.isNumber === true ? text.padStart(width) : Width.pad(text, width)
    })
    const room = most - fixed.reduce((sum, text) => sum + Width.of(text) + gap.length, 0)
    return [...fixed, Width.beginning(texts.at(-1) ?? "", room)].join(gap).trimEnd()
  }
  yield* Stream.runForEach(Stream.grouped(rows, sampled), (group) => {
    const texts = group.map(cells)
    const header = widths === undefined ? [titles] : []
    const all = [titles, ...texts]
    const known = (widths ??= titles.map((_, index) => Math.max(...all.map((row) => Width.of(row[index] ?? "")))))
    return line([...header, ...texts].map((row) => laidOut(row, known)).join("\n"))
  })
})

/** The day in the person's time zone. */
export const day = (at: DateTime.DateTime | undefined): string => {
  if (at === undefined) return "-"
  return DateTime.formatIsoDate(DateTime.setZone(at, Moment.localZone()))
}

export const iso = (at: DateTime.DateTime | undefined): string => (at === undefined ? "" : DateTime.formatIso(at))
