/** How far a transfer is, in one line of so many columns. What does not fit is left out, the least useful first. */
import type { Colors } from "../text/Colors.ts"
import * as Format from "../text/Format.ts"
import type { Reading } from "./TransferMeter.ts"

export interface Progressing extends Reading {
  /** How often it has been tried again. */
  readonly retries?: number | undefined
  /** How many connections read it. */
  readonly connections?: number | undefined
}

/** `[=====>    ]  47%  12.3 MB of 26.0 MB  45.1 MB/s  1s left  2 retries  4 connections` */
export const transfer = (state: Progressing, width: number, { done }: Pick<Colors, "done">): string => {
  const words = wordings(state).find((words) => words.length <= width) ?? ""
  const room = Math.min(longestBar, width - words.length - 3)
  if (state.size === undefined || state.size === 0 || room < shortestBar) return words.trimStart()
  const filled = bar(Math.min(1, state.done / state.size), room)
  return `[${done(filled)}${" ".repeat(room - filled.length)}] ${words}`
}

/** The same for a log, where nothing is redrawn: all words, and no bar. */
export const words = (state: Progressing): string => (wordings(state)[0] ?? "").trimStart()

/** From the longest to the shortest. */
const wordings = ({ connections = 1, done, rate, retries = 0, size }: Progressing): ReadonlyArray<string> => {
  const speed = rate > 0 ? `${Format.bytes(rate)}/s` : ""
  const again = retries > 0 ? Format.count(retries, "retry", "retries") : ""
  const several = connections > 1 ? Format.count(connections, "connection") : ""
  if (size === undefined || size === 0) {
    const amount = Format.bytes(done)
    return [[amount, speed, again, several], [amount, speed, again], [amount, speed], [amount]].map(join)
  }
  const percent = `${String(Math.floor(Math.min(1, done / size) * 100)).padStart(3)}%`
  const amounts = `${Format.bytes(done)} of ${Format.bytes(size)}`
  const left = rate > 0 && done < size ? `${Format.time(Math.max(1000, ((size - done) / rate) * 1000))} left` : ""
  return [
    [percent, amounts, speed, left, again, several],
    [percent, amounts, speed, left, again],
    [percent, amounts, speed, left],
    [percent, speed, left],
    [percent, left],
    [percent]
  ].map(join)
}

const [shortestBar, longestBar] = [8, 30]

const bar = (share: number, room: number): string =>
  share === 1 ? "=".repeat(room) : `${"=".repeat(Math.floor(share * room))}>`.slice(0, room)

const join = (parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join("  ")
