/**
 * Distance: a TCP proxy that hands on every byte some time later, and as many at once as come. A connection takes one
 * round trip to be made. What real distance also has, slow start and loss, is left out.
 */
import { connect, createServer, type Server, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { BenchError } from "./BenchError.ts"
import { mebibyte } from "./Units.ts"

/** On the way at once, of each connection: far more than the path holds at the rates of a loopback. */
const mostOnTheWay = 64 * mebibyte

/** Starts the proxy, for as long as the scope is open, and gives its port. `roundTrip` is in milliseconds. */
export const make = (targetPort: number, roundTrip: number): Effect.Effect<number, BenchError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(listen(targetPort, roundTrip), ({ server, sockets }) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
    ),
    ({ port }) => port
  )

interface Listening {
  readonly server: Server
  readonly sockets: Set<Socket>
  readonly port: number
}

const listen = (targetPort: number, roundTrip: number) =>
  Effect.callback<Listening, BenchError>((resume) => {
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(targetPort, "127.0.0.1")
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.once("close", () => sockets.delete(socket))
        socket.on("error", () => {
          near.destroy()
          far.destroy()
        })
      }
      const established = performance.now() + roundTrip
      handOn(near, far, roundTrip / 2, established)
      handOn(far, near, roundTrip / 2, established)
    })
    server.once("error", (error) => resume(Effect.fail(new BenchError({ message: error.message }))))
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null)
        resume(Effect.succeed({ server, sockets, port: address.port }))
    })
  })

/** Everything that comes in at `from` goes out at `to`, `delay` milliseconds later. */
const handOn = (from: Socket, to: Socket, delay: number, established: number): void => {
  const onTheWay: Array<{ readonly due: number; readonly chunk: Buffer | undefined }> = []
  let held = 0
  let timer: NodeJS.Timeout | undefined
  let full = false

  const send = (chunk: Buffer | undefined) => {
    onTheWay.push({ due: Math.max(performance.now(), established) + delay, chunk })
    held += chunk?.length ?? 0
    if (held > mostOnTheWay) from.pause()
    schedule()
  }
  const schedule = () => {
    const [next] = onTheWay
    if (next !== undefined && !full) timer ??= setTimeout(arrive, Math.max(0, next.due - performance.now()))
  }
  const arrive = () => {
    timer = undefined
    const now = performance.now()
    for (let next = onTheWay[0]; next !== undefined && next.due <= now; next = onTheWay[0]) {
      onTheWay.shift()
      if (next.chunk === undefined) return void to.end()
      held -= next.chunk.length
      if (held <= mostOnTheWay) from.resume()
      full = !to.write(next.chunk)
      if (full) return
    }
    schedule()
  }
  to.on("drain", () => {
    full = false
    schedule()
  })
  from.on("data", send)
  from.once("end", () => send(undefined))
  to.once("close", () => {
    clearTimeout(timer)
    from.destroy()
  })
}
