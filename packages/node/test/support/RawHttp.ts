/**
 * HTTP as it is on the wire: a request is written to a TCP connection, and what comes is kept as it came.
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What has come so far, and how it ended, if it did. */
export interface Received {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly ending: "open" | "closed" | "reset"
}

export interface Connection {
  readonly received: () => Received
  /** Waits for the end, or until what has come passes the test. */
  readonly until: (test: (received: Received) => boolean) => Effect.Effect<Received>
  /** The address of this side. */
  readonly port: number
}

export interface Options {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends a request on a connection of its own. */
export const open = (url: string, options: Options = {}): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(connect(url), (socket) => Effect.sync(() => socket.destroy())),
    (socket) => {
      const chunks: Array<Buffer> = []
      let ending: Received["ending"] = "open"
      const received = () => parse(Buffer.concat(chunks), ending)
      const watchers = new Set<() => void>()
      const notify = () => watchers.forEach((watch) => watch())

      socket.on("data", (chunk) => {
        chunks.push(chunk)
        notify()
      })
      socket.once("error", (error: NodeJS.ErrnoException) => {
        ending = error.code === "ECONNRESET" ? "reset" : ending
      })
      socket.once("end", () => {
        ending = "closed"
        notify()
      })
      socket.once("close", () => {
        if (ending === "open") ending = "closed"
        notify()
      })

      const { host, pathname, search } = new URL(url)
      const headers = Object.entries({ host, ...options.headers }).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(
        `${options.method ?? "GET"} ${pathname}${search} HTTP/1.1\r\n${headers.join("")}\r\n${options.body ?? ""}`
      )

      return {
        received,
        port: socket.localPort ?? 0,
        until: (test) =>
          Effect.callback<Received>((resume) => {
            const watch = () => {
              const now = received()
              if (now.ending === "open" && !test(now)) return
              watchers.delete(watch)
              resume(Effect.succeed(now))
            }
            watchers.add(watch)
            watch()
            return Effect.sync(() => watchers.delete(watch))
          })
      }
    }
  )

/** Sends a request that ends the connection, and waits for the end. */
export const fetch = (url: string, options: Options = {}): Effect.Effect<Received> =>
  Effect.scoped(
    Effect.flatMap(open(url, { ...options, headers: { connection: "close", ...options.headers } }), (connection) =>
      connection.until(() => false)
    )
  )

const connect = (url: string) =>
  Effect.callback<Net.Socket>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = Net.connect(Number(port), hostname, () => resume(Effect.succeed(socket)))
  })

const parse = (bytes: Buffer, ending: Received["ending"]): Received => {
  const split = bytes.indexOf("\r\n\r\n")
  if (split === -1) return { status: 0, headers: {}, body: Buffer.alloc(0), ending }
  const [start = "", ...lines] = bytes.subarray(0, split).toString("latin1").split("\r\n")
  const headers = lines.map((line) => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(start.split(" ")[1]),
    headers: Object.fromEntries(headers),
    body: bytes.subarray(split + 4),
    ending
  }
}
