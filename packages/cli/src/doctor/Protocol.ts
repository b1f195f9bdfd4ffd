/** Which protocol a host chooses where it has the choice: the clients here speak HTTP/1.1 alone. */
import * as Tls from "node:tls"
import * as NodeScenario from "@scenario-assets/node/NodeScenario"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** `h2` or `http/1.1`; none without TLS, behind a proxy, or where no connection is made. */
export const offered = Effect.fnUntraced(function* (origin: string) {
  const { hostname, port, protocol } = new URL(origin)
  const proxy = yield* Effect.orElseSucceed(NodeScenario.proxyFor(origin), () => Option.none())
  if (protocol !== "https:" || Option.isSome(proxy)) return null
  return yield* Effect.callback<string | null>((resume) => {
    const socket = Tls.connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      ALPNProtocols: ["h2", "http/1.1"]
    })
    const end = (found: string | null) => {
      socket.destroy()
      resume(Effect.succeed(found))
    }
    socket.once("secureConnect", () => end(socket.alpnProtocol || null))
    socket.on("error", () => end(null))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.succeed(null) }))
})
