/** Connections to storage hosts: TCP or TLS, read into one buffer each, and kept for a while after an exchange. */
import * as Net from "node:net"
import * as Tls from "node:tls"

/** Who uses a connection. */
export interface User {
  /** Takes bytes, which are gone when the call returns; `false` asks the connection to pause. */
  readonly onBytes: (bytes: Buffer) => boolean
  /** The other side has closed it in order. */
  readonly onEnd: () => void
  /** It is no more. */
  readonly onClose: (error: Error | undefined) => void
}

/** How long a connection is kept that nobody uses, in milliseconds: less than hosts do. */
const idleTimeout = 4000
/**
 * How long a connection may have rested, in milliseconds, that is to carry a request which may not be sent twice. The host may
 * be closing it at that very moment, and then nobody knows whether it has seen the request. Hosts close what has rested for
 * seconds; right behind an exchange they do not, unless they say so in it. A fresh connection each time would be a bit safer
 * still, but links are asked for one by one, in their hundreds, and each would cost a TCP and a TLS handshake.
 */
const freshness = 1000
/** How long it may take to make one, in milliseconds. */
const connectTimeout = 10_000
/** Bytes read at once. */
const readSize = 64 * 1024

export class Connection {
  /** It has carried an exchange before, so that the host may have closed it meanwhile. */
  isReused = false
  user: User | undefined
  readonly socket: Net.Socket
  #isMade = false
  #restsSince = 0

  constructor({ hostname, port, protocol }: URL, context: () => Tls.SecureContext) {
    const host = hostname.replace(/^\[(.*)\]$/, "$1")
    const onread: Net.OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(readSize),
      callback: (length, buffer) => this.#receive(Buffer.from(buffer.buffer, buffer.byteOffset, length))
    }
    const options = { host, onread, noDelay: true }
    this.socket =
      protocol === "https:"
        ? Tls.connect({
            ...options,
            port: Number(port || 443),
            secureContext: context(),
            ALPNProtocols: ["http/1.1"],
            ...(Net.isIP(host) === 0 ? { servername: host } : {})
          })
        : Net.connect({ ...options, port: Number(port || 80) })
    this.socket.once(protocol === "https:" ? "secureConnect" : "connect", () => {
      this.#isMade = true
      this.socket.setTimeout(0)
    })
    let failure: Error | undefined
    this.socket.setTimeout(connectTimeout)
    this.socket.on("timeout", () => this.socket.destroy(this.#isMade ? undefined : tooSlow()))
    // Not only the first one: an error that nobody listens for ends the process.
    this.socket.on("error", (error) => {
      failure ??= this.#isMade ? error : notMade(error)
    })
    this.socket.once("end", () => {
      // In a handshake it is an error, which follows.
      if (this.#isMade) this.user?.onEnd()
    })
    this.socket.once("close", () => this.user?.onClose(failure))
  }

  #receive(bytes: Buffer): boolean {
    if (this.user !== undefined) return this.user.onBytes(bytes)
    // Nobody has asked for anything.
    this.socket.destroy()
    return false
  }

  /** Ready for one more exchange. */
  get isAlive(): boolean {
    return !this.socket.destroyed && this.socket.writable
  }

  /** It was used a moment ago. */
  get isFresh(): boolean {
    return performance.now() - this.#restsSince < freshness
  }

  occupy(user: User): void {
    this.user = user
    this.socket.setTimeout(this.#isMade ? 0 : connectTimeout)
    this.socket.ref()
  }

  rest(): void {
    this.isReused = true
    this.#restsSince = performance.now()
    this.user = undefined
    this.socket.resume()
    this.socket.setTimeout(idleTimeout)
    // A program that has nothing else to do may end.
    this.socket.unref()
  }
}

const tooSlow = () =>
  Object.assign(new Error(`no connection within ${connectTimeout / 1000} s`), { code: "CONNECT_TIMEOUT" })

/** Also what breaks in a TLS handshake breaks before anything was sent: said as Node says it of TCP. */
const notMade = (error: Error): Error =>
  Object.assign(new Error(error.message, { cause: error }), { ...codeOf(error), syscall: "connect" })

const codeOf = (error: object) => ("code" in error ? { code: error.code } : {})

export class Connections {
  readonly #idle = new Map<string, Array<Connection>>()
  readonly #all = new Set<Connection>()
  #context: Tls.SecureContext | undefined

  /** Takes a connection that is kept, or makes one. `mayRepeat`: what it is to carry may be sent twice. */
  take(url: URL, user: User, mayRepeat: boolean): Connection {
    const idle = this.#idle.get(url.origin) ?? []
    let connection = idle.pop()
    while (connection !== undefined && !connection.isAlive) connection = idle.pop()
    if (connection !== undefined && !mayRepeat && !connection.isFresh) {
      // Nor is any of the others, which have rested for longer.
      idle.push(connection)
      connection = undefined
    }
    connection ??= this.#make(url)
    connection.occupy(user)
    return connection
  }

  /** Keeps a connection for the next exchange. */
  keep({ origin }: URL, connection: Connection): void {
    connection.rest()
    const idle = this.#idle.get(origin)
    if (idle === undefined) this.#idle.set(origin, [connection])
    else idle.push(connection)
  }

  /** Ends all, used or not. */
  close(): void {
    for (const { socket } of this.#all) socket.destroy()
  }

  #make(url: URL): Connection {
    const connection = new Connection(url, () => (this.#context ??= Tls.createSecureContext()))
    this.#all.add(connection)
    connection.socket.once("close", () => {
      this.#all.delete(connection)
      const idle = this.#idle.get(url.origin) ?? []
      const index = idle.indexOf(connection)
      if (index !== -1) idle.splice(index, 1)
    })
    return connection
  }
}
