import { NodeRuntime } from "@effect/platform-node"
import { AssetDownload, FileNameTemplate, ScenarioConfig, Selection } from "@scenario-assets/core"
import { Console, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"

/** Starts a job for everything a model has made, and looks at it once. */
export const program = Effect.fn("startJob")(function* (modelId: string) {
  const assets = yield* AssetDownload.AssetDownload
  const selection = yield* Selection.make({ modelIds: [modelId] })
  const jobId = yield* assets.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
  const job = yield* assets.getStatus(jobId)
  yield* Console.log(`${jobId}: ${job.jobStatus}`)
  return job
})

/** The three operations over `fetch`. */
export const layer = AssetDownload.layer().pipe(Layer.provide(FetchHttpClient.layer))

if (import.meta.main) {
  const [modelId = ""] = process.argv.slice(2)
  const live = Layer.provide(layer, ScenarioConfig.layerConfig)
  NodeRuntime.runMain(program(modelId).pipe(Effect.provide(live)))
}
