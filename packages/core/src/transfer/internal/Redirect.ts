/** Where a redirect leads. */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as SignedUrl from "../../SignedUrl.ts"

/** The link that a `Location` gives, which is sent as it stands there; or why it is not followed, in words. */
export const target = (
  location: string,
  from: SignedUrl.SignedUrl,
  allowHttp: boolean
): Result.Result<SignedUrl.SignedUrl, string> => {
  const url = URL.parse(location, Redacted.value(from))
  if (url === null) return Result.fail("to what is no URL")
  if (url.protocol !== "https:" && !(allowHttp && url.protocol === "http:")) return Result.fail(`to ${url.protocol}`)
  return Result.mapError(SignedUrl.make(absolute(location, url, from)), () => "to a URL with user info")
}

/** As text, for a `URL` would write the query anew, which no longer fits the signature. */
const absolute = (location: string, url: URL, from: SignedUrl.SignedUrl): string => {
  const text = escaped(location)
  if (/^https?:\/\//i.test(text)) return text
  if (text.startsWith("//")) return `${url.protocol}${text}`
  return text.startsWith("/") ? `${SignedUrl.origin(from)}${text}` : new URL(text, Redacted.value(from)).href
}

/** HTTP gives headers byte by byte: UTF-8 in them, which some hosts send as it is, comes as one character for each byte. */
const escaped = (location: string): string =>
  location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
