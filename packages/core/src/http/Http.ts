/** What both HTTP clients need to say about an answer or a failed exchange, without a secret in it. */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as SignedUrl from "../SignedUrl.ts"

/** Statuses that may pass if the same request is sent again (RFC 9110; 408, 429 and the gateway's 5xx). */
export const isTransientStatus = (status: number): boolean =>
  status === 408 || status === 429 || status === 500 || status === 502 || status === 503 || status === 504

/** Failures to connect at all: the server cannot have seen the request. */
const neverSent = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "CONNECT_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** OpenSSL's and Node's names for a certificate that is not to be trusted: trying again cannot help. */
export const isUntrusted = (code: string): boolean =>
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|ERR_TLS_CERT_)/.test(
    code
  )

/** OpenSSL's words for bytes that are none of TLS, such as an answer of plain HTTP. */
const notTls = /wrong version number|packet length too long|http request/i

/** What is known of a failed exchange. */
export interface Failure {
  readonly description: string
  readonly code: string | undefined
  readonly syscall: string | undefined
  /** The request may have reached the host. */
  readonly maybeSent: boolean
  /** The request cannot be sent at all, however often it is tried. */
  readonly isUnsendable: boolean
  readonly untrusted: boolean
}

/**
 * The innermost cause of a failed exchange. An `HttpClientError` itself names the whole URL and is never shown.
 */
export const describeFailure = ({ reason }: HttpClientError.HttpClientError): Failure => {
  let isUnsendable = reason._tag === "EncodeError" || reason._tag === "InvalidUrlError"
  let description =
    (reason._tag === "EncodeError" ? reason.description : undefined) ??
    (isUnsendable ? "the request cannot be sent" : reason._tag === "TransportError" ? "the exchange broke" : "the body broke")
  let maybeSent = !isUnsendable
  let untrusted = false
  let code: string | undefined
  let syscall: string | undefined
  let cause: unknown = reason.cause
  for (let depth = 0; depth < 5 && Predicate.isObject(cause); depth++) {
    const found = text(cause, "code")
    const call = text(cause, "syscall")
    if (found !== undefined) code = found
    if (call !== undefined) syscall = call
    const phase = text(cause, "phase")
    if (phase === "request") isUnsendable = true
    if (isUnsendable || phase === "connect" || (found !== undefined && neverSent.has(found))) maybeSent = false
    if (found !== undefined && isUntrusted(found)) untrusted = true
    const message = text(cause, "message") ?? ""
    const words =
      found === "EPROTO" && notTls.test(message)
        ? "the host does not speak TLS there, as an https URL needs"
        : message === ""
          ? found
          : found === undefined || message.includes(found)
            ? message
            : `${message} (${found})`
    if (words !== undefined) description = SignedUrl.redactIn(words)
    cause = "cause" in cause ? cause.cause : undefined
  }
  return { description, code, syscall, maybeSent, isUnsendable, untrusted }
}

const text = (cause: object, name: "code" | "message" | "phase" | "syscall"): string | undefined => {
  const value = Predicate.hasProperty(cause, name) ? cause[name] : undefined
  return typeof value === "string" ? value : undefined
}
