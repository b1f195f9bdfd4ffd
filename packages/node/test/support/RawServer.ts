/** A storage host on a TCP port that says exactly what it is told to, byte by byte: HTTP libraries are too polite for that. */
import * as Net from "node:net"
import type { Transfer } from "@scenario-assets/core"
import { Effect, type Scope } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

export interface Request {
  readonly line: string
  readonly headers: Readonly<Record<string, string>>
}

/** What is sent for one request, and what becomes of the connection; it stays open unless told otherwise. */
export interface Answer {
  readonly send: string | Buffer | ReadonlyArray<string | Buffer>
  readonly ending?: "end" | "reset" | undefined
}

export type Script = (request: Request) => Answer

export interface RawServer {
  readonly origin: string
  readonly requests: ReadonlyArray<Request>
  /** How many connections were made. */
  readonly connections: () => number
  /** What stands under the server's link; links are made anew without end. */
  readonly source: Transfer.Source
}

/** Each request gets the next script; when they are used up, the last one again. */
export const make = (scripts: ReadonlyArray<Script>): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(listen(scripts), ({ server, sockets }) =>
      Effect.callback<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
    ),
    ({ connections, origin, requests }): RawServer => ({
      origin,
      requests,
      connections,
      source: { refresh: Effect.sync(() => signedUrl(`${origin}/object.zip?signature=x`)) }
    })
  )

const listen = (scripts: ReadonlyArray<Script>) =>
  Effect.callback<{
    readonly server: Net.Server
    readonly sockets: ReadonlySet<Net.Socket>
    readonly origin: string
    readonly requests: ReadonlyArray<Request>
    readonly connections: () => number
  }>((resume) => {
    const sockets = new Set<Net.Socket>()
    const requests: Array<Request> = []
    let connections = 0
    const server = Net.createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      connections++
      socket.on("error", () => undefined)
      socket.on("close", () => sockets.delete(socket))
      let text = ""
      socket.setEncoding("latin1").on("data", (chunk) => {
        text += String(chunk)
        const end = text.indexOf("\r\n\r\n")
        if (end === -1) return
        const request = parse(text.slice(0, end))
        text = text.slice(end + 4)
        requests.push(request)
        const script = scripts[Math.min(requests.length, scripts.length) - 1]
        if (script !== undefined) say(socket, script(request))
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(
        Effect.succeed({
          server,
          sockets,
          origin: `http://127.0.0.1:${port}`,
          requests,
          connections: () => connections
        })
      )
    })
  })

/** Several parts are several packets, as far as a system allows. */
const say = (socket: Net.Socket, { send, ending }: Answer): void => {
  const parts = typeof send === "string" || Buffer.isBuffer(send) ? [send] : [...send]
  const next = () => {
    const part = parts.shift()
    if (part !== undefined) return socket.write(part, "latin1", () => setImmediate(next))
    if (ending === "end") return socket.end()
    if (ending === "reset") return socket.resetAndDestroy()
    return undefined
  }
  next()
}

const parse = (head: string): Request => {
  const [line = "", ...lines] = head.split("\r\n")
  const headers = lines.map((header) => {
    const colon = header.indexOf(":")
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const
  })
  return { line, headers: Object.fromEntries(headers) }
}

/** A response with these lines in its head. */
export const respond = (status: string, headers: ReadonlyArray<string>, body: Buffer | string = ""): Buffer =>
  Buffer.concat([
    Buffer.from([`HTTP/1.1 ${status}`, ...headers, "", ""].join("\r\n"), "latin1"),
    typeof body === "string" ? Buffer.from(body, "latin1") : body
  ])

/** A host as it should be: whole, or from where it is asked, of this version of the object. */
export const honest =
  (object: Buffer, etag = '"v1"'): Script =>
  ({ headers }) => {
    const parts = /^bytes=(\d+)-(\d*)$/.exec(headers["range"] ?? "")
    const isSame = headers["if-range"] === undefined || headers["if-range"] === etag
    if (parts === null || !isSame) {
      return {
        send: respond("200 OK", [`Content-Length: ${object.length}`, `ETag: ${etag}`, "Accept-Ranges: bytes"], object)
      }
    }
    const start = Number(parts[1])
    const end = parts[2] === "" ? object.length : Number(parts[2]) + 1
    if (start >= object.length) {
      return { send: respond("416 No", [`Content-Range: bytes */${object.length}`, "Content-Length: 0"]) }
    }
    const body = object.subarray(start, end)
    const range = `Content-Range: bytes ${start}-${start + body.length - 1}/${object.length}`
    return { send: respond("206 Partial Content", [`Content-Length: ${body.length}`, range, `ETag: ${etag}`], body) }
  }
