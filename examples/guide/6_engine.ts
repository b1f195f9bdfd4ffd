import { NodeRuntime } from "@effect/platform-node"
import {
  Archives,
  AssetCatalog,
  AssetDownload,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { Console, Effect, Layer, Stream } from "effect"
import { FetchHttpClient } from "effect/http"

/** Everything of the core, on the `HttpClient` of the program. */
export const layer = Layer.mergeAll(Archives.layer, Transfer.layer()).pipe(
  Layer.provide([JobPoller.layer(), JobJournal.layerMemory]),
  Layer.provide([AssetDownload.layer(), AssetCatalog.layer(), StorageClient.layerHttpClient])
)

/** Counts the bytes of all archives of a selection, each streamed as soon as it is ready. */
export const program = Effect.fn("countBytes")(function* (modelIds: ReadonlyArray<string>) {
  const archives = yield* Archives.Archives
  const transfer = yield* Transfer.Transfer
  const selection = yield* Selection.make({ modelIds })
  return yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.flatMap(({ source }) => transfer.bytes(source, { expect: "zip" })),
    Stream.runFold(
      () => 0,
      (size, bytes) => size + bytes.length
    )
  )
})

if (import.meta.main) {
  const live = layer.pipe(Layer.provide([FetchHttpClient.layer, ScenarioConfig.layerConfig]))
  NodeRuntime.runMain(program(process.argv.slice(2)).pipe(Effect.flatMap(Console.log), Effect.provide(live)))
}
