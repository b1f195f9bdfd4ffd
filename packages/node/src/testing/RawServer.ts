/**
 * A server on a port of this machine that writes exactly the bytes it is given. HTTP libraries are too polite to play a broken
 * host: they correct lengths, names of headers and the ends of bodies.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import * as SignedUrl from "@scenario-assets/core/SignedUrl"
import type { Source } from "@scenario-assets/core/transfer/Source"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"

/**
 * A request, as it was received.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request {
  /** Which request to the server it is, from 0. */
  readonly number: number
  /** Which connection it came on, from 0. */
  readonly connection: number
  readonly method: string
  /** Byte for byte, such as `/a%20b.zip?signature=x`. */
  readonly target: string
  /** Names in lower case; the values of a name that occurs twice are joined with commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The request line and the headers as they were sent, in Latin-1, without the empty line behind them. */
  readonly head: string
  /** As long as `Content-Length` says; a chunked body is not understood. */
  readonly body: Uint8Array
}

/**
 * What is written, and what becomes of the connection.
 *
 * **Gotchas**
 *
 * A reset may discard bytes on both sides that nobody has read yet. Where the client must have received them, close the connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  /** The whole response, from its status line on. Strings are Latin-1; the pieces of a list are sent one after another. */
  readonly send: string | Uint8Array | ReadonlyArray<string | Uint8Array>
  /** Default: the connection stays open, so a client that was promised more bytes waits for them. */
  readonly ending?: "close" | "reset" | undefined
}

/**
 * How the server answers a request.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler = (request: Request) => Answer

/**
 * A running server.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawServer {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  /** A link to `/object.zip`, and as many fresh ones as a transfer asks for. */
  readonly source: Source
  /** All requests so far, the oldest first. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** How many connections were made. */
  readonly connectionCount: Effect.Effect<number>
}

/**
 * Starts a server on a free port of `127.0.0.1` that runs as long as the scope is open. Closing it ends all connections at once.
 *
 * **When to use**
 *
 * To see what a program makes of a host that no emulator plays: of malformed heads, wrong lengths, answers cut anywhere.
 *
 * **Example** (A host that hangs up in the middle)
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import { ScenarioConfig, Transfer } from "@scenario-assets/core"
 * import { NodeScenario } from "@scenario-assets/node"
 * import { RawServer } from "@scenario-assets/node/testing"
 * import { Effect, Layer, Redacted, Stream } from "effect"
 *
 * const ScenarioTest = NodeScenario.layerServices().pipe(
 *   // The links are `http`, which is refused unless the API is `http` as well.
 *   Layer.provide(ScenarioConfig.layer({ baseUrl: "http://127.0.0.1:9/v1", bearerToken: Redacted.make("token") }))
 * )
 *
 * it.live("resumes where a host hangs up in the middle", () =>
 *   Effect.gen(function* () {
 *     const bytes = Buffer.alloc(100_000, "scenario")
 *     const head = [`Content-Length: ${bytes.length}`, 'ETag: "v1"']
 *     const half: RawServer.Answer = {
 *       send: RawServer.response("200 OK", head, bytes.subarray(0, 50_000)),
 *       ending: "close"
 *     }
 *     const server = yield* RawServer.make(RawServer.sequence(half, RawServer.object(bytes)))
 *     const transfer = yield* Transfer.Transfer
 *     const chunks = yield* Stream.runCollect(transfer.bytes(server.source))
 *     assert.isTrue(Buffer.concat(chunks).equals(bytes))
 *     const ranges = (yield* server.requests).map(({ headers }) => headers["range"])
 *     assert.deepStrictEqual(ranges, [undefined, "bytes=50000-"])
 *   }).pipe(Effect.scoped, Effect.provide(ScenarioTest))
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (handler: Handler): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const requests: Array<Request> = []
    const sockets = new Set<Net.Socket>()
    let connections = 0
    const server = Net.createServer({ noDelay: true }, (socket) => {
      const connection = connections++
      sockets.add(socket)
      socket.on("error", () => undefined)
      socket.on("close", () => sockets.delete(socket))
      let received = ""
      socket.setEncoding("latin1").on("data", (text) => {
        received += String(text)
        for (let next = parse(received); next !== undefined; next = parse(received)) {
          received = received.slice(next.length)
          const request = { ...next.request, number: requests.length, connection }
          requests.push(request)
          write(socket, handler(request))
        }
      })
    })
    const listen = Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    })
    const close = Effect.callback<void>((resume) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resume(Effect.void))
    })
    yield* Effect.acquireRelease(listen, () => close)
    const address = server.address()
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    const url = Result.getOrThrow(SignedUrl.make(`${origin}/object.zip?signature=x`))
    return {
      origin,
      source: { refresh: Effect.succeed(url) },
      requests: Effect.sync(() => [...requests]),
      connectionCount: Effect.sync(() => connections)
    }
  })

/**
 * The bytes of a response: its status line and headers as they are given, and nothing that is not.
 *
 * @category constructors
 * @since 0.1.0
 */
