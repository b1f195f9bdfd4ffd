/**
 * How bytes are asked of a storage host: with no credential, and telling nothing about the program that asks.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Client from "../http/Client.ts"
import * as Http from "../http/Http.ts"
import type { SignedUrl } from "../SignedUrl.ts"

/**
 * What is asked for beside the link.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Sent with the request, beside what HTTP itself needs. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The most bytes of the body to gather before they are handed on, and about as many as to read ahead. A client that cannot
   * choose leaves it. Default: as many as suit the client.
   */
  readonly pieceSize?: number | undefined
}

/**
 * The answer of a storage host, whatever its status.
 *
 * @category models
 * @since 0.1.0
 */
export interface StorageResponse {
  readonly status: number
  /** Names in small letters; the values of one that came several times are joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The bytes as they come, to be read once. */
  readonly body: Stream.Stream<Uint8Array, StorageError>
}

/**
 * An exchange with a storage host that gave no answer, or not all of it. It never names the link.
 *
 * @category errors
 * @since 0.1.0
 */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  /**
   * How far it had come: the request cannot be sent at all, and to try again helps nobody (`request`); it was not sent, because
   * no connection was made (`connect`); it may have been sent, and there is no answer (`response`); the body broke (`body`).
   */
  phase: Schema.Literals(["request", "connect", "response", "body"]),
  /** What happened, in the words of the innermost cause. */
  description: Schema.String,
  /** The code of the system, of TLS, or of the client, such as `ECONNRESET`. */
  code: Schema.optionalKey(Schema.String),
  /** The call of the system that failed, such as `connect` or `getaddrinfo`. */
  syscall: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    return `Storage: ${this.description}.`
  }

  /** Whether the host, or a proxy on the way, has a certificate that is not to be trusted. */
  get isUntrusted(): boolean {
    return this.code !== undefined && Http.isUntrusted(this.code)
  }
}

/**
 * One request to a storage host. A link is sent as it was signed. No redirect is followed, nothing is decoded and nothing
 * tried again: all that is `Transfer`'s. The connection is given up with the scope, whether or not the body was read.
 *
 * @category services
 * @since 0.1.0
 */
export class StorageClient extends Context.Service<
  StorageClient,
  {
    readonly get: (link: SignedUrl, options: Options) => Effect.Effect<StorageResponse, StorageError, Scope.Scope>
  }
>()("@scenario-assets/core/transfer/StorageClient") {}

/**
 * A storage client on any `HttpClient`. It removes credentials and trace headers that the client adds, opens no client span (a
 * span would hold the link), asks for bytes as they are stored, and does not let `fetch` follow redirects. Of a
 * `FetchHttpClient.RequestInit` only `dispatcher`, `keepalive` and `cache` have an effect: `fetch` would add its headers after
 * all else.
 *
 * **Gotchas**
 *
 * An `HttpClient` takes a link apart and writes it anew by the rules of `URL`: `'` in a query becomes `%27`, and `/a/../b`
 * becomes `/b`. Links of CloudFront, S3 and Google Cloud Storage survive that; a host that signs other characters may refuse
 * the link. Bytes come in the pieces that the client gives, whatever `pieceSize` says, and where it decodes what was not asked
 * to be encoded, or follows redirects by itself, that cannot be seen here. How far a failed request had come is told by the
 * cause, as far as the client gives one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromHttpClient = (client: HttpClient.HttpClient): StorageClient["Service"] => {
  const scoped = HttpClient.withScope(
    client.pipe(
      HttpClient.mapRequest(HttpClientRequest.updateHeaders(Headers.removeMany(withheld))),
      Client.withRequestInit(transportOnly),
      HttpClient.transform(Effect.provideService(HttpClient.TracerDisabledWhen, () => true))
    )
  )
  return {
    get: (link, { headers }) =>
      scoped
        .execute(
          HttpClientRequest.get(Redacted.value(link), { headers: { ...headers, "accept-encoding": "identity" } })
        )
        .pipe(
          Effect.mapError(toStorageError("response")),
          Effect.map(({ headers, status, stream }) => ({
            status,
            headers,
            body: Stream.mapError(stream, toStorageError("body"))
          }))
        )
  }
}

/**
 * The storage client on the `HttpClient` of the context: {@link fromHttpClient}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerHttpClient: Layer.Layer<StorageClient, never, HttpClient.HttpClient> = Layer.effect(
  StorageClient,
  Effect.map(HttpClient.HttpClient, fromHttpClient)
)

const withheld = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-api-key",
  "traceparent",
  "tracestate",
  "b3",
  "baggage"
]

/** What says how bytes travel, and nothing of what is sent with them. */
const transportOnly = (given: RequestInit): RequestInit => ({
  ...Object.fromEntries(Object.entries(given).filter(([name]) => /^(?:dispatcher|keepalive|cache)$/.test(name))),
  redirect: "manual",
  credentials: "omit",
  referrerPolicy: "no-referrer"
})

const toStorageError =
  (phase: "response" | "body") =>
  (error: HttpClientError): StorageError => {
    const { code, description, kind, syscall } = Http.failureOf(error)
    return new StorageError({
      phase: kind === "unsendable" ? "request" : phase === "response" && kind !== "broken" ? "connect" : phase,
      description,
      ...(code === undefined ? {} : { code }),
      ...(syscall === undefined ? {} : { syscall })
    })
  }
