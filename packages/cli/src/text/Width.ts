/** How many columns of a terminal a text takes, and how to make it take fewer. For names and words in one line. */

/**
 * Terminals disagree on what is joined to one picture, and on variants chosen by an invisible character. Without joiners
 * and choosers they agree.
 */
export const plain = (text: string): string => text.replaceAll(/\p{Join_Control}|\p{Variation_Selector}/gu, "")

/** Columns of a text that is {@link plain}. */
export const of = (text: string): number => {
  let width = 0
  for (const character of text) width += ofCharacter(character)
  return width
}

/** Text of at most so many columns: what is too much is left out of the middle, for ids often begin alike. */
export const shorten = (text: string, columns: number): string => {
  if (of(text) <= columns) return text
  if (columns < 1) return ""
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment)
  const end = take(characters.toReversed(), Math.floor((columns - 1) / 2)).toReversed()
  const start = take(characters, columns - 1 - of(end.join("")))
  return `${start.join("")}…${end.join("")}`
}

/** The same where the beginning says most: what is too much is left out at the end. */
export const beginning = (text: string, columns: number): string => {
  if (of(text) <= columns) return text
  if (columns < 1) return ""
  // Of what is very long nobody needs to take apart more than there is room for.
  const characters = Array.from(segmenter.segment(text.slice(0, columns * 8)), ({ segment }) => segment)
  return `${take(characters, columns - 1).join("")}…`
}

/** Rows of a terminal of so many columns, which goes on in the next one where a character has no room. */
export const rows = (text: string, columns: number): number => {
  let [rows, column] = [1, 0]
  for (const character of text) {
    const width = ofCharacter(character)
    if (column + width > columns) {
      rows++
      column = 0
    }
    column += width
  }
  return rows
}

/** Filled up with blanks. */
export const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - of(text)))

const segmenter = new Intl.Segmenter()

const take = (characters: ReadonlyArray<string>, columns: number): ReadonlyArray<string> => {
  let room = columns
  const end = characters.findIndex((character) => (room -= of(character)) < 0)
  return end === -1 ? characters : characters.slice(0, end)
}

const ofCharacter = (character: string): number => {
  if (character.length === 1 && character < "\u0300") return 1
  return zero.test(character) ? 0 : wide.test(character) ? 2 : 1
}

const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u

/** Wide and full width, as Unicode's East Asian Width says it, in few ranges. */
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}])$/u
