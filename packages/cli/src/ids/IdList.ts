/**
 * Lists of ids as people have them: one id a line, with comments, or the table that a spreadsheet has saved, in UTF-8 or UTF-16.
 * It takes the text apart; whether something is an id, others decide.
 */
import * as Result from "effect/Result"

export interface Line {
  /** What stands there for an id: with its kind before it, where that is said (`model abc`). */
  readonly id: string
  /** Counted from 1. */
  readonly line: number
}

/** No list has more bytes than that, nor an id more characters. */
export const longestList = 64 * 1024 * 1024
const longestId = 500

/** What cannot be a list of ids, in words that come after its name. */
type Refusal = string

/** The text of a list, by its byte order mark; without one, by where its zeros are. */
export const decode = (bytes: Uint8Array): Result.Result<string, Refusal> => {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes)
  // The end of a file, to DOS.
  const whole = text.endsWith("\u001a") ? text.slice(0, -1) : text
  return isBinary.test(whole)
    ? Result.fail("is not a list of ids: it holds binary data or control characters")
    : Result.succeed(whole)
}

const isBinary = /[^\P{Cc}\t\n\v\f\r\u0085]/u

const encodingOf = ([first, second, third, fourth]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return "utf-16le"
  if (first === 0xfe && second === 0xff) return "utf-16be"
  if (second === 0 && fourth === 0 && first !== 0 && third !== 0) return "utf-16le"
  if (first === 0 && third === 0 && second !== 0 && fourth !== 0) return "utf-16be"
  return "utf-8"
}

/**
 * Takes the ids of a text one by one, without blank lines and comments; of a table, those of the column that its first line calls so, or those that
 * stand before a tab, as `assets` prints them.
 */
export const parse = (text: string, take: (line: Line) => void): Result.Result<void, Refusal> => {
  let column: { readonly index: number; readonly kind: string | undefined } | undefined
  let isFirst = true
  for (const { cells, line } of rows(text, () => column === undefined)) {
    if (isFirst) {
      isFirst = false
      column = columnOf(cells)
      if (column !== undefined) continue
    }
    let id: string
    if (column === undefined) {
      // It may be indented by tabs.
      const [first = "", second = "", ...others] = cells.slice(cells.findIndex((cell) => cell !== ""))
      const isNamed = kinds.has(first) && second !== ""
      if ((isNamed ? others : [second, ...others]).some((cell) => looksLikeId.test(cell))) {
        return Result.fail(
          `line ${line}, has several ids; write one per line, or name the columns in the first line (id,name)`
        )
      }
      id = isNamed ? `${first} ${second}` : first
    } else {
      const cell = cells[column.index] ?? ""
      id = column.kind === undefined || looksLikeId.test(cell) ? cell : `${column.kind} ${cell}`
    }
    if (id.length > longestId) return Result.fail(`line ${line}, is too long for an id (${id.length} characters)`)
    take({ id, line })
  }
  return Result.void
}

const kinds: ReadonlySet<string> = new Set(["asset", "inference", "model", "job"])
const looksLikeId = /^(?:asset|inf|inference|model|job|run)_/

/** The column of ids, and what they are, where the first line of a table names its columns. */
const columnOf = (cells: ReadonlyArray<string>) => {
  const names = cells.map((cell) => /^(?:(asset|inference|model|job)[ _-]?)?ids?$/i.exec(cell))
  const index = names.findIndex((name) => name !== null)
  return index === -1 ? undefined : { index, kind: names[index]?.[1]?.toLowerCase() }
}

interface Row {
  readonly line: number
  readonly cells: ReadonlyArray<string>
}

/** What ends a cell, or a line. */
const cellEnd = /[,;\t\r\n\v\f\u0085\u2028\u2029#]/g
const lineEnd = /[\r\n\v\f\u0085\u2028\u2029]/g

/** An id, and behind a tab something that is none, such as its kind. */
const firstOfLine =
  /[ \uFEFF]*((?:asset|inf|inference|model|job)_[^\s,;"'#]+)\t(?![ "']*(?:asset|inf|inference|model|job|run)_)/y

/**
 * Lines, cut at commas, semicolons and tabs. A quoted cell may hold these, and line breaks. Where the id comes first, what stands behind
 * it is anybody's words, and not looked at.
 */
function* rows(text: string, isIdFirst: () => boolean): Generator<Row> {
  let position = 0
  let line = 1
  while (position < text.length) {
    const cells: Array<string> = []
    const start = line
    firstOfLine.lastIndex = position
    const first = isIdFirst() ? firstOfLine.exec(text)?.[1] : undefined
    if (first !== undefined) cells.push(first)
    else
      for (;;) {
        const quoted = quotedAt(text, position)
        if (quoted !== undefined) {
          cells.push(quoted.content.trim())
          line += quoted.content.split(breaks).length - 1
          position = quoted.end
        } else {
          const end = next(text, position, cellEnd)
          cells.push(plain(text.slice(position, end)))
          position = end
        }
        if (text[position] === "#") position = next(text, position, lineEnd)
        if (!/[,;\t]/.test(text[position] ?? "")) break
        position++
      }
    position = next(text, position, lineEnd)
    position += text.startsWith("\r\n", position) ? 2 : 1
    line++
    if (cells.some((cell) => cell !== "")) yield { line: start, cells }
  }
}

const breaks = /\r\n|[\r\n\v\f\u0085\u2028\u2029]/

/** Where the next of some characters is, or the text ends. */
const next = (text: string, position: number, characters: RegExp): number => {
  characters.lastIndex = position
  return characters.exec(text)?.index ?? text.length
}

/** A cell in double quotes, of which two stand for one, with nothing behind it but the end of the cell. */
const quotedAt = (text: string, position: number): { readonly content: string; readonly end: number } | undefined => {
  const start = next(text, position, /[^ \uFEFF]/g)
  if (text[start] !== '"') return undefined
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2)
  if (end === -1) return undefined
  const after = next(text, end + 1, /[^ ]/g)
  return after === next(text, after, cellEnd)
    ? { content: text.slice(start + 1, end).replaceAll('""', '"'), end: after }
    : undefined
}

/** Without white space and quotes around it, nor what cannot be seen. What is too long for an id is not looked through. */
const plain = (cell: string): string =>
  cell.length > 10_000 ? cell : cell.replaceAll(/^[\s\p{Cf}"'`“”‘’„«»]+|[\s\p{Cf}"'`“”‘’„«»]+$/gu, "")
