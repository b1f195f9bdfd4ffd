/** What both HTTP clients need to say about an answer or a failed exchange, without a secret in it. */
import type * as HttpClientError from "effect/http/HttpClientError"
import * as Predicate from "effect/Predicate"
import * as SignedUrl from "../SignedUrl.ts"

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
const isUntrusted = (code: string): boolean =>
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|ERR_TLS_CERT_)/.test(
    code
  )

/** OpenSSL's words for bytes that are none of TLS, such as an answer of plain HTTP. */
const notTls = /wrong version number|packet length too long|http request/i

/**
 * The innermost cause of a failed exchange. An `HttpClientError` itself names the whole URL and is never shown.
 */
export const describeFailure = (
  error: HttpClientError.HttpClientError
): { readonly description: string; readonly maybeSent: boolean; readonly untrusted: boolean } => {
  let description = error.reason._tag === "TransportError" ? "the exchange broke" : "the body broke"
  const maybeSent = error.reason._tag !== "TransportError" || !isUnconnected(error.reason.cause)
  let untrusted = false
  let cause: unknown = error.reason.cause
  for (let depth = 0; depth < 5 && Predicate.isObject(cause); depth++) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
    if (code !== undefined && isUntrusted(code)) untrusted = true
    const message = "message" in cause && typeof cause.message === "string" ? cause.message : ""
    const words =
      code === "EPROTO" && notTls.test(message)
        ? "the host does not speak TLS there, as an https URL needs"
        : message === ""
          ? code
          : code === undefined || message.includes(code)
            ? message
            : `${message} (${code})`
    if (words !== undefined) description = SignedUrl.redactIn(words)
    cause = "cause" in cause ? cause.cause : undefined
  }
  return { description, maybeSent, untrusted }
}
