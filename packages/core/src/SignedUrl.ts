/**
 * A secret, expiring link to bytes on a storage host.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Base64 from "effect/encoding/Base64"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const label = "SignedUrl"

const HttpUrl = Schema.String.pipe(
  Schema.check(
    Schema.makeFilter((value: string) => isHttpUrl(value) || "Expected an absolute http or https URL without user info")
  )
)

/**
 * Decodes an absolute `http` or `https` URL to a {@link SignedUrl}, to the letter. Encoding it back is refused: a signed URL is
 * asked for anew, never stored.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SignedUrl = Schema.RedactedFromValue(HttpUrl, { label, disallowEncode: true }).pipe(Schema.brand(label))

/**
 * A signed URL: whoever holds it can read the bytes, so it is redacted wherever it is shown or serialised. Only its
 * {@link origin} and its expiry ({@link expiresAt}) can be read without unwrapping it. It keeps the text that was signed, for
 * another spelling of the same URL no longer fits the signature.
 *
 * @category models
 * @since 0.1.0
 */
export type SignedUrl = typeof SignedUrl.Type

/**
 * A text that is no signed URL. It is not repeated, for it may be a secret all the same.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSignedUrl extends Schema.TaggedError<InvalidSignedUrl>()("InvalidSignedUrl", {}) {
  override get message(): string {
    return "A signed URL must be an absolute http or https URL without user info."
  }
}

const decode = Schema.decodeResult(SignedUrl)

/**
 * Makes a signed URL of a text, which is kept as it is. What is not an absolute `http` or `https` URL is refused.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (text: string): Result.Result<SignedUrl, InvalidSignedUrl> =>
  Result.mapError(decode(text), () => new InvalidSignedUrl())

/**
 * Scheme, host and port: the part that may be shown.
 *
 * @category getters
 * @since 0.1.0
 */
export const origin = (self: SignedUrl): string => reveal(self).origin

/**
 * The whole URL, secret and all: for the request itself, and for nothing that is shown or kept.
 *
 * @category getters
 * @since 0.1.0
 */
export const reveal = (self: SignedUrl): URL => new URL(Redacted.value(self))

/**
 * The whole link as a request names it: the origin, and path and query as they were signed, to the letter. Only what HTTP cannot
 * carry is escaped: white space, and characters that are not ASCII. Secret like {@link reveal}.
 *
 * @category getters
 * @since 0.1.0
 */
export const target = (self: SignedUrl): { readonly origin: string; readonly path: string } => {
  const text = Redacted.value(self).trim()
  const { origin, pathname, search } = reveal(self)
  const signed = /^https?:\/\/[^/?#\\]+([^#]*)/i.exec(text)?.[1]
  const path = signed === undefined ? `${pathname}${search}` : encode(signed)
  return { origin, path: path.startsWith("/") ? path : `/${path}` }
}

/**
 * When the storage host stops accepting the link, where the link says so: the `Policy` or `Expires` of CloudFront,
 * `X-Amz-Date` with `X-Amz-Expires` of S3, `X-Goog-Date` with `X-Goog-Expires` of Google Cloud Storage. Hosts check it
 * when a request arrives: a running transfer goes on, a resumed one is refused.
 *
 * @category getters
 * @since 0.1.0
 */
export const expiresAt = (self: SignedUrl): Option.Option<DateTime.Utc> => {
  const query = reveal(self).searchParams
  const get = (name: string): string | undefined => {
    for (const [key, value] of query) if (key.toLowerCase() === name) return value
    return undefined
  }
  const seconds =
    policyExpiry(get("policy")) ??
    dated(get("x-amz-date"), get("x-amz-expires")) ??
    dated(get("x-goog-date"), get("x-goog-expires")) ??
    wholeNumber(get("expires"))
  return seconds === undefined ? Option.none() : DateTime.make(seconds * 1000)
}

/** Characters outside of visible ASCII, by their bytes in UTF-8. */
const encode = (text: string): string =>
  text.replace(/[^\x21-\x7e]+/g, (characters) =>
    Array.from(utf8.encode(characters), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")
  )
const utf8 = new TextEncoder()

const isHttpUrl = (value: string): boolean => {
  const url = URL.parse(value)
  return (
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === ""
  )
}

const wholeNumber = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : undefined

/** `20260131T235959Z` and a lifetime in seconds, as S3 and Google write them. */
const dated = (date: string | undefined, lifetime: string | undefined): number | undefined => {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? "") ?? []
  const start = DateTime.make(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const seconds = wholeNumber(lifetime)
  return Option.isNone(start) || seconds === undefined ? undefined : start.value.epochMilliseconds / 1000 + seconds
}

const Policy = Schema.fromJsonString(
  Schema.Struct({
    Statement: Schema.NonEmptyArray(
      Schema.Struct({
        Condition: Schema.Struct({
          DateLessThan: Schema.Struct({
            "AWS:EpochTime": Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1e12 })))
          })
        })
      })
    )
  })
)
const decodePolicy = Schema.decodeUnknownOption(Policy)

/** CloudFront's base64 writes `-`, `_` and `~` for `+`, `=` and `/`. */
const policyExpiry = (policy: string | undefined): number | undefined => {
  if (policy === undefined) return undefined
  const json = Base64.decodeString(policy.replace(/-/g, "+").replace(/_/g, "=").replace(/~/g, "/"))
  const decoded = Result.isSuccess(json) ? decodePolicy(json.success) : Option.none()
  return Option.getOrUndefined(
    Option.map(decoded, ({ Statement }) =>
      Math.min(...Statement.map((statement) => statement.Condition.DateLessThan["AWS:EpochTime"]))
    )
  )
}
