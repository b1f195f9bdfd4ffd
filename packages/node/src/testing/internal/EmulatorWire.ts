/**
 * Requests and replies of the emulator as Node's HTTP server has them.
 *
 * @since 0.1.0
 */
import type * as Http from "node:http"
import type * as Net from "node:net"
import * as Content from "@scenario-assets/core/engine/testing/Content"
import * as Reply from "@scenario-assets/core/engine/testing/Reply"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Stream from "effect/Stream"

/** The TCP connections of a server, by the port of the other side. Over TLS the socket of a response is another one. */
export type Connections = ReadonlyMap<number, Net.Socket>

export const connectionsOf = (server: Net.Server): Connections => {
  const connections = new Map<number, Net.Socket>()
  server.on("connection", (socket) => {
    const port = socket.remotePort
    if (port === undefined) return
    connections.set(port, socket)
    socket.once("close", () => connections.delete(port))
  })
  return connections
}

export const toHeaders = (headers: Http.IncomingHttpHeaders): Headers.Headers => Headers.fromInput(headers)

/** The whole body of a request, at most 16 MiB of it. */
export const readBody = (request: Http.IncomingMessage): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    request.on("data", (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= largestBody) chunks.push(chunk)
    })
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  })

const largestBody = 16 * 1024 * 1024

/** Sends a reply, and ends it as it says. */
export const send = (
  reply: Reply.Reply,
  response: Http.ServerResponse,
  connections: Connections
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { ending } = reply
    if (ending._tag === "drop") return hangUp(response)
    if (ending._tag === "stall" && ending.after === 0) return yield* Effect.never

    writeHead(reply, response)
    yield* reply.bytesPerSecond === undefined
      ? writeAll(response, Content.chunks(reply.body, ...Reply.sent(reply), { reuse: true }))
      : Stream.runForEach(Reply.stream(reply), (bytes) => writeAll(response, [bytes].values()))
    switch (ending._tag) {
      case "complete":
        return finish(reply, response)
      case "cut":
        return hangUp(response)
      case "stall":
        return yield* Effect.never
      case "reset": {
        yield* Effect.sleep(timeForTheLastBytes)
        const { socket } = response
        const connection = connections.get(socket?.remotePort ?? 0) ?? socket
        connection?.resetAndDestroy()
      }
    }
  })

/** A reset takes what the kernel has not yet delivered; on the loopback this is time enough. */
const timeForTheLastBytes = "20 millis"

/** The head goes out together with the first bytes of the body; alone only where none come. */
const writeHead = (reply: Reply.Reply, response: Http.ServerResponse): void => {
  const { headers, status } = reply
  if (headers["content-length"] === undefined && status !== 204 && status !== 304) {
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
  }
  response.writeHead(status, headers)
  const [from, to] = Reply.sent(reply)
  if (from === to && reply.ending._tag !== "complete") response.flushHeaders()
}

/** One chunk at a time, and without an effect for each: this is the hot path of benchmarks. */
const writeAll = (response: Http.ServerResponse, chunks: Iterator<Uint8Array>): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const next = (): void => {
      const { done, value } = chunks.next()
      if (done === true) resume(Effect.void)
      else response.write(value, next)
    }
    next()
  })

/** A connection whose last message was not as long as it said cannot be used again. */
const finish = (reply: Reply.Reply, response: Http.ServerResponse): void => {
  const declared = reply.headers["content-length"]
  const [from, to] = reply.range
  const honest = declared === undefined || response.req.method === "HEAD" || Number(declared) === to - from
  if (honest) response.end()
  else hangUp(response)
}

/** Closes the connection in good order, once everything written is sent. */
const hangUp = (response: Http.ServerResponse): void => response.socket?.destroySoon()
