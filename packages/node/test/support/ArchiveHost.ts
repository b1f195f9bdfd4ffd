/** A storage host with one archive that a test may change, with ranges or without, and the library aimed at it. */
import * as Http from "node:http"
import { ScenarioConfig, type Transfer } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Redacted, type Scope } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

export interface ArchiveHost {
  bytes: Uint8Array
  etag: string
  ranges: boolean
  /** Ends the connection after so many bytes of a body; once. */
  cutAfter: number | undefined
  /** So many answers from now on are 403. */
  refusals: number
  /** The range that each request asked for. */
  readonly asked: Array<string>
  /** Bytes of all bodies. */
  sent: number
  readonly source: Transfer.Source
  readonly url: string
}

export const make = (bytes: Uint8Array): Effect.Effect<ArchiveHost, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(listen(bytes), ({ server }) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
    ),
    ({ host }) => host
  )

const listen = (bytes: Uint8Array) =>
  Effect.callback<{ readonly host: ArchiveHost; readonly server: Http.Server }>((resume) => {
    const server = Http.createServer((request, response) => answer(host, request, response))
    let host: ArchiveHost
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const url = `http://127.0.0.1:${port}/archive.zip?Signature=secret`
      host = {
        bytes,
        etag: '"1"',
        ranges: true,
        cutAfter: undefined,
        refusals: 0,
        asked: [],
        sent: 0,
        url,
        source: { refresh: Effect.sync(() => signedUrl(url)) }
      }
      resume(Effect.succeed({ host, server }))
    })
  })

const answer = (host: ArchiveHost, request: Http.IncomingMessage, response: Http.ServerResponse): void => {
  const { bytes, etag } = host
  const range = request.headers.range
  host.asked.push(range ?? "all")
  if (host.refusals > 0) {
    host.refusals--
    return void response.writeHead(403, { "content-length": 0 }).end()
  }
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? []
  const served = host.ranges && range !== undefined && (request.headers["if-range"] ?? etag) === etag
  const start = !served ? 0 : first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first)
  const end = !served || first === "" || last === "" ? bytes.length : Number(last) + 1
  if (served && start >= bytes.length) {
    return void response.writeHead(416, { "content-range": `bytes */${bytes.length}`, "content-length": 0 }).end()
  }
  const body = bytes.subarray(start, end)
  response.writeHead(served ? 206 : 200, {
    etag,
    "content-type": "application/zip",
    "content-length": body.length,
    ...(served ? { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` } : {})
  })
  const { cutAfter } = host
  if (cutAfter !== undefined && cutAfter < body.length) {
    host.cutAfter = undefined
    host.sent += cutAfter
    response.write(body.subarray(0, cutAfter), () => response.destroy())
  } else {
    host.sent += body.length
    response.end(body)
  }
}

/** All services of the library. Links of these hosts are by http, so the API is too. */
export const layer = Layer.provide(
  NodeScenario.layerServices(),
  ScenarioConfig.layer({
    baseUrl: "http://127.0.0.1:9/v1",
    apiKey: Redacted.make("key"),
    apiSecret: Redacted.make("secret")
  })
)
