/**
 * Answers of a server, so that they can be given away: what they look like, and not what they hold. Only what is known to be
 * harmless is kept.
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** The words of a server, without what they are about. */
export const ofWords = (text: string): string =>
  text
    .slice(0, 500)
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\b(https?:\/\/[^/\s"'<>?#]+)[^\s"'<>]*/gi, "$1/…")
    .replaceAll(/[^\s@"'<>]+@[^\s@"'<>]+/g, "<email>")
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replaceAll(/\b([a-z]{2,20})_(?=[a-z]*[0-9A-Z])[0-9A-Za-z]{3,}/g, "$1_…")
    .replaceAll(/\b(asset|collection|inf|inference|job|model|proj|team|user)_\w+/g, "$1_…")
    .replaceAll(/(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{12,}/g, "…")

/** A body: the fields of JSON, the error of XML as storage hosts write it, or of anything else how much it is. */
export const ofBody = (text: string): unknown => {
  if (text === "") return "<empty>"
  const json = parse(text)
  if (Option.isSome(json)) return ofJson(json.value)
  const [, code] = /<Code>([^<]{1,100})<\/Code>/.exec(text) ?? []
  const [, message] = /<Message>([^<]{1,500})<\/Message>/.exec(text) ?? []
  if (code !== undefined) return { xml: { code: ofWords(code), message: ofWords(message ?? "") } }
  return `<${/^\s*</.test(text) ? "markup" : "text"} of ${text.length} characters>`
}

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** Fields with what kind of value they have. Those that say what went wrong keep their words. */
export const ofJson = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.length === 0 ? [] : [ofJson(value[0]), `<${value.length} in all>`]
  if (Predicate.isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [ofWords(name), ofJson(field, name)]))
  }
  if (!Predicate.isString(value)) return value === null || Predicate.isBoolean(value) ? value : `<${typeof value}>`
  if (telling.has(key)) return ofWords(value)
  return /^\d{4}-\d\d-\d\dT/.test(value) ? "<date>" : `<string of ${value.length} characters>`
}

const telling = new Set(["apiError", "code", "error", "jobStatus", "message", "reason", "status"])

/** Headers: the names of all, and the values of those that tell of the server alone. */
export const ofHeaders = (headers: Readonly<Record<string, string>>) => {
  const { date: _date, etag, ...others } = headers
  const values = Object.entries(others).filter(([name]) => harmless.test(name))
  return {
    headers: Object.keys(headers).toSorted(),
    values: {
      ...Object.fromEntries(values.map(([name, value]) => [name, ofWords(value)])),
      ...(etag === undefined ? {} : { etag: ofETag(etag) })
    }
  }
}

const harmless =
  /^(?:accept-ranges|age|allow|cache-control|connection|content-encoding|content-length|content-range|content-type|retry-after|server|transfer-encoding|vary|via|www-authenticate|x-amz-checksum-type|x-cache|(?:x-)?ratelimit-.*)$/

/** Which kind of tag it is; the tag itself tells the object. */
const ofETag = (etag: string): string => {
  const [, weak = "", tag = etag] = /^(W\/)?"(.*)"$/.exec(etag) ?? []
  const form = /^[0-9a-f]{32}$/i.test(tag)
    ? "32 hexadecimal digits"
    : /^[0-9a-f]{32}-\d+$/i.test(tag)
      ? "32 hexadecimal digits, and a number of parts"
      : `${tag.length} characters`
  return `${weak === "" ? "strong" : "weak"}, ${form}`
}
