import { assert, it } from "@effect/vitest"
import { ScenarioConfig, Transfer } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { RawServer } from "@scenario-assets/node/testing"
import { Effect, Layer, Redacted, Stream } from "effect"

const ScenarioTest = NodeScenario.layerServices().pipe(
  // The links are `http`, which is refused unless the API is `http` as well.
  Layer.provide(ScenarioConfig.layer({ baseUrl: "http://127.0.0.1:9/v1", bearerToken: Redacted.make("token") }))
)

it.live("resumes where a host hangs up in the middle", () =>
  Effect.gen(function* () {
    const bytes = Buffer.alloc(100_000, "scenario")
    const head = [`Content-Length: ${bytes.length}`, 'ETag: "v1"']
    const half: RawServer.Answer = {
      send: RawServer.response("200 OK", head, bytes.subarray(0, 50_000)),
      ending: "close"
    }
    const server = yield* RawServer.make(RawServer.sequence(half, RawServer.object(bytes)))
    const transfer = yield* Transfer.Transfer
    const chunks = yield* Stream.runCollect(transfer.bytes(server.source))
    assert.isTrue(Buffer.concat(chunks).equals(bytes))
    const ranges = (yield* server.requests).map(({ headers }) => headers["range"])
    assert.deepStrictEqual(ranges, [undefined, "bytes=50000-"])
  }).pipe(Effect.scoped, Effect.provide(ScenarioTest))
)
