/** An answer whose body is read from a connection of ours. */
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import type { GatheredBody } from "./GatheredBody.ts"

const utf8 = new TextDecoder()

type Body<A> = Effect.Effect<A, HttpClientError.HttpClientError>

export class Http1Response extends Inspectable.Class implements HttpClientResponse.HttpClientResponse, Pipeable {
  readonly [HttpIncomingMessage.TypeId] = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId] = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: string
  readonly status: number
  readonly headers: Headers.Headers
  readonly remoteAddress = Option.none<string>()
  readonly #setCookies: ReadonlyArray<string>
  readonly #body: GatheredBody
  #bytes: Body<Uint8Array<ArrayBuffer>> | undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    url: URL,
    status: number,
    headers: ReadonlyArray<readonly [name: string, value: string]>,
    body: GatheredBody
  ) {
    super()
    this.request = request
    this.url = url.href.slice(0, url.href.length - url.hash.length)
    this.status = status
    this.headers = Headers.fromInput(joined(headers))
    this.#setCookies = headers.flatMap(([name, value]) => (name === "set-cookie" ? [value] : []))
    this.#body = body
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#setCookies)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    return Stream.fromPull(Effect.succeed(this.#body.pull((cause) => this.#undecodable(cause))))
  }

  get bytes(): Body<Uint8Array<ArrayBuffer>> {
    return (this.#bytes ??= this.#body.whole((cause) => this.#undecodable(cause)))
  }

  get arrayBuffer(): Body<ArrayBuffer> {
    return Effect.map(this.bytes, ({ buffer }) => buffer)
  }

  get text(): Body<string> {
    return Effect.map(this.bytes, (bytes) => utf8.decode(bytes))
  }

  get json(): Body<Schema.Json> {
    return Effect.flatMap(this.text, (text) =>
      this.#attempt((): Schema.Json => (text === "" ? null : JSON.parse(text)))
    )
  }

  get urlParamsBody(): Body<UrlParams.UrlParams> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Body<FormData> {
    return Effect.flatMap(this.bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(bytes, { headers: { "content-type": this.headers["content-type"] ?? "" } }).formData(),
        catch: (cause) => this.#undecodable(cause)
      })
    )
  }

  get upgrade(): Effect.Effect<Socket.Socket, HttpClientError.HttpClientError> {
    const description = "connections are not handed over"
    const reason = new HttpClientError.StatusCodeError({ request: this.request, response: this, description })
    return Effect.fail(new HttpClientError.HttpClientError({ reason }))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  #attempt<A>(read: () => A): Body<A> {
    return Effect.try({ try: read, catch: (cause) => this.#undecodable(cause) })
  }

  #undecodable(cause: unknown): HttpClientError.HttpClientError {
    const reason = new HttpClientError.DecodeError({ request: this.request, response: this, cause })
    return new HttpClientError.HttpClientError({ reason })
  }
}

/** One value a name: several are joined by commas (RFC 9110, 5.2). */
const joined = (headers: ReadonlyArray<readonly [string, string]>): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (const [name, value] of headers) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return values
}
