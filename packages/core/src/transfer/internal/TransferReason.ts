/** The reasons of a `TransferError`. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { Algorithm } from "../Checksum.ts"

/** A fresh link was refused with 400, 401 or 403. This says nothing about the API key. @category reasons @since 0.1.0 */
export class AccessRefused extends Schema.TaggedError<AccessRefused>()("AccessRefused", {
  status: Schema.Int,
  /** The storage host's error code, such as `AccessDenied`. */
  code: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return (
      `refused a fresh link too (${this.status}${this.code === undefined ? "" : ` ${this.code}`}); ` +
      "the API key is not the cause: check this machine's clock and proxies, and try again later"
    )
  }
}

/** `404` or `410`. @category reasons @since 0.1.0 */
export class ObjectMissing extends Schema.TaggedError<ObjectMissing>()("ObjectMissing", { status: Schema.Int }) {
  override get message(): string {
    return `no longer has the object (${this.status}); request it again`
  }
}

/** A status that means nothing here. @category reasons @since 0.1.0 */
export class UnexpectedStatus extends Schema.TaggedError<UnexpectedStatus>()("UnexpectedStatus", {
  status: Schema.Int
}) {
  override get message(): string {
    return `responded with status ${this.status}; try again later`
  }
}

/** How `found` begins where the bytes are encoded. */
const encoded = "a body encoded with "

/** Something else than the object came, such as an HTML page. @category reasons @since 0.1.0 */
export class UnexpectedContent extends Schema.TaggedError<UnexpectedContent>()("UnexpectedContent", {
  expected: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    const next = this.found.startsWith(encoded)
      ? "check any proxy, which may have encoded it, and report it to Scenario if there is none"
      : "check for a proxy or a sign-in page in between"
    return `sent ${this.found} where ${this.expected} was expected; ${next}`
  }
}

/** More bytes than declared, or a length that nothing confirms. @category reasons @since 0.1.0 */
export class LengthMismatch extends Schema.TaggedError<LengthMismatch>()("LengthMismatch", {
  /** Bytes declared; none where no length was. */
  declared: Schema.optionalKey(Schema.Int),
  received: Schema.Int
}) {
  override get message(): string {
    return this.declared === undefined
      ? `declared no length, and nothing confirms that the ${this.received} bytes received are complete; try again later`
      : `declared ${this.declared} bytes and sent ${this.received}${this.received > this.declared ? " or more" : ""}; try again later`
  }
}

/** Another object stands behind the link than the one begun; bytes of the two are never joined. @category reasons @since 0.1.0 */
export class ObjectChanged extends Schema.TaggedError<ObjectChanged>()("ObjectChanged", { offset: Schema.Int }) {
  override get message(): string {
    return this.offset === 0
      ? "now has a different object than the one it described before; start the transfer again"
      : `has a different object than the one of which ${this.offset} bytes were received; start the transfer again`
  }
}

/** The host does not serve the part of the object that is missing, but at most the whole. @category reasons @since 0.1.0 */
export class RangesRefused extends Schema.TaggedError<RangesRefused>()("RangesRefused", {}) {
  override get message(): string {
    return "does not serve the missing part of the object; start the transfer again"
  }
}

/** All bytes came, and do not sum up to what the host declares. @category reasons @since 0.1.0 */
export class ChecksumMismatch extends Schema.TaggedError<ChecksumMismatch>()("ChecksumMismatch", {
  algorithm: Algorithm,
  /** In base64, as declared. */
  expected: Schema.String,
  actual: Schema.String
}) {
  override get message(): string {
    return `declares the ${this.algorithm} checksum ${this.expected}, but the bytes have ${this.actual}; start the transfer again`
  }
}

/** The time limit of the whole transfer ran out. @category reasons @since 0.1.0 */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", { limit: Schema.Duration }) {
  override get message(): string {
    return `did not send everything within ${Duration.format(this.limit)}; resume with a longer time limit`
  }
}

/** A redirect that is not followed. @category reasons @since 0.1.0 */
export class RedirectRefused extends Schema.TaggedError<RedirectRefused>()("RedirectRefused", {
  description: Schema.String
}) {
  override get message(): string {
    return `redirects ${this.description}, which is not followed; check any proxy, and report it to Scenario if it persists`
  }
}

/** The link itself is not followed: it is `http`, and the API's base URL is not. @category reasons @since 0.1.0 */
export class InsecureUrl extends Schema.TaggedError<InsecureUrl>()("InsecureUrl", {}) {
  override get message(): string {
    return "would be reached by http, without encryption, which is allowed only if the base URL is http too; check the base URL"
  }
}

/** The host's certificate is not to be trusted. @category reasons @since 0.1.0 */
export class UntrustedHost extends Schema.TaggedError<UntrustedHost>()("UntrustedHost", {
  description: Schema.String
}) {
  override get message(): string {
    return `has a certificate that is not trusted (${this.description}); check any proxy, or add the certificate with NODE_EXTRA_CA_CERTS`
  }
}

/** The HTTP client refused to send the request, such as for a header that is none. @category reasons @since 0.1.0 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  description: Schema.String
}) {
  override get message(): string {
    return `cannot be reached, because the request cannot be sent: ${this.description}; check what the HTTP client adds to requests`
  }
}

/** Every try since the last byte failed. @category reasons @since 0.1.0 */
export class RetriesExhausted extends Schema.TaggedError<RetriesExhausted>()("RetriesExhausted", {
  offset: Schema.Int,
  tries: Schema.Int,
  /** What went wrong last. */
  last: Schema.String
}) {
  override get message(): string {
    const tries = this.tries === 1 ? "1 attempt" : `${this.tries} attempts`
    return `sent no more bytes after ${this.offset} in ${tries} (last: ${this.last}); resume later`
  }
}
