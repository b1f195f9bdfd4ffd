/**
 * Text of unknown origin, as messages may hold it.
 *
 * @since 0.1.0
 */

/**
 * The text in one line and in what can be seen: control and format characters, odd spaces, quotes and backslashes become
 * `\u{…}`, and what is longer than `limit` characters is cut. A terminal does nothing on it but show it.
 *
 * @category combinators
 * @since 0.1.0
 */
export const escape = (text: string, limit = 100): string => {
  // Whole characters only; two units each at the most.
  const characters = Array.from(text.slice(0, 2 * limit + 2))
  const kept = characters.slice(0, limit).join("")
  const shown = kept.replace(/["\\\p{C}\p{Z}]/gu, (character) =>
    character === " " ? " " : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  )
  return characters.length > limit ? `${shown}…` : shown
}
