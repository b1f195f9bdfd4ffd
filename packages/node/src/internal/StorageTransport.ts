/**
 * An `HttpClient` for few large bodies: GET by HTTP/1.1, on sockets that are read into memory used again and again. A general
 * client makes fresh buffers for every read; at the speed of a disk that costs more than all the rest together.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Connection, Connections } from "./Connections.ts"
import { GatheredBody } from "./GatheredBody.ts"
import { ResponseReader } from "./ResponseReader.ts"

export const make: Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Connections()),
    (connections) => Effect.sync(() => connections.close())
  ),
  (connections) => HttpClient.make((request, url, signal) => exchange(connections, request, url, signal))
)

const exchange = (connections: Connections, request: HttpClientRequest, url: URL, signal: AbortSignal) =>
  Effect.callback<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>((resume) => {
    let connection: Connection
    let body: GatheredBody | undefined
    let isOver = false

    const finish = () => {
      isOver = true
      signal.removeEventListener("abort", onAbort)
    }
    const fail = (cause: Error) => {
      if (isOver) return
      finish()
      connection?.socket.destroy()
      if (body !== undefined) return body.fail(cause)
      const reason = new HttpClientError.TransportError({ request, cause })
      resume(Effect.fail(new HttpClientError.HttpClientError({ reason })))
    }
    const onAbort = () => fail(new Error("the exchange was ended"))

    const reader = new ResponseReader({
      onHead: (status, headers) => {
        body = new GatheredBody(() => {
          if (!isOver) connection.socket.resume()
        })
        resume(Effect.succeed(respond(request, status, headers, body)))
      },
      onBody: (bytes) => body?.push(bytes),
      onEnd: (reusable) => {
        finish()
        if (reusable) connections.keep(url, connection)
        else connection.socket.destroy()
        body?.end()
      },
      onFault: fail
    })

    const send = (head: string) => {
      connection = connections.take(url, {
        onBytes: (bytes) => {
          reader.push(bytes)
          return isOver || !body?.isCrowded
        },
        onEnd: () => reader.close(),
        onClose: (error) => {
          if (isOver) return
          // The host closed it while the request was on its way (RFC 9112, 9.3.1).
          if (connection.isReused && reader.isUntouched) return send(head)
          fail(error ?? new Error("the host closed the connection"))
        }
      })
      connection.socket.write(head, "latin1")
    }

    const head = requestHead(request, url)
    if (typeof head !== "string") return resume(Effect.fail(head))
    signal.addEventListener("abort", onAbort, { once: true })
    send(head)
    return Effect.sync(onAbort)
  })

/** What is sent; nothing of it can be understood in another way than it was meant. */
const requestHead = (request: HttpClientRequest, url: URL): string | HttpClientError.HttpClientError => {
  const refuse = (description: string) =>
    new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, description }) })
  if (request.method !== "GET" || request.body._tag !== "Empty") return refuse("a storage host is asked by GET alone")
  const headers = Object.entries({ host: url.host, ...request.headers })
  const isProper = headers.every(
    ([name, value]) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
  )
  if (!isProper) return refuse("a header cannot be sent: it is not proper HTTP/1.1")
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`
}

/** A web response gives everything but the stream, whose place the gathered body takes. */
const respond = (
  request: HttpClientRequest,
  status: number,
  headers: ReadonlyArray<readonly [string, string]>,
  body: GatheredBody
): HttpClientResponse.HttpClientResponse => {
  const stream: Stream.Stream<Uint8Array, HttpClientError.HttpClientError> = Stream.fromPull(
    Effect.succeed(
      body.pull(
        (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.DecodeError({ request, response, cause }) })
      )
    )
  )
  // Nothing is read from it unless somebody asks for text or JSON.
  const readable = Stream.toReadableStream(stream, { strategy: { highWaterMark: 0 } })
  const hasBody = status !== 204 && status !== 205 && status !== 304
  const response = HttpClientResponse.fromWeb(
    request,
    new Response(hasBody ? readable : null, { status, headers: headers.map(([name, value]) => [name, value]) })
  )
  return Object.defineProperty(response, "stream", { get: () => stream })
}
