/** Taking secrets out of the words of others. */

/**
 * Replaces the query of every `http` or `https` URL in a text, and the values of the usual signature parameters wherever
 * they stand (in a query, percent-encoded, in JSON, in XML), so that a server's words can be shown or kept. JSON stays
 * JSON, and doing it twice changes nothing.
 */
export const redact = (text: string): string =>
  text.replace(httpUrl, (url) => url.replace(query, "?<redacted>")).replace(parameter, "$1$2<redacted>")

/** A character of a query: none that ends the text around it, and of JSON's escapes only `\/` and `\u…`. */
const inQuery = String.raw`(?:[^\s"'<>\\]|\\[/u])`

// The lengths are limited so that no text takes more than linear time.
const httpUrl = /https?:(?:\\?\/){2}[^\s"'<>]*/gi
const query = new RegExp(`[?#]${inQuery}+`, "g")
const parameter = new RegExp(
  String.raw`(signature(?:provided)?|policy|key-pair-id|sig|token|x-(?:amz|goog)-[\w-]{1,64})` +
    String.raw`(=|%(?:25){0,9}3D|\\u003d|>|(\\{0,9}["'])\s{0,9}:\s{0,9}\3)(?:(?!&)${inQuery})+`,
  "gi"
)

/**
 * Takes secrets out of a text, as they are, and as they stand in JSON, in a URL and in HTML. A short one is removed as a whole word
 * alone, for its letters stand in words as well; one of three characters or less keeps nobody out, and is left.
 */
export const removing = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  // The longest first: one may hold another.
  const known = secrets.filter(({ length }) => length > 3).toSorted((a, b) => b.length - a.length)
  if (known.length === 0) return (text) => text
  const any = new RegExp(known.map(pattern).join("|"), "gi")
  return (text) => text.replace(any, "<redacted>")
}

const pattern = (secret: string): string =>
  secret.length < 8 ? `(?<![0-9A-Za-z])${inAnyForm(secret)}(?![0-9A-Za-z])` : inAnyForm(secret)

const inAnyForm = (secret: string): string =>
  secret.replace(/[^0-9A-Za-z]/g, (sign) => {
    const hex = sign.charCodeAt(0).toString(16)
    return String.raw`(?:\\?\x${hex}|\\u00${hex}|%${hex}|&#?\w{1,8};)`
  })

/**
 * A word that somebody gave in the place of another, in quotes, as an error repeats it: what may be a secret is taken out
 * (`NAME=value`, `KEY: value`, the query of a URL, the credentials in it), and of what is long only the beginning is shown.
 */
export const quoted = (word: string): string => JSON.stringify(wordOf(word))

/** The same without the quotes; at most so many characters of it. */
export const wordOf = (word: string, longest = 80): string => {
  const text = redact(word.slice(0, 10_000))
    .replace(userInfo, "$1<redacted>@")
    .replace(scheme, "$1 <redacted>")
    .replace(assignment, "$1<redacted>")
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const userInfo = /(:\/\/)[^\s/?#@]*@/g
const scheme = /\b(basic|bearer)\s+(?!<redacted>)\S+/gi
/** A variable with its value, as a line of `.env` has it; or a name that promises a secret, with what follows. */
const assignment =
  /((?:^|[\s"'])[a-z_][\w.-]*\s*=|(?:secret|password|passwd|token|api[_-]?key|authorization|credentials?)["']?\s*[:=])\s*(?!<redacted>).+/gis
