/**
 * @title Traces, metrics and logs, to a collector
 *
 * A download is one trace: run, batches, jobs, archives, transfers, and each exchange with a storage host. Spans, metrics and logs
 * are listed in docs/observability.md. `Otlp` of Effect sends all three to any collector that speaks OTLP over HTTP.
 *
 *     OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/10_otlp.ts model_… renders
 */
import { NodeRuntime } from "@effect/platform-node"
import { Selection } from "@scenario-assets/core"
import { DownloadRequest, Downloads, NodeScenario } from "@scenario-assets/node"
import { Config, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

/** What a model has made, as a part of a larger whole: its span is the parent of the download's. */
export const program = Effect.fn("nightly-renders")(function* (modelId: string, directory: string) {
  const downloads = yield* Downloads.Downloads
  const wanted = DownloadRequest.Assets.make({ selection: yield* Selection.make({ modelIds: [modelId] }) })
  return yield* downloads.run({ wanted, destination: DownloadRequest.directory(directory) })
})

/** What is still to be sent is sent when the layer ends. */
export const telemetry = (baseUrl: string) =>
  Otlp.layerJson({ baseUrl, resource: { serviceName: "nightly-renders" } }).pipe(Layer.provide(FetchHttpClient.layer))

if (import.meta.main) {
  const [modelId = "", directory = "."] = process.argv.slice(2)
  const endpoint = Config.String("OTEL_EXPORTER_OTLP_ENDPOINT").pipe(Config.withDefault("http://localhost:4318"))
  NodeRuntime.runMain(
    program(modelId, directory).pipe(
      Effect.provide(Layer.merge(NodeScenario.layerConfig, Layer.unwrap(Effect.map(endpoint, telemetry))))
    )
  )
}
