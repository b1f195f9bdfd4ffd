/** undici on the sockets of a program. It is loaded and made with the first request, for it takes a tenth of a second. */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type * as Undici from "undici"
import { Attempt } from "./Attempt.ts"
import * as Connection from "./Connection.ts"
import { Network } from "./Network.ts"
import * as Proxies from "./Proxies.ts"
import * as WireError from "./WireError.ts"

/** undici, and what it dispatches requests by: their errors are a `WireError`. */
export interface Loaded {
  readonly undici: typeof Undici
  readonly dispatcher: Undici.Dispatcher
}

export class Agent extends Context.Service<Agent, Effect.Effect<Loaded>>()("@scenario-assets/node/http/Agent") {}

/**
 * How long, in milliseconds, a connection is kept that nobody uses. Hosts close what has rested for seconds, and then nobody
 * knows whether they have seen a request that was on its way; right behind an exchange they do not, unless they say so in it.
 */
const idleTimeout = 1000
/** The longest head of an answer, in bytes. */
const longestHead = 64 * 1024

/** Its connections end with the scope. */
export const layer: Layer.Layer<Agent, never, Network> = Layer.effect(
  Agent,
  Effect.gen(function* () {
    const network = yield* Network
    const scope = yield* Effect.scope
    return yield* Effect.cached(
      Effect.promise(() => import("undici")).pipe(
        Effect.flatMap((undici) => Scope.provide(make(undici, network), scope)),
        Effect.uninterruptible
      )
    )
  })
)

const make = Effect.fnUntraced(function* (
  undici: typeof Undici,
  network: Network["Service"]
): Effect.fn.Return<Loaded, never, Scope.Scope> {
  const ended = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort())
  )
  const connection = Connection.factory(undici, network, ended.signal)
  const agent = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new undici.Agent({
          allowH2: false,
          pipelining: 1,
          keepAliveTimeout: idleTimeout,
          keepAliveMaxTimeout: idleTimeout,
          maxHeaderSize: longestHead,
          // How long to wait is for those to say who wait.
          headersTimeout: 0,
          bodyTimeout: 0,
          // undici gives a plain object.
          factory: (origin, options) => new undici.Pool(origin, Object.assign({}, options, { factory: connection }))
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
  const dispatcher = agent.compose((dispatch) => (request, handler) => {
    const origin = new URL(String(request.origin))
    const proxy = Result.getOrThrowWith(network.proxyFor(origin), unusable)
    const mayRepeat = request.method === "GET" && (request.body === undefined || request.body === null)
    const send = (): boolean =>
      dispatch(
        proxy === undefined || origin.protocol === "https:" ? request : forwarded(request, proxy),
        new Attempt(handler, { proxy, repeat: mayRepeat ? send : undefined })
      )
    return send()
  })
  return { undici, dispatcher }
})

/** A request as a proxy takes it that is to send it on (RFC 9112, 3.2.2). */
const forwarded = (
  { headers, path, ...request }: Undici.Dispatcher.DispatchOptions,
  proxy: Proxies.Proxy
): Undici.Dispatcher.DispatchOptions => ({
  ...request,
  path: `${String(request.origin)}${path}`,
  // Those of a `fetch` are a plain object.
  headers: Object.assign({}, headers, Proxies.authorization(proxy))
})

/** A proxy is set that cannot be used. */
const unusable = ({ message }: Config.ConfigError) =>
  new WireError.WireError({ phase: "request", code: undefined, syscall: undefined, message })
