/** What went wrong between here and a host, in one form for both clients: undici's errors differ by where they were met. */
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
import type { Proxy } from "./Proxies.ts"

/**
 * How far a request had come: it cannot be sent at all, it was not sent because no connection was made, it was sent and there
 * is no answer, or the body of the answer broke.
 */
export type Phase = "request" | "connect" | "response" | "body"

/** Without a cause: the message has its words, and whoever looks for the innermost cause finds this one. */
export class WireError extends Data.TaggedError("WireError")<{
  readonly phase: Phase
  /** The code of the system, of TLS, or of undici. */
  readonly code: string | undefined
  /** The call of the system that failed; `connect` for all that kept a connection from being made. */
  readonly syscall: string | undefined
  readonly message: string
}> {}

/** The error as it was met in a phase, on the way through a proxy or without one. */
export const of = (error: unknown, phase: Phase, proxy: Proxy | undefined): WireError => {
  if (error instanceof WireError) return error
  const causes = chain(error)
  const find = (read: (cause: object) => string | undefined) =>
    causes.map(read).find((value) => value !== undefined && value !== "")
  const code = find((cause) => text(cause, "code"))
  // undici looks at a request before it connects.
  if (code === "UND_ERR_INVALID_ARG" && phase === "connect") phase = "request"
  const syscall = find((cause) => text(cause, "syscall")) ?? (phase === "connect" ? "connect" : undefined)
  const words = causes.toReversed().map(wordsOf)
  const found = words.find((found) => found !== "") ?? code ?? "the exchange broke"
  const message =
    /^(?:EPROTO$|ERR_SSL_)/.test(code ?? "") && notTls.test(found)
      ? "the host does not speak TLS there, as an https URL needs"
      : found
  return new WireError({
    phase,
    code,
    syscall,
    message: proxy === undefined ? message : `${message}, through ${named(proxy)}`
  })
}

/** A proxy answered itself, with this status. */
export const refused = (status: number, proxy: Proxy): WireError =>
  // Some confuse the two.
  status === 407 || status === 401
    ? new WireError({
        // To try again helps nobody.
        phase: "request",
        code: undefined,
        syscall: undefined,
        message: `${named(proxy)} wants another name and password; set ${proxy.variable} to http://name:password@host:port`
      })
    : new WireError({
        phase: "connect",
        code: undefined,
        syscall: "connect",
        message: `${named(proxy)} does not connect to the host (${status})`
      })

const named = ({ origin, variable }: Proxy): string => `the proxy ${origin} (${variable})`

/** OpenSSL's words for bytes that are none of TLS, such as an answer of plain HTTP. */
const notTls = /wrong version number|packet length too long|http request/i

/** The error and its causes. */
const chain = (error: unknown): ReadonlyArray<object> => {
  const causes: Array<object> = []
  for (let cause = error; Predicate.isObject(cause) && causes.length < 5;) {
    causes.push(cause)
    cause = "cause" in cause ? cause.cause : undefined
  }
  return causes
}

const text = (cause: object, name: "code" | "message" | "syscall"): string | undefined => {
  const value = Predicate.hasProperty(cause, name) ? cause[name] : undefined
  return typeof value === "string" ? value : undefined
}

/** Of several addresses, what happened at each. */
const wordsOf = (cause: object): string =>
  cause instanceof AggregateError
    ? [...new Set(cause.errors.map((error) => (Predicate.isObject(error) ? text(error, "message") : undefined)))].join(
        ", "
      )
    : (text(cause, "message") ?? "")
