/**
 * @title Through a proxy, by another HttpClient
 *
 * The clients of `NodeScenario` know no proxies. The services stand on any `HttpClient`: here on undici's, with the agent that
 * takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` from the environment.
 *
 *     HTTPS_PROXY=http://proxy:3128 SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/10_proxy.ts model_… renders
 */
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import * as Undici from "@effect/platform-node/Undici"
import {
  Archives,
  AssetDownload,
  FileNameTemplate,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { ArchiveReader, Extraction, FileDownload, NodeHashes } from "@scenario-assets/node"
import { Effect, Layer, Stream } from "effect"

const dispatcher = (options?: Undici.EnvHttpProxyAgent.Options) =>
  Layer.effect(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() => new Undici.EnvHttpProxyAgent(options)),
      (agent) => Effect.promise(() => agent.destroy())
    )
  )

/** What `NodeScenario.layerServices` is, on another client. */
export const layer = (options?: Undici.EnvHttpProxyAgent.Options) =>
  Layer.mergeAll(Archives.layer, Extraction.layer).pipe(
    Layer.provideMerge(ArchiveReader.layer),
    Layer.provideMerge(FileDownload.layer),
    Layer.provideMerge(JobPoller.layer),
    Layer.provideMerge(Layer.mergeAll(AssetDownload.layer, Transfer.layer)),
    Layer.provide(Layer.mergeAll(StorageClient.layer, NodeHashes.layer)),
    Layer.provide(NodeHttpClient.layerUndiciNoDispatcher),
    Layer.provide(dispatcher(options))
  )

export const program = Effect.fn("proxy")(function* (modelId: string, directory: string) {
  const archives = yield* Archives.Archives
  const extraction = yield* Extraction.Extraction
  const selection = yield* Selection.make({ modelIds: [modelId] })
  yield* archives
    .stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
    .pipe(Stream.runForEach(({ jobId, source }) => extraction.toDirectory({ name: jobId, source }, directory)))
})

if (import.meta.main) {
  const [modelId = "", directory = "."] = process.argv.slice(2)
  const live = Layer.provide(layer(), ScenarioConfig.layerConfig())
  NodeRuntime.runMain(program(modelId, directory).pipe(Effect.provide(live)))
}
