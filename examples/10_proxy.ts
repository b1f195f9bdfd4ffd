/**
 * @title Through a proxy, by another HttpClient
 *
 * The clients of `NodeScenario` know no proxies. The services stand on any `HttpClient`: here on undici's, with the agent
 * that takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` from the environment.
 *
 *     HTTPS_PROXY=http://proxy:3128 SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/10_proxy.ts model_… renders
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import * as Undici from "@effect/platform-node/Undici"
import { Archives, FileNameTemplate, ScenarioConfig, Selection, StorageClient } from "@scenario-assets/core"
import { Extraction, NodeScenario } from "@scenario-assets/node"
import { Effect, Layer, Stream } from "effect"

const dispatcher = (options?: Undici.EnvHttpProxyAgent.Options) =>
  Layer.effect(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() => new Undici.EnvHttpProxyAgent(options)),
      (agent) => Effect.promise(() => agent.destroy())
    )
  )

/** All services, with one such client for the API and one for storage hosts. */
export const layer = (options?: Undici.EnvHttpProxyAgent.Options) => {
  const client = Layer.provide(NodeHttpClient.layerUndiciNoDispatcher, dispatcher(options))
  return NodeScenario.layerServicesWith({
    apiClient: client,
    storageClient: Layer.provide(StorageClient.layerHttpClient, client)
  })
}

export const program = Effect.fn("proxy")(function* (modelId: string, directory: string) {
  const archives = yield* Archives.Archives
  const extraction = yield* Extraction.Extraction
  const selection = yield* Selection.make({ modelIds: [modelId] })
  yield* archives
    .stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
    .pipe(Stream.runForEach(({ jobId, source }) => extraction.run({ name: jobId, source }, directory)))
})

if (import.meta.main) {
  const [modelId = "", directory = "."] = process.argv.slice(2)
  const live = Layer.provide(layer(), ScenarioConfig.layerConfig())
  NodeRuntime.runMain(program(modelId, directory).pipe(Effect.provide(live)))
}
