/** Commands as a person can paste them into a shell. */

/** The words of a command, those quoted that a shell would take for something else. */
export const command = (words: ReadonlyArray<string>): string => words.map(quoted).join(" ")

/** A flag with its value, also with one that would be taken for another flag. */
export const flag = (name: string, value: string): ReadonlyArray<string> =>
  value.startsWith("-") ? [`${name}=${value}`] : [name, value]

const quoted = (word: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return process.platform === "win32" ? `"${word.replaceAll('"', '""')}"` : `'${word.replaceAll("'", "'\\''")}'`
}
