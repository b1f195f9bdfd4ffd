/** What is under way, in few lines for a terminal: one for each task, and one for all of several. */
import type { Colors } from "../text/Colors.ts"
import * as Format from "../text/Format.ts"
import * as Width from "../text/Width.ts"
import * as ProgressLine from "./ProgressLine.ts"
import type { Overview, Task } from "./Tasks.ts"

export interface Files {
  readonly expected: number
  readonly completed: number
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Tasks that are shown, of however many. */
const most = 8

export const lines = (
  { all, ended, isWaiting, open, total }: Overview,
  files: Files,
  size: Size,
  colors: Colors
): ReadonlyArray<string> => {
  // The last column stays free: some terminals wrap as soon as it is written to.
  const width = size.columns - 1
  const tally = files.expected > 1 ? `${files.completed}/${files.expected} files` : ""
  const [only] = open
  if (total < 2) {
    return only === undefined ? [] : [alone(only, tally, width, colors)]
  }
  if (only === undefined && files.completed >= files.expected) return []

  // Above the block there is room for a line of what was told, and below it for the cursor.
  const room = Math.max(0, Math.min(most, size.rows - 4))
  const shown = open.slice(0, room)
  const more = open.length - shown.length
  const sum = tally === "" || isWaiting ? `${ended}/${total} done` : tally
  const labels = [...shown.map(({ id }) => label(id)), sum]
  const labelWidth = Math.min(Math.max(...labels.map(Width.of)), Math.max(shortestLabel, Math.floor(width / 5)))
  const rest = Math.max(0, width - labelWidth - 2)
  const row = (name: string, text: string, shorten = Width.shorten) =>
    text === "" || rest === 0 ? shorten(name, width) : `${Width.pad(shorten(name, labelWidth), labelWidth)}  ${text}`
  return [
    ...shown.map((task) =>
      row(
        label(task.id),
        task.progress === undefined ? waiting(task, rest) : ProgressLine.transfer(task.progress, rest, colors)
      )
    ),
    ...(more > 0 ? [colors.faint(Width.shorten(`… and ${more} more`, width))] : []),
    row(sum, all === undefined ? "" : ProgressLine.transfer(all, rest, colors), shortTally)
  ]
}

/** `124/200 files`, of which the word is left out first, and then the total. */
const shortTally = (tally: string, columns: number): string =>
  [tally, tally.replace(/ .*$/, ""), tally.replace(/\/.*$/, "")].find((text) => Width.of(text) <= columns) ?? ""

const shortestLabel = 8

/** Where there is but one, whose name has been told, its name can be left out first. */
const alone = (task: Task, tally: string, width: number, colors: Colors): string => {
  if (task.progress === undefined) {
    const text = waiting(task, width)
    const name = Width.shorten(label(task.id), width - Width.of(text) - 2)
    return `${name}  ${text}`.trim()
  }
  const count = tally === "" ? "" : `${tally}  `
  return width - count.length < 4
    ? ProgressLine.transfer(task.progress, width, colors)
    : count + ProgressLine.transfer(task.progress, width - count.length, colors)
}

const waiting = ({ waiting }: Task, width: number): string => {
  if (waiting === undefined) return ""
  const elapsed = waiting.elapsed < 1000 ? "" : ` ${Format.time(waiting.elapsed)}`
  const again = waiting.retries === 0 ? "" : `  ${Format.count(waiting.retries, "retry", "retries")}`
  const hasRoom = Width.of(label(waiting.state)) + elapsed.length + again.length <= width
  const more = hasRoom ? elapsed + again : elapsed
  const state = Width.shorten(label(waiting.state), width - more.length)
  return state === "" ? "" : state + more
}

/** The same in one line for a log, without a bar; nothing where nothing is under way. */
export const summary = ({ all, ended, open, total }: Overview, files: Files): string | undefined => {
  if (open.length === 0) return undefined
  const idle = open.filter(({ progress }) => progress === undefined)
  const [first] = idle
  const waits =
    first === undefined ? "" : idle.length > 1 ? `${idle.length} waiting` : `${label(first.id)} ${waiting(first, 200)}`
  const tally =
    files.expected > 1 ? `${files.completed}/${files.expected} files` : total > 1 ? `${ended}/${total} done` : ""
  return [tally, all === undefined ? "" : ProgressLine.words(all), waits].filter((part) => part !== "").join("  ")
}

const label = (text: string): string => Width.plain(Format.path(text))
