/** How texts and sizes of unknown origin are shown. */

/** Controls, what turns the direction of the text around it, separators, and halves of characters. */
const unseen = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/gu

/** The text with `\u{…}` for what cannot be seen and would change how the rest is shown; line breaks and tabs stay. */
export const visible = (text: string): string =>
  text
    .replaceAll("\r\n", "\n")
    .replace(unseen, (character) =>
      character === "\n" || character === "\t" ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
    )

/** The same in one line. */
export const oneLine = (text: string): string => visible(text).replaceAll(/\s+/g, " ").trim()

const units = ["kB", "MB", "GB", "TB"]

/** A number of bytes in steps of 1000, with three digits at most: `999 B`, `1.23 MB`. */
export const size = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`
  let [value, step] = [bytes / 1000, 0]
  while (value >= 999.5 && step < units.length - 1) [value, step] = [value / 1000, step + 1]
  return `${Number(value.toPrecision(3))} ${units[step]}`
}

/** What is searched: no matter in which case, width or composition a text is written. */
export const folded = (text: string): string => text.normalize("NFKC").toLowerCase()
