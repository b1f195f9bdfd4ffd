/** The client for storage hosts, by itself. */
import * as Http from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { StorageClient } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Deferred, Effect, Exit, Fiber, Scope, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

/** A host that answers `/slow` when it is told to, and all else at once; and how many connections were made to it. */
const host = Effect.gen(function* () {
  const isAsked = yield* Deferred.make<() => void>()
  let connections = 0
  const server = yield* Effect.acquireRelease(
    Effect.callback<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        const answer = () => void response.end("content")
        if (request.url === "/slow") Deferred.doneUnsafe(isAsked, Effect.succeed(answer))
        else answer()
      })
      server.on("connection", () => connections++)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close().closeAllConnections())
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    isAsked: Deferred.await(isAsked),
    connections: () => connections,
    link: (path: string) => signedUrl(`http://127.0.0.1:${port}${path}`)
  }
})

describe("the storage client", () => {
  it.live("an exchange that is over leaves its connection to the one that has taken it", () =>
    Effect.gen(function* () {
      const { connections, isAsked, link } = yield* host
      const { get } = yield* StorageClient.StorageClient
      const read = (path: string) =>
        Effect.flatMap(get(link(path), { headers: {} }), ({ body }) => Stream.mkString(Stream.decodeText(body)))

      const first = yield* Scope.make()
      assert.strictEqual(yield* Scope.provide(read("/first"), first), "content")
      const slow = yield* Effect.forkChild(Effect.scoped(read("/slow")))
      const answer = yield* isAsked
      // Its body was read long ago, and only now is all of it over.
      yield* Scope.close(first, Exit.void)
      answer()
      assert.strictEqual(yield* Fiber.join(slow), "content")
      assert.strictEqual(connections(), 1, "the connection was kept")
    }).pipe(Effect.scoped, Effect.timeout("5 seconds"), Effect.provide(NodeScenario.layerStorageClient))
  )
})
