import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Connections } from "../../src/http/Connections.ts"

/** A host that accepts connections, and says nothing. */
const host = Effect.acquireRelease(
  Effect.callback<{ readonly server: Net.Server; readonly url: URL }>((resume) => {
    const server = Net.createServer((socket) => socket.resume())
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.succeed({ server, url: new URL(`http://127.0.0.1:${port}`) }))
    })
  }),
  ({ server }) => Effect.sync(() => server.close())
)
const connections = Effect.acquireRelease(
  Effect.sync(() => new Connections()),
  (all) => Effect.sync(() => all.close())
)
const user = { onBytes: () => true, onEnd: () => undefined, onClose: () => undefined }

describe("Connections", () => {
  it.live("that have rested for a while carry only what may be sent twice", () =>
    Effect.gen(function* () {
      const all = yield* connections
      const { url } = yield* host
      const first = all.take(url, user, false)
      all.keep(url, first)
      assert.strictEqual(all.take(url, user, false), first, "one request right behind another")
      all.keep(url, first)
      yield* Effect.sleep("1200 millis")
      const second = all.take(url, user, false)
      assert.notStrictEqual(second, first)
      assert.strictEqual(all.take(url, user, true), first)
    })
  )

  it.live("that fail twice, fail once", () =>
    Effect.gen(function* () {
      const all = yield* connections
      const { url } = yield* host
      const failure = yield* Effect.callback<Error | undefined>((resume) => {
        const { socket } = all.take(url, { ...user, onClose: (error) => resume(Effect.succeed(error)) }, true)
        socket.destroy(new Error("first"))
        socket.once("close", () => socket.emit("error", new Error("late")))
      })
      assert.strictEqual(failure?.message, "first")
    })
  )
})
