/** Whether what a host sends can be the object at all: by the headers of an answer, and by the first bytes. */
import type { Head } from "./RangeFacts.ts"
import { UnexpectedContent } from "./TransferReason.ts"

/** The first bytes of something that is no ZIP archive, where one is expected. */
export const notZip = (bytes: Uint8Array, { headers }: Head): UnexpectedContent | undefined => {
  if (bytes[0] === 0x50 && (bytes.length < 2 || bytes[1] === 0x4b)) return undefined
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
