/** Connections to storage hosts, each read into one buffer, and kept for a while after an exchange. */
import type * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Network } from "./Network.ts"
import type { Proxy } from "./Proxies.ts"
import type { WireError } from "./WireError.ts"

/** Who uses a connection. */
export interface User {
  /** Takes bytes, which are gone when the call returns; `false` asks the connection to pause. */
  readonly onBytes: (bytes: Buffer) => boolean
  /** The other side has closed it in order. */
  readonly onEnd: () => void
  /** It is no more. */
  readonly onClose: (error: Error | undefined) => void
}

export interface Connection {
  readonly socket: Net.Socket
  /** It has carried an exchange before, so that the host may have closed it meanwhile. */
  isReused: boolean
  user: User | undefined
}

export interface Connections {
  /** A connection that is kept, or a new one. */
  readonly take: (url: URL, proxy: Proxy | undefined) => Effect.Effect<Connection, WireError>
  /** Keeps a connection for the next exchange. */
  readonly keep: (url: URL, connection: Connection) => void
}

/** How long a connection is kept that nobody uses, in milliseconds: less than hosts do. */
const idleTimeout = 4000
/** Bytes read at once. */
const readSize = 64 * 1024

/** They end with the scope, used or not. */
export const make = Effect.fnUntraced(function* (
  network: Network["Service"]
): Effect.fn.Return<Connections, never, Scope.Scope> {
  const idle = new Map<string, Set<Connection>>()
  const all = new Set<Net.Socket>()
  let isOver = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isOver = true
      for (const socket of all) socket.destroy()
    })
  )

  /** Those to a host that nobody uses. */
  const kept = (origin: string): Set<Connection> => {
    const known = idle.get(origin) ?? new Set()
    idle.set(origin, known)
    return known
  }

  const open = (url: URL, proxy: Proxy | undefined): Effect.Effect<Connection, WireError> =>
    Effect.suspend(() => {
      let connection: Connection | undefined
      const buffer = Buffer.allocUnsafeSlow(readSize)
      const callback = (length: number) => {
        if (connection?.user !== undefined) return connection.user.onBytes(buffer.subarray(0, length))
        // Nobody has asked for anything.
        connection?.socket.destroy()
        return false
      }
      return Effect.map(network.connect(url, proxy, { buffer, callback }), (socket) => {
        const made: Connection = (connection = { socket, isReused: false, user: undefined })
        let failure: Error | undefined
        all.add(socket)
        socket.on("timeout", () => socket.destroy())
        socket.on("error", (error) => (failure ??= error))
        socket.once("end", () => made.user?.onEnd())
        socket.once("close", () => {
          all.delete(socket)
          kept(url.origin).delete(made)
          made.user?.onClose(failure)
        })
        return made
      })
    })

  return {
    take: (url, proxy) =>
      Effect.suspend(() => {
        const rested = kept(url.origin)
        // The last one first, which has rested least.
        const connection = [...rested].toReversed().find(({ socket }) => !socket.destroyed && socket.writable)
        if (connection === undefined) return open(url, proxy)
        rested.delete(connection)
        connection.socket.setTimeout(0)
        connection.socket.ref()
        return Effect.succeed(connection)
      }),
    keep: (url, connection) => {
      connection.isReused = true
      connection.user = undefined
      if (isOver) return void connection.socket.destroy()
      kept(url.origin).add(connection)
      connection.socket.resume()
      connection.socket.setTimeout(idleTimeout)
      // A program that has nothing else to do may end.
      connection.socket.unref()
    }
  }
})
