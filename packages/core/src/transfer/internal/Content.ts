/** Whether what a host sends can be the object at all: by the headers of an answer, and by the first bytes. */
import type { Head } from "./RangeFacts.ts"
import { UnexpectedContent } from "./TransferReason.ts"

/**
 * How a ZIP archive begins: with a record of its own, or with the program of a self-extractor: of Windows, of Linux, of macOS for one
 * processor and for several, or a script. Pages and error messages begin like none of them.
 */
const beginnings = ["PK", "MZ", "\x7fELF", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe", "#!"]

/** The first bytes of something that is no ZIP archive, where one is expected. There may be very few of them. */
export const notZip = (bytes: Uint8Array, { headers }: Head): UnexpectedContent | undefined => {
  const begins = (how: string) => bytes.subarray(0, how.length).every((byte, index) => byte === how.charCodeAt(index))
  if (beginnings.some(begins)) return undefined
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 16)).replace(/[^\x20-\x7e]/g, ".")
  const found = `${headers["content-type"] ?? "content without a type"} beginning with ${JSON.stringify(beginning)}`
  return new UnexpectedContent({ expected: "a ZIP archive", found })
}

/** HTML is what proxies and sign-in pages send; an encoded body is not the object's bytes. */
export const refusedType = (headers: Head["headers"], expect: "zip" | undefined): UnexpectedContent | undefined => {
  const encoding = encodingOf(headers)
  if (encoding !== undefined) {
    return new UnexpectedContent({ expected: "the object as it is stored", found: `a body encoded with ${encoding}` })
  }
  const type = headers["content-type"] ?? ""
  const isRefused = expect === "zip" ? /^(?:text\/(?:html|xml)|application\/xml)\b/i : /^text\/html\b/i
  return isRefused.test(type)
    ? new UnexpectedContent({ expected: expect === "zip" ? "a ZIP archive" : "an asset", found: type })
    : undefined
}

/**
 * The codings that change bytes (IANA's registry). Whatever else stands in `Content-Encoding` changes none: uploads leave
 * `aws-chunked`, `utf-8`, `binary` or nothing at all there.
 */
const codings = /^(?:x-)?(?:gzip|compress|deflate|br|zstd|dcb|dcz|exi|aes128gcm|pack200-gzip)$/

const encodingOf = (headers: Head["headers"]): string | undefined =>
  headers["content-encoding"]
    ?.toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .find((coding) => codings.test(coding))
