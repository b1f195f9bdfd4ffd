/** What both HTTP clients need to say about an answer or a failed exchange, without a secret in it. */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as Redaction from "../internal/Redaction.ts"

/** Statuses that may pass if the same request is sent again (RFC 9110; 408, 429 and the gateway's 5xx). */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || status === 500 || status === 502 || status === 503 || status === 504

/**
 * Whether no connection was made for the request, so that the server cannot have seen it: finding the host or connecting to it
 * failed, at each of its addresses where several were tried. The name of a fault alone does not tell: a network may also go
 * away under a connection (`read EHOSTUNREACH`). What is unknown may have been sent.
 */
const isUnconnected = (error: unknown, depth = 0): boolean => {
  if (!Predicate.isObject(error) || depth > 5) return false
  if ("errors" in error && Array.isArray(error.errors)) {
    return error.errors.length > 0 && error.errors.every((one) => isUnconnected(one, depth + 1))
  }
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true
  if ("code" in error && error.code === "UND_ERR_CONNECT_TIMEOUT") return true
  return "cause" in error && isUnconnected(error.cause, depth + 1)
}

/** OpenSSL's and Node's names for a certificate that is not to be trusted: trying again cannot help. */
export const isUntrusted = (code: string): boolean =>
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|ERR_TLS_CERT_)/.test(
    code
  )

/** The words of Node and undici for a request that they refuse to send. */
const isRefusal = (code: string): boolean =>
  /^(?:ERR_INVALID_(?:CHAR|HTTP_TOKEN|URL|PROTOCOL)|ERR_UNESCAPED_CHARACTERS|UND_ERR_INVALID_ARG)$/.test(code)

/** Whether headers are proper HTTP (RFC 9110, 5.1 and 5.5); a `fetch` that refuses others does not say so in a way of its own. */
const areProper = (headers: { readonly [name: string]: string }): boolean =>
  Object.entries(headers).every(
    ([name, value]) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
  )

/** OpenSSL's words for bytes that are none of TLS, such as an answer of plain HTTP. */
const notTls = /wrong version number|packet length too long|http request/i

/**
 * What became of an exchange that failed: the client refused to send the request; the host is not to be trusted; no connection
 * was made; or it broke, and the request may have been sent. Only the last two may pass.
 */
export interface Failure {
  readonly kind: "unsendable" | "untrusted" | "unconnected" | "broken"
  /** In the words of the innermost cause. An `HttpClientError` itself names the whole URL and is never shown. */
  readonly description: string
  /** The code of the system, of TLS, or of the client; and the call of the system that failed. Of the innermost cause that has one. */
  readonly code: string | undefined
  readonly syscall: string | undefined
}

/** An error and its causes, with every text taken through a function that removes secrets. */
export const scrubbed = (error: unknown, scrub: (text: string) => string, depth = 0): Error | undefined => {
  if (!Predicate.isError(error) || depth > 5) return undefined
  const cause = scrubbed(error.cause, scrub, depth + 1)
  const clean = new Error(scrub(error.message), cause === undefined ? {} : { cause })
  const [code, syscall] = [text(error, "code"), text(error, "syscall")]
  return Object.assign(clean, {
    name: error.name,
    stack: scrub(error.stack ?? ""),
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall })
  })
}

export const failureOf = ({ reason }: HttpClientError.HttpClientError): Failure => {
  const { codes, phases, syscall, words = reason.description } = innermost(reason.cause)
  const be = (kind: Failure["kind"], description: string): Failure => ({
    kind,
    description: Redaction.redact(description),
    code: codes.at(-1),
    syscall
  })
  switch (reason._tag) {
    case "InvalidUrlError":
      return be("unsendable", "its URL is malformed")
    case "EncodeError":
      return be("unsendable", words ?? "it cannot be encoded")
    case "TransportError":
      if (!areProper(reason.request.headers)) return be("unsendable", "a header is not proper HTTP")
      // The Fetch standard's words for a port such as 6667.
      if (phases.includes("request") || codes.some(isRefusal) || words === "bad port")
        return be("unsendable", words ?? "the client refuses it")
      if (codes.some(isUntrusted)) return be("untrusted", words ?? "its certificate")
      return be(
        phases.includes("connect") || isUnconnected(reason.cause) ? "unconnected" : "broken",
        words ?? "the exchange broke"
      )
    default:
      return be("broken", words ?? "the body broke")
  }
}

interface Innermost {
  /** Of the error and its causes, from the outside in. */
  readonly codes: ReadonlyArray<string>
  /** How far an exchange had come, as our own clients say it. */
  readonly phases: ReadonlyArray<string>
  readonly syscall: string | undefined
  /** Of the innermost cause that has some. */
  readonly words?: string
}

const innermost = (error: unknown): Innermost => {
  const codes: Array<string> = []
  const phases: Array<string> = []
  let syscall: string | undefined
  let words: string | undefined
  let cause = error
  for (let depth = 0; depth < 5 && Predicate.isObject(cause); depth++) {
    const code = text(cause, "code")
    if (code !== undefined) codes.push(code)
    phases.push(...[text(cause, "phase") ?? []].flat())
    syscall = text(cause, "syscall") ?? syscall
    const message = text(cause, "message") ?? ""
    words =
      (/^(?:EPROTO$|ERR_SSL_)/.test(code ?? "") && notTls.test(message)
        ? "the host does not speak TLS there, as an https URL needs"
        : message === ""
          ? code
          : code === undefined || message.includes(code) || "phase" in cause
            ? // Ours have all their words.
              message
            : `${message} (${code})`) ?? words
    cause = "cause" in cause ? cause.cause : undefined
  }
  return { codes, phases, syscall, ...(words === undefined ? {} : { words }) }
}

const text = (of: object, name: string): string | undefined =>
  Predicate.hasProperty(of, name) && typeof of[name] === "string" ? of[name] : undefined
