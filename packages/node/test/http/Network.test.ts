/** Sockets to hosts on this machine. */
import { spawn } from "node:child_process"
import Dns from "node:dns"
import * as Https from "node:https"
import * as Net from "node:net"
import type { TLSSocket } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import * as Network from "../../src/http/Network.ts"
import { cert, key } from "../support/certificate.ts"
import * as Trust from "../support/Trust.ts"

Trust.certificate()

const portOf = (server: Net.Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Listens for as long as the scope is open, and gives the port. */
const listen = (server: Net.Server | Https.Server) =>
  Effect.acquireRelease(
    Effect.callback<number>(
      (resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.succeed(portOf(server))))
    ),
    () => Effect.sync(() => server.close())
  )

const ended = (socket: Net.Socket) =>
  Effect.callback<void>((resume) => {
    socket.once("close", () => resume(Effect.void))
    socket.resume()
  })

/** Only there all of 127.0.0.0/8 is this machine. */
const hasManyLoopbacks = process.platform === "linux"

describe("a network", () => {
  it.live("resumes the TLS session with a host instead of shaking hands anew", () =>
    Effect.gen(function* () {
      const sessions: Array<boolean> = []
      const server = Https.createServer({ cert, key }, (_, response) => response.end("done"))
      server.on("secureConnection", (socket: TLSSocket) => sessions.push(socket.isSessionReused()))
      const url = new URL(`https://127.0.0.1:${yield* listen(server)}`)
      const { connect } = yield* Network.make
      for (let n = 0; n < 3; n++) {
        const socket = yield* connect(url, undefined)
        socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        yield* ended(socket)
      }
      assert.deepStrictEqual(sessions, [false, true, true])
    }).pipe(Effect.scoped)
  )

  it.live("tells what the system says where nobody listens", () =>
    Effect.gen(function* () {
      const { connect } = yield* Network.make
      const error = yield* Effect.flip(connect(new URL("http://127.0.0.1:9"), undefined))
      assert.deepInclude(error, { phase: "connect", syscall: "connect", code: "ECONNREFUSED" })
      const unknown = yield* Effect.flip(connect(new URL("http://nowhere.invalid"), undefined))
      assert.deepInclude(unknown, { phase: "connect", syscall: "getaddrinfo" })
    })
  )

  it.live.runIf(hasManyLoopbacks)("tells of all addresses of a host that none of them answers", () =>
    Effect.gen(function* () {
      yield* twoAddresses
      const { connect } = yield* Network.make
      const error = yield* Effect.flip(connect(new URL("http://two.test:9"), undefined))
      assert.deepInclude(error, { phase: "connect", syscall: "connect", code: "ECONNREFUSED" })
      assert.strictEqual(error.message, `connect ECONNREFUSED ${slow}:9, connect ECONNREFUSED ${dead}:9`)
    }).pipe(Effect.scoped)
  )

  it.live("gives up a connection that is being made when nobody wants it any more", () =>
    Effect.gen(function* () {
      const accepted: Array<Net.Socket> = []
      const server = Net.createServer((socket) => accepted.push(socket.on("error", () => undefined)))
      // Nobody speaks TLS there, so it never comes to an end by itself.
      const url = new URL(`https://127.0.0.1:${yield* listen(server)}`)
      const { connect } = yield* Network.make
      const arrived = Effect.callback<Net.Socket>(
        (resume) => void server.once("connection", (socket) => resume(Effect.succeed(socket)))
      )
      const socket = yield* Effect.raceFirst(arrived, Effect.andThen(connect(url, undefined), Effect.never))
      yield* ended(socket)
      assert.lengthOf(accepted, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("waits ten seconds for a connection that can be used, and no longer", () =>
    Effect.gen(function* () {
      const server = Net.createServer((socket) => void socket.on("error", () => undefined))
      const url = new URL(`https://127.0.0.1:${yield* listen(server)}`)
      const { connect } = yield* Network.make
      const arrived = Effect.callback<void>((resume) => void server.once("connection", () => resume(Effect.void)))
      const connecting = yield* Effect.forkChild(Effect.flip(connect(url, undefined)))
      yield* arrived
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(connecting.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(connecting)
      assert.deepInclude(error, { phase: "connect", syscall: "connect", code: "CONNECT_TIMEOUT" })
    }).pipe(Effect.scoped)
  )

  it.live.runIf(hasManyLoopbacks)(
    "waits for an address of a host that takes longer than a moment, where another one is dead",
    () =>
      Effect.gen(function* () {
        yield* twoAddresses
        const { connect } = yield* Network.make
        const socket = yield* connect(new URL(`http://two.test:${yield* slowHost}`), undefined)
        assert.strictEqual(socket.remoteAddress, slow)
        socket.destroy()
      }).pipe(Effect.scoped)
  )
})

const slow = "127.0.0.2"
const dead = "127.0.0.3"
/** Until the end of the test every name has these two addresses. */
const twoAddresses = Effect.acquireRelease(
  Effect.sync(() =>
    vi.spyOn(Dns, "lookup").mockImplementation((...given: ReadonlyArray<unknown>) => {
      const done = given.at(-1)
      if (typeof done === "function")
        done(
          null,
          [slow, dead].map((address) => ({ address, family: 4 }))
        )
    })
  ),
  (spy) => Effect.sync(() => spy.mockRestore())
)

/** Listens with a queue that is full at first: the system answers to a connection after about a second. */
const slowHost = Effect.acquireRelease(
  Effect.sync(() => spawn("python3", ["-c", script, slow], { stdio: ["pipe", "pipe", "inherit"] })),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
).pipe(
  Effect.flatMap(({ stdout }) =>
    Effect.callback<number>((resume) => void stdout.once("data", (line) => resume(Effect.succeed(Number(line)))))
  )
)

const script = `
import socket, sys, threading
address = sys.argv[1]
server = socket.socket()
server.bind((address, 0))
server.listen(0)
port = server.getsockname()[1]
kept = []
for _ in range(3):
    filler = socket.socket()
    filler.setblocking(False)
    filler.connect_ex((address, port))
    kept.append(filler)
def serve():
    while True: kept.append(server.accept()[0])
threading.Timer(0.4, serve).start()
print(port, flush=True)
threading.Event().wait()
`
