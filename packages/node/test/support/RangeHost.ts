/** A storage host for one object, over real HTTP: with a fate for each request, and a record of what was asked and sent. */
import * as Http from "node:http"
import type { Transfer } from "@scenario-assets/core"
import { Effect, type Scope } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

/** A request, and how many bytes of a body were sent. */
export interface Asked {
  readonly range: string | undefined
  status: number
  sent: number
}

/** What becomes of one request; nothing special where nothing is said. */
export interface Fate {
  readonly status?: number
  /** Resets the connection after so many bytes of the body. */
  readonly cut?: number
  /** Sends so many bytes of the body, and then nothing. */
  readonly stall?: number
}

export interface RangeHost {
  readonly origin: string
  readonly source: Transfer.Source
  readonly asked: ReadonlyArray<Asked>
  /** May be replaced while the host runs. */
  object: Uint8Array
  etag: string
  ranges: boolean
  /** What becomes of the request with this number, from 0. */
  fate: (number: number, request: Http.IncomingMessage) => Fate
  /** Resets all connections. */
  readonly reset: () => void
  /** Waits until no answer is under way. */
  readonly idle: Effect.Effect<void>
  /** How many links were made. */
  readonly links: () => number
  /** What was asked and sent since this was last called. */
  readonly take: () => { readonly requests: number; readonly bytes: number }
}

export const make = (
  object: Uint8Array,
  options: Partial<Pick<RangeHost, "ranges" | "fate">> = {}
): Effect.Effect<RangeHost, never, Scope.Scope> =>
  Effect.map(Effect.acquireRelease(listen, close), (server): RangeHost => {
    const asked: Array<Asked> = []
    const underWay = new Set<Http.ServerResponse>()
    let watchers: Array<() => void> = []
    let links = 0
    let counted = 0
    const address = server.address()
    const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
    const host: RangeHost = {
      origin,
      asked,
      object,
      etag: '"1"',
      ranges: true,
      fate: () => ({}),
      ...options,
      source: { refresh: Effect.sync(() => signedUrl(`${origin}/a.zip?n=${links++}`)) },
      reset: () => server.closeAllConnections(),
      idle: Effect.callback((resume) => {
        if (underWay.size === 0) resume(Effect.void)
        else watchers.push(() => resume(Effect.void))
      }),
      links: () => links,
      take: () => {
        const fresh = asked.slice(counted)
        counted = asked.length
        return { requests: fresh.length, bytes: fresh.reduce((sum, { sent }) => sum + sent, 0) }
      }
    }
    server.on("request", (request, response) => {
      const record: Asked = { range: request.headers.range, status: 0, sent: 0 }
      asked.push(record)
      underWay.add(response)
      response.once("close", () => {
        underWay.delete(response)
        if (underWay.size > 0) return
        watchers.forEach((notify) => notify())
        watchers = []
      })
      answer(host, record, request, response, host.fate(asked.length - 1, request))
    })
    return host
  })

const answer = (
  { etag, object, ranges }: RangeHost,
  record: Asked,
  request: Http.IncomingMessage,
  response: Http.ServerResponse,
  { cut, stall, status }: Fate
): void => {
  const send = (code: number, headers: Http.OutgoingHttpHeaders, body: Uint8Array = new Uint8Array(0)) => {
    const part = body.subarray(0, cut ?? stall ?? body.length)
    record.status = code
    record.sent = part.length
    response.writeHead(code, { "content-length": body.length, etag, ...headers })
    if (cut !== undefined) response.write(part, () => response.socket?.resetAndDestroy())
    else if (stall === undefined) response.end(part)
    else response.write(part)
  }
  if (status !== undefined) return send(status, {})
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "")
  const isSame = request.headers["if-range"] === undefined || request.headers["if-range"] === etag
  if (asked === null || !isSame || !ranges) return send(200, ranges ? { "accept-ranges": "bytes" } : {}, object)
  const [, first = "", last = ""] = asked
  const start = first === "" ? Math.max(0, object.length - Number(last)) : Number(first)
  const end = first === "" || last === "" ? object.length : Math.min(object.length, Number(last) + 1)
  if (start >= end) return send(416, { "content-range": `bytes */${object.length}` })
  return send(206, { "content-range": `bytes ${start}-${end - 1}/${object.length}` }, object.subarray(start, end))
}

const listen = Effect.callback<Http.Server>((resume) => {
  const server = Http.createServer()
  server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
})

const close = (server: Http.Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })
