/** The reasons of an `ApiError`. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * What the server answered, kept as it came before anything was made of it: status, headers (credentials and cookies
 * redacted), at most 64 KiB of text (queries of URLs removed), and the request id of the server or its gateway.
 *
 * @category models
 * @since 0.1.0
 */
export const ResponseDetails = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Record(Schema.String, Schema.String),
  body: Schema.String,
  requestId: Schema.optionalKey(Schema.String)
})
/** @category models @since 0.1.0 */
export type ResponseDetails = typeof ResponseDetails.Type

const answered = { response: ResponseDetails }

/** `401`: key, secret or token rejected. @category reasons @since 0.1.0 */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", answered) {
  override get message(): string {
    return `the credentials were rejected (401)${said(this.response)}; check the API key and secret, or the token`
  }
}

/** `402`: the quota is used up. @category reasons @since 0.1.0 */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>()("QuotaExceeded", answered) {
  override get message(): string {
    return `the quota of the account is used up (402)${said(this.response)}; check your plan at Scenario`
  }
}

/** `403`: wrong scope or project, or ids of another project. @category reasons @since 0.1.0 */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", answered) {
  override get message(): string {
    return `not allowed (403)${said(this.response)}; check the project id, the scope of the API key, and that the ids belong to that project`
  }
}

/** `404`: unknown job or asset. @category reasons @since 0.1.0 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", answered) {
  override get message(): string {
    return `not found (404)${said(this.response)}; check the id, and the project of the API key`
  }
}

/** `429`: too many calls; `retryAfter` is the server's wish, where it gave one. @category reasons @since 0.1.0 */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  ...answered,
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  override get message(): string {
    const when = this.retryAfter === undefined ? "later" : `in ${Duration.format(this.retryAfter)}`
    return `too many requests (429)${said(this.response)}; try again ${when}`
  }
}

/** Any other `4xx`: the call itself was refused, such as `400` for a format an asset has not. `408` may pass. @category reasons @since 0.1.0 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  ...answered,
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  override get message(): string {
    return `the request was rejected (${this.response.status})${said(this.response)}; change the request`
  }
}

/** `5xx`; `retryAfter` is the server's wish, where it gave one. @category reasons @since 0.1.0 */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", {
  ...answered,
  retryAfter: Schema.optionalKey(Schema.Duration)
}) {
  override get message(): string {
    return `the server failed (${this.response.status})${said(this.response)}; try again later`
  }
}

/**
 * An answer that is no answer: a redirect, a status outside the protocol, malformed JSON, another shape than documented, or
 * more than 16 MiB.
 *
 * @category reasons
 * @since 0.1.0
 */
export class InvalidResponse extends Schema.TaggedError<InvalidResponse>()("InvalidResponse", {
  ...answered,
  /** What was expected and not found. */
  description: Schema.String,
  /** Bytes: where the answer is longer than this. */
  limit: Schema.optionalKey(Schema.Int)
}) {
  override get message(): string {
    return (
      `unexpected response (${this.response.status}): ${this.description}${request(this.response)}; ` +
      "check the base URL, and try again later"
    )
  }
}

const fault = {
  description: Schema.String,
  /** What the system, TLS or the HTTP client calls it, such as `ECONNREFUSED`. */
  code: Schema.optionalKey(Schema.String),
  /** The call of the system that failed, such as `connect`. */
  syscall: Schema.optionalKey(Schema.String),
  /** The error of the HTTP client, without secrets. */
  cause: Schema.optionalKey(Schema.Defect())
}

/** No answer: the connection could not be made, or broke. @category reasons @since 0.1.0 */
export class ConnectionFailed extends Schema.TaggedError<ConnectionFailed>()("ConnectionFailed", {
  ...fault,
  /** Whether the request may have reached the server. `false` for a refused connection or an unknown host. */
  maybeSent: Schema.Boolean
}) {
  override get message(): string {
    return `cannot connect: ${this.description}; check the network and the base URL`
  }
}

/** The server's certificate is not to be trusted; nothing was sent. @category reasons @since 0.1.0 */
export class UntrustedHost extends Schema.TaggedError<UntrustedHost>()("UntrustedHost", fault) {
  override get message(): string {
    return `the server's certificate is not trusted: ${this.description}; check the base URL and any proxy, or add the certificate with NODE_EXTRA_CA_CERTS`
  }
}

/** The HTTP client refused to send the request, such as for a header that is none; nothing was sent. @category reasons @since 0.1.0 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", fault) {
  override get message(): string {
    return `the request cannot be sent: ${this.description}; check the base URL, and what the HTTP client adds to requests`
  }
}

/** The time limit of the whole call ran out. @category reasons @since 0.1.0 */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", { limit: Schema.Duration }) {
  override get message(): string {
    return `no response within ${Duration.format(this.limit)}; try again later, or with a longer time limit`
  }
}

/** More ids than one batch may hold; nothing was sent. @category reasons @since 0.1.0 */
export class BatchTooLarge extends Schema.TaggedError<BatchTooLarge>()("BatchTooLarge", {
  size: Schema.Int,
  limit: Schema.Int
}) {
  override get message(): string {
    return (
      `${this.size} ids exceed the limit of ${this.limit} per batch, and nothing was sent; ` +
      "split the selection with Selection.batches, or use Archives"
    )
  }
}

/** The server's own words, where it has some, in at most 200 characters of one line. */
const said = (response: ResponseDetails): string => {
  const words = sentence(response.body)
  return (words === undefined ? "" : `: ${JSON.stringify(words)}`) + request(response)
}

const request = ({ requestId }: ResponseDetails): string => (requestId === undefined ? "" : ` [request ${requestId}]`)

const Body = Schema.fromJsonString(
  Schema.Struct({
    error: Schema.optionalKey(Schema.Unknown),
    apiError: Schema.optionalKey(Schema.Unknown),
    message: Schema.optionalKey(Schema.Unknown),
    reason: Schema.optionalKey(Schema.Unknown)
  })
)
const decodeBody = Schema.decodeUnknownOption(Body)

const sentence = (body: string): string | undefined => {
  const decoded = decodeBody(body)
  if (decoded._tag === "None") return undefined
  const { apiError, error, message, reason } = decoded.value
  const words = [message, reason, error, apiError].find((value) => typeof value === "string" && value !== "")
  return typeof words === "string" ? words.replace(/\s+/g, " ").slice(0, 200) : undefined
}
