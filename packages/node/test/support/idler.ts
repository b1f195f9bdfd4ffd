/** Asks the API and a storage host for something, and has nothing else to do. The scope of the clients stays open. */
import { Asset, AssetDownload, ScenarioConfig, StorageClient } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Effect, Exit, Layer, Redacted, Scope, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"

const origin = process.argv[2] ?? ""
const layer = Layer.merge(
  Layer.provide(AssetDownload.layer(), NodeScenario.layerApiClient),
  NodeScenario.layerStorageClient
).pipe(
  Layer.provide(
    ScenarioConfig.layer({ baseUrl: origin, apiKey: Redacted.make("key"), apiSecret: Redacted.make("secret") })
  )
)

const program = Effect.gen(function* () {
  const api = yield* AssetDownload.AssetDownload
  const storage = yield* StorageClient.StorageClient
  yield* api.getStatus(Asset.JobId.make("job_one"))
  const { body } = yield* storage.get(signedUrl(`${origin}/a.zip`), { headers: {} })
  yield* Stream.runDrain(body)
}).pipe(Effect.scoped)

const exit = await Effect.runPromiseExit(
  Effect.flatMap(Layer.buildWithScope(layer, Scope.makeUnsafe()), (context) => Effect.provide(program, context))
)
if (Exit.isFailure(exit)) throw new Error("nothing came")
// Connections come to rest in the next turns of the event loop.
for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
const sockets = process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap")
process.stdout.write(`${sockets.length} sockets keep this process`)
