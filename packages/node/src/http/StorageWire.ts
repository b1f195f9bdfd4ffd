/**
 * Storage hosts, by HTTP/1.1 of our own: sockets are read into memory that is used again and again. A general client makes fresh
 * memory for every read, and what the collector then does costs more than all the rest (docs/decisions.md).
 */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as SignedUrl from "@scenario-assets/core/SignedUrl"
import {
  type Options,
  StorageClient,
  StorageError,
  type StorageResponse
} from "@scenario-assets/core/transfer/StorageClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Buffers from "./Buffers.ts"
import * as Connections from "./Connections.ts"
import { GatheredBody } from "./GatheredBody.ts"
import { Network } from "./Network.ts"
import * as Proxies from "./Proxies.ts"
import { ResponseReader } from "./ResponseReader.ts"
import * as WireError from "./WireError.ts"

/** The storage client; its connections end with the scope. */
export const layer: Layer.Layer<StorageClient, never, Network> = Layer.effect(
  StorageClient,
  Effect.gen(function* () {
    const network = yield* Network
    const buffers = yield* Buffers.make
    const connections = yield* Connections.make(network)

    const exchange = Effect.fnUntraced(function* (
      link: SignedUrl.SignedUrl,
      { headers, pieceSize = Infinity }: Options
    ): Effect.fn.Return<StorageResponse, WireError.WireError, Scope.Scope> {
      const { origin, path } = SignedUrl.target(link)
      const url = new URL(origin)
      const proxy = yield* Effect.mapError(Effect.fromResult(network.proxyFor(url)), ({ message }) =>
        unsendable(message)
      )
      const head = yield* Effect.fromResult(headOf(url, path, headers, proxy))
      while (true) {
        const connection = yield* connections.take(url, proxy)
        const body = new GatheredBody(buffers, pieceSize, () => connection.socket.resume())
        const keep = () => connections.keep(url, connection)
        const answer = yield* receive({ connection, head, body, keep, proxy })
        if (answer !== undefined) return answer
      }
    })

    return { get: (link, options) => Effect.mapError(exchange(link, options), toStorageError) }
  })
)

interface Exchange {
  readonly connection: Connections.Connection
  readonly head: string
  readonly body: GatheredBody
  /** The connection can carry another exchange. */
  readonly keep: () => void
  readonly proxy: Proxies.Proxy | undefined
}

/** Sends a request, and waits for the head of its answer; none where the host had closed a connection that was kept. */
const receive = ({ body, connection, head, keep, proxy }: Exchange) => {
  const { socket } = connection
  let isOver = false
  /** What nobody has been told yet. */
  let answer: Omit<StorageResponse, "body"> | undefined
  let phase: WireError.Phase = "response"
  const end = () => {
    isOver = true
    connection.user = undefined
  }
  /** Once it is over, the connection may be somebody else's. */
  const abandon = Effect.sync(() => {
    if (isOver) return
    end()
    socket.destroy()
  })
  return Effect.acquireRelease(
    Effect.callback<StorageResponse | undefined, WireError.WireError>((resume) => {
      const fail = (error: Error) => {
        if (isOver) return
        end()
        socket.destroy()
        // The host closed it while the request was on its way (RFC 9112, 9.3.1).
        if (connection.isReused && reader.isUntouched) return resume(Effect.succeed(undefined))
        const failure = WireError.of(error, phase, proxy)
        // Its head has been told, or will be at once.
        if (phase === "body") body.fail(failure)
        else resume(Effect.fail(failure))
      }
      const reader = new ResponseReader({
        onHead: (status, headers) => {
          answer = { status, headers: joined(headers) }
          phase = "body"
        },
        onBody: (bytes) => body.push(bytes),
        onEnd: (reusable) => {
          end()
          if (reusable) keep()
          else socket.destroy()
          body.end()
        },
        onFault: fail
      })
      connection.user = {
        onBytes: (bytes) => {
          reader.push(bytes)
          // Only now, so that a body that came along with the head need not be waited for.
          if (answer !== undefined) {
            resume(
              answer.status === 407 && proxy !== undefined
                ? Effect.fail(WireError.refused(answer.status, proxy))
                : Effect.succeed({ ...answer, body: Stream.fromPull(Effect.succeed(body.pull(toStorageError))) })
            )
            answer = undefined
          }
          return isOver || !body.isCrowded
        },
        onEnd: () => (connection.isReused && reader.isUntouched ? fail(closed) : reader.close()),
        onClose: (error) => fail(error ?? closed)
      }
      socket.write(head, "latin1")
      return abandon
    }),
    () => abandon,
    { interruptible: true }
  )
}

const closed = new Error("the host closed the connection")

/** A request, of which nothing can be understood in another way than it was meant. */
const headOf = (
  url: URL,
  path: string,
  headers: Readonly<Record<string, string>>,
  proxy: Proxies.Proxy | undefined
): Result.Result<string, WireError.WireError> => {
  // A proxy that is not asked for a tunnel is told the host with the path (RFC 9112, 3.2.2).
  const isForwarded = proxy !== undefined && url.protocol === "http:"
  const sent = Object.entries({
    host: url.host,
    ...headers,
    "accept-encoding": "identity",
    ...(isForwarded ? Proxies.authorization(proxy) : {})
  })
  const improper = sent.find(
    ([name, value]) => !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)
  )
  if (improper !== undefined)
    return Result.fail(unsendable(`the header ${JSON.stringify(improper[0])} is not proper HTTP`))
  const lines = sent.map(([name, value]) => `${name}: ${value}\r\n`)
  return Result.succeed(`GET ${isForwarded ? url.origin : ""}${path} HTTP/1.1\r\n${lines.join("")}\r\n`)
}

const unsendable = (message: string) =>
  new WireError.WireError({ phase: "request", code: undefined, syscall: undefined, message })

/** One value a name: several are joined by commas (RFC 9110, 5.2). */
const joined = (headers: ReadonlyArray<readonly [name: string, value: string]>): Readonly<Record<string, string>> => {
  const values = new Map<string, string>()
  for (const [name, value] of headers) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return Object.fromEntries(values)
}

const toStorageError = (error: unknown): StorageError => {
  const { code, message, phase, syscall } = WireError.of(error, "body", undefined)
  return new StorageError({
    phase,
    description: Redaction.redact(message),
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall })
  })
}
