/**
 * @title The files of a download, in a store of your own
 *
 * A `Destination` says which files are missing, and takes them one by one: here into memory, in a program of yours into a
 * database or an object store (`@scenario-assets/s3` is such a destination). The request names it by an address, so
 * that it stays plain data; `Downloads` does the rest, and puts nothing twice that is there.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/08_entries-to-a-store.ts model_…
 */
import { NodeRuntime } from "@effect/platform-node"
import { ScenarioConfig, Selection } from "@scenario-assets/core"
import { Destination, DownloadRequest, Downloads, NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Layer, Stream } from "effect"

/** Keeps files by their path, with the checksum that they came with. */
export const inMemory = (files: Map<string, { readonly crc32: number; readonly bytes: Uint8Array }>) =>
  ({
    open: (folder) =>
      Effect.succeed({
        missing: (entries) =>
          Effect.succeed(entries.filter(({ crc32, path }) => files.get(`${folder}/${path}`)?.crc32 !== crc32)),
        put: ({ crc32, path }, content) =>
          // The file is there once its content has come whole: it fails at its end where it is damaged.
          Effect.map(Stream.mkUint8Array(content), (bytes) => void files.set(`${folder}/${path}`, { crc32, bytes })),
        complete: ({ fileCount, jobId }) => Console.log(`${jobId}: ${fileCount} files are complete`)
      })
  }) satisfies Destination.Destination

export const layer = (files: Parameters<typeof inMemory>[0]) =>
  NodeScenario.layerServices({
    destinations: Destination.Destinations.layer({ "memory:": () => Effect.succeed(inMemory(files)) })
  })

export const program = Effect.fn("entriesToStore")(function* (modelId: string) {
  const downloads = yield* Downloads.Downloads
  const selection = yield* Selection.make({ modelIds: [modelId] })
  return yield* downloads.run({
    wanted: { _tag: "Assets", selection },
    destination: DownloadRequest.store("memory://renders", { exclude: ["*.txt"] })
  })
})

if (import.meta.main) {
  const live = Layer.provide(layer(new Map()), ScenarioConfig.layerConfig)
  NodeRuntime.runMain(program(process.argv[2] ?? "").pipe(Effect.provide(live)))
}
