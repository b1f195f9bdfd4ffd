/**
 * An `HttpClient` that speaks HTTP/1.1 on sockets which are read into memory used again and again. A general client makes
 * fresh buffers for every read; at the speed of a disk that costs more than all the rest together.
 */
import { GatherLimit } from "@scenario-assets/core/transfer/StorageClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type * as Scope from "effect/Scope"
import * as Buffers from "./Buffers.ts"
import { type Connection, Connections } from "./Connections.ts"
import { GatheredBody } from "./GatheredBody.ts"
import { Http1Response } from "./Http1Response.ts"
import { ResponseReader } from "./ResponseReader.ts"

/** A client with connections of its own, which end with the scope. */
export const make: Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new Connections()),
    (connections) => Effect.sync(() => connections.close())
  ),
  (connections) =>
    HttpClient.make((request, url, signal) =>
      Effect.withFiber((fiber) => {
        const gathering = { buffers: fiber.getRef(Buffers.Current), most: fiber.getRef(GatherLimit) }
        return exchange(connections, gathering, request, url, signal)
      })
    )
)

/** How bodies are gathered: in which buffers, and how much of them. */
interface Gathering {
  readonly buffers: Buffers.Buffers
  readonly most: number
}

const exchange = (
  connections: Connections,
  { buffers, most }: Gathering,
  request: HttpClientRequest,
  url: URL,
  signal: AbortSignal
) =>
  Effect.callback<Http1Response, HttpClientError.HttpClientError>((resume) => {
    let connection: Connection
    let body: GatheredBody | undefined
    /** A response that nobody knows of yet. */
    let response: Http1Response | undefined
    let isOver = false
    /** Such a request may be sent once more by itself (RFC 9110, 9.2.2). */
    const isRepeatable = request.method === "GET"

    const finish = () => {
      isOver = true
      signal.removeEventListener("abort", onAbort)
    }
    const fail = (cause: Error) => {
      if (isOver) return
      finish()
      connection.socket.destroy()
      if (body !== undefined) return body.fail(cause)
      const reason = new HttpClientError.TransportError({ request, cause })
      resume(Effect.fail(new HttpClientError.HttpClientError({ reason })))
    }
    const onAbort = () => fail(new Error("the exchange was ended"))

    const reader = new ResponseReader({
      onHead: (status, headers) => {
        body = new GatheredBody(buffers, most, () => {
          if (!isOver) connection.socket.resume()
        })
        response = new Http1Response(request, url, status, headers, body)
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

    const send = ({ body, head }: Message) => {
      connection = connections.take(
        url,
        {
          onBytes: (bytes) => {
            reader.push(bytes)
            // Only now, so that a body that came along with the head need not be waited for.
            if (response !== undefined) {
              resume(Effect.succeed(response))
              response = undefined
            }
            return isOver || !isCrowded()
          },
          onEnd: () => {
            if (!mayRepeat()) return reader.close()
            connection.socket.destroy()
          },
          onClose: (error) => {
            if (isOver) return
            if (mayRepeat()) return send({ body, head })
            fail(error ?? new Error("the host closed the connection"))
          }
        },
        isRepeatable
      )
      connection.socket.cork()
      connection.socket.write(head, "latin1")
      if (body !== undefined) connection.socket.write(body)
      connection.socket.uncork()
    }
    const isCrowded = () => body?.isCrowded === true
    /** The host closed it while the request was on its way (RFC 9112, 9.3.1). */
    const mayRepeat = () => isRepeatable && connection.isReused && reader.isUntouched

    const message = messageOf(request, url)
    if (message instanceof HttpClientError.HttpClientError) return resume(Effect.fail(message))
    signal.addEventListener("abort", onAbort, { once: true })
    send(message)
    return Effect.sync(onAbort)
  })

interface Message {
  readonly head: string
  readonly body: Uint8Array | undefined
}

/** What is sent; nothing of it can be understood in another way than it was meant. */
const messageOf = (request: HttpClientRequest, url: URL): Message | HttpClientError.HttpClientError => {
  const { body, method } = request
  const refuse = (description: string) =>
    new HttpClientError.HttpClientError({ reason: new HttpClientError.EncodeError({ request, description }) })
  if (method === "HEAD" || method === "TRACE") return refuse(`${method} is not spoken here`)
  if (body._tag !== "Empty" && body._tag !== "Uint8Array") return refuse("a body must be bytes or text")
  const { "content-length": _, host: __, ...given } = request.headers
  const headers = Object.entries({ host: url.host, ...given })
  if (body._tag === "Uint8Array") headers.push(["content-length", String(body.body.length)])
  else if (method !== "GET") headers.push(["content-length", "0"])
  const isProper = headers.every(
    ([name, value]) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
  )
  if (!isProper) return refuse("a header cannot be sent: it is not proper HTTP/1.1")
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    head: `${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n`,
    body: body._tag === "Uint8Array" ? body.body : undefined
  }
}
