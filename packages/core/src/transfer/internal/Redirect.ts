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
  const text = escaped(location.trim())
  // Also a part of the same object is the same object.
  if (text === "" || text.startsWith("#")) return Result.fail("to nowhere")
  const url = URL.parse(text, Redacted.value(from))
  if (url === null) return Result.fail("to what is no URL")
  if (url.protocol !== "https:" && !(allowHttp && url.protocol === "http:")) return Result.fail(`to ${url.protocol}`)
  return Result.mapError(SignedUrl.make(absolute(text, url, from)), () => "to a URL with user info")
}

/** As text, for a `URL` would write path and query anew, which no longer fit the signature. */
const absolute = (text: string, url: URL, from: SignedUrl.SignedUrl): string => {
  if (/^https?:\/\//i.test(text)) return text
  // Without a host of its own, though with a scheme, or by the wrong slashes.
  if (/^https?:/i.test(text) || text.includes("\\")) return url.href
  if (text.startsWith("//")) return `${url.protocol}${text}`
  const origin = SignedUrl.origin(from)
  if (text.startsWith("/")) return `${origin}${text}`
  const [base = ""] = SignedUrl.target(from).path.split("?")
  const [, path = "", rest = ""] = /^([^?#]*)(.*)$/.exec(text) ?? []
  return `${origin}${path === "" ? base : joined(base, path)}${rest}`
}

/** A relative path in the place of the last part of another one (RFC 3986, 5.2). */
const joined = (base: string, path: string): string => {
  const parts: Array<string> = []
  const all = [...base.split("/").slice(1, -1), ...path.split("/")]
  for (const [index, part] of all.entries()) {
    if (part === "..") parts.pop()
    else if (part !== ".") parts.push(part)
    if ((part === "." || part === "..") && index === all.length - 1) parts.push("")
  }
  return `/${parts.join("/")}`
}

/** HTTP gives headers byte by byte: UTF-8 in them, which some hosts send as it is, comes as one character for each byte. */
const escaped = (location: string): string =>
  location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
