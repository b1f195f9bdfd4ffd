/** Numbers as people read them. */

const units = ["B", "kB", "MB", "GB", "TB"]

/** Bytes in decimal units, as disks and networks count: `12.3 MB`. */
export const bytes = (count: number): string => {
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ""}`
}

/** A duration in two units at the most: `1m 05s`. */
export const time = (milliseconds: number): string => {
  const seconds = Math.round(milliseconds / 1000)
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, "0")}s`
  return `${Math.floor(seconds / 3600)}h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`
}

/** How long ago something was, in one unit: `3d`, `5h`, `12m`, `4s`. */
export const age = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** Control characters, and those that turn the direction of writing or cannot be seen. */
export const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * What a server says may hold control sequences, which a terminal would obey, and characters that turn the direction of
 * writing or cannot be seen. Joiners stay: emoji and several scripts need them.
 */
export const printable = (text: string): string =>
  text.replaceAll(unseen, (character) => ("\n\t\u200c\u200d".includes(character) ? character : escape(character)))

/** A name of unknown origin: the same, in one line, and so that no two names look like each other. */
export const name = (text: string): string => printable(text.replaceAll(/[\\\n\t]/g, escape))

/** A path on this machine: the same, but a backslash is one, as Windows has it between directories. */
export const path = (text: string): string => printable(text.replaceAll(/[\n\t]/g, escape))

/** A name that people see among other words: the middle of a long one is left out. */
export const shortName = (text: string, most = 100): string => shortened(name(text), most)

/** The same of a path. */
export const shortPath = (text: string, most = 100): string => shortened(path(text), most)

const shortened = (text: string, most: number): string => {
  const characters = Array.from(text)
  if (characters.length <= most) return characters.join("")
  return `${characters.slice(0, most - 30).join("")}…${characters.slice(-29).join("")}`
}

const escape = (character: string): string =>
  character === "\\" ? "\\\\" : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`

/** `1 archive`, `2 archives`. */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