export const response = (status: string, headers: ReadonlyArray<string>, body: string | Uint8Array = ""): Uint8Array =>
  Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, ...headers, "", ""].join("\r\n"), "latin1"),
    typeof body === "string" ? Buffer.from(body, "latin1") : body
  ])

/**
 * One answer for each request in turn; the last one for all further requests.
 *
 * @category handlers
 * @since 0.1.0
 */
export const sequence =
  (...answers: ReadonlyArray<Answer | Handler>): Handler =>
  (request) => {
    const answer = answers[request.number] ?? answers.at(-1) ?? { send: [] }
    return typeof answer === "function" ? answer(request) : answer
  }

/**
 * A host as it should be: the whole object, or from the byte it is asked for, with an `ETag` (default `"v1"`) that `If-Range` is
 * compared with. Other handlers call it for the requests they do not spoil.
 *
 * @category handlers
 * @since 0.1.0
 */
export const object =
  (bytes: Uint8Array, etag = '"v1"'): Handler =>
  ({ headers }) => {
    const { length } = bytes
    const [range, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(headers["range"] ?? "") ?? []
    const isSame = headers["if-range"] === undefined || headers["if-range"] === etag
    if (range === undefined || first + last === "" || !isSame) {
      return { send: response("200 OK", [`Content-Length: ${length}`, `ETag: ${etag}`, "Accept-Ranges: bytes"], bytes) }
    }
    const start = first === "" ? Math.max(0, length - Number(last)) : Number(first)
    const body = bytes.subarray(start, first === "" || last === "" ? length : Number(last) + 1)
    if (body.length === 0) {
      return { send: response("416 Range Not Satisfiable", [`Content-Range: bytes */${length}`, "Content-Length: 0"]) }
    }
    const contentRange = `Content-Range: bytes ${start}-${start + body.length - 1}/${length}`
    return {
      send: response("206 Partial Content", [`Content-Length: ${body.length}`, contentRange, `ETag: ${etag}`], body)
    }
  }

/** The first request of a text, once it is there as a whole, and how much of the text it takes. */
const parse = (text: string) => {
  const end = text.indexOf("\r\n\r\n")
  if (end === -1) return undefined
  const head = text.slice(0, end)
  const [method = "", target = ""] = head.split(/[ \r]/, 2)
  const headers: Record<string, string> = {}
  for (const [, name = "", value = ""] of head.matchAll(/^([^:\s]+):[ \t]*(.*?)[ \t]*$/gm)) {
    const key = name.toLowerCase()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const length = end + 4 + (Number(headers["content-length"]) || 0)
  if (text.length < length) return undefined
  const body = Buffer.from(text.slice(end + 4, length), "latin1")
  return { length, request: { method, target, headers, head, body } }
}

/** Several pieces are several packets, as far as a system allows. */
const write = (socket: Net.Socket, { ending, send }: Answer): void => {
  const pieces = typeof send === "string" || send instanceof Uint8Array ? [send] : [...send]
  const next = () => {
    const piece = pieces.shift()
    if (piece !== undefined) socket.write(piece, "latin1", () => setImmediate(next))
    else if (ending === "close") socket.end()
    else if (ending === "reset") socket.resetAndDestroy()
  }
  next()
}
