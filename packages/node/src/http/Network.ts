/** The way to a host: a socket, by TCP or TLS, and through the proxy that is set for it. */
import * as Net from "node:net"
import * as Tls from "node:tls"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Proxies from "./Proxies.ts"
import * as WireError from "./WireError.ts"

export class Network extends Context.Service<
  Network,
  {
    /** The proxy that leads to a URL. */
    readonly proxyFor: (url: URL) => Result.Result<Proxies.Proxy | undefined, Config.ConfigError>
    /**
     * A socket to the host of a URL or, for `http`, to the proxy that leads there. It has been connected, and is for whoever
     * takes it to end; an error of it ends no program.
     */
    readonly connect: (
      url: URL,
      proxy: Proxies.Proxy | undefined,
      onread?: Net.OnReadOpts
    ) => Effect.Effect<Net.Socket, WireError.WireError>
  }
>()("@scenario-assets/node/http/Network") {}

/** How long it may take to make a connection. */
const connectTimeout = Duration.seconds(10)
/** How long, in milliseconds, one of several addresses of a host has for its answer. Node's 250 are too few for slow links. */
const addressTimeout = 2500

export const make: Effect.Effect<Network["Service"]> = Effect.gen(function* () {
  const proxies = yield* Effect.result(Proxies.fromEnvironment)
  let context: Tls.SecureContext | undefined
  /** The last TLS session with each host, which spares the next connection half of its handshake. */
  const sessions = new Map<string, Buffer>()

  const secure = (url: URL, options: Tls.ConnectionOptions) => {
    const host = hostOf(url)
    const socket = Tls.connect({
      ...options,
      secureContext: (context ??= Tls.createSecureContext()),
      ALPNProtocols: ["http/1.1"],
      session: sessions.get(url.host),
      ...(Net.isIP(host) === 0 ? { servername: host } : {})
    })
    return socket.on("session", (session) => sessions.set(url.host, session))
  }

  const direct = (url: URL, onread: Net.OnReadOpts | undefined) =>
    connected(() => {
      const options = {
        ...(onread === undefined ? {} : { onread }),
        host: hostOf(url),
        port: portOf(url),
        noDelay: true,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: addressTimeout
      }
      return url.protocol === "https:" ? secure(url, options) : Net.connect(options)
    })

  const through = (proxy: Proxies.Proxy, url: URL, onread: Net.OnReadOpts | undefined) => {
    const place = new URL(Redacted.value(proxy.url))
    return url.protocol === "http:"
      ? direct(place, onread)
      : direct(place, undefined).pipe(
          Effect.flatMap((socket) => tunnel(socket, proxy, url)),
          Effect.flatMap((socket) =>
            connected(() => secure(url, { socket, ...(onread === undefined ? {} : { onread }) }))
          )
        )
  }

  return {
    proxyFor: (url) => Result.flatMap(proxies, ({ find }) => find(url)),
    connect: (url, proxy, onread) =>
      (proxy === undefined ? direct(url, onread) : through(proxy, url, onread)).pipe(
        Effect.timeoutOrElse({ duration: connectTimeout, orElse: () => noSocket(tooSlow) }),
        Effect.mapError((error) => WireError.of(error, "connect", proxy))
      )
  }
})

export const layer: Layer.Layer<Network> = Layer.effect(Network, make)

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1")

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === "https:" ? 443 : 80))

/** No socket, and what Node says of it. */
class NoSocket extends Data.TaggedError("NoSocket")<{ readonly cause: unknown }> {}

const noSocket = (cause: unknown) => Effect.fail(new NoSocket({ cause }))

const tooSlow = {
  message: `no connection within ${Duration.format(connectTimeout)}`,
  code: "CONNECT_TIMEOUT"
}

/** Waits until a socket can be used. */
const connected = (make: () => Net.Socket): Effect.Effect<Net.Socket, NoSocket> =>
  Effect.callback((resume) => {
    const socket = make()
    // Not only the first one: an error that nobody listens for ends the process.
    socket.on("error", (error) => resume(noSocket(error)))
    socket.once("close", () => resume(noSocket({ message: "the connection was closed before it could be used" })))
    socket.once(socket instanceof Tls.TLSSocket ? "secureConnect" : "connect", () => resume(Effect.succeed(socket)))
    return Effect.sync(() => socket.destroy())
  })

/** Has a proxy connect to the host of a URL (RFC 9110, 9.3.6). */
const tunnel = (socket: Net.Socket, proxy: Proxies.Proxy, url: URL) =>
  Effect.flatMap(
    Effect.promise(() => import("node:http")),
    (Http) =>
      Effect.callback<Net.Socket, NoSocket | WireError.WireError>((resume) => {
        const path = `${url.hostname}:${portOf(url)}`
        const request = Http.request({
          createConnection: () => socket,
          method: "CONNECT",
          path,
          headers: { host: path, ...Proxies.authorization(proxy) }
        })
        request.on("error", (error) => resume(noSocket(error)))
        request.once("connect", ({ statusCode = 0 }) => {
          if (statusCode >= 200 && statusCode < 300) return resume(Effect.succeed(socket))
          socket.destroy()
          return resume(Effect.fail(WireError.refused(statusCode, proxy)))
        })
        request.end()
        return Effect.sync(() => socket.destroy())
      })
  )
