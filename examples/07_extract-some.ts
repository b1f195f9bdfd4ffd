/**
 * @title Some files of an archive, straight into a directory
 *
 * `Extraction` reads the archive's directory first, and then only the bytes of the files that are wanted. Each file appears
 * under its name when its size and checksum are right; what an earlier run has written is not fetched again.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/07_extract-some.ts renders .png model_… asset_…
 */
import { NodeRuntime } from "@effect/platform-node"
import { Archives, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Extraction, NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Stream } from "effect"

export const program = Effect.fn("extractSome")(function* (
  ids: { readonly modelIds?: ReadonlyArray<string>; readonly assetIds?: ReadonlyArray<string> },
  extension: string,
  directory: string
) {
  const archives = yield* Archives.Archives
  const extraction = yield* Extraction.Extraction
  const selection = yield* Selection.make(ids)

  return yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.mapEffect(({ jobId, source }) =>
      extraction.run({ name: jobId, source }, directory, {
        select: (entry) => entry.name.endsWith(extension) && entry.size < 100_000_000
      })
    ),
    Stream.tap(({ alreadyThere, files, name }) =>
      Console.log(`${name}: ${files} files in ${directory}, ${alreadyThere} of them there before`)
    ),
    Stream.runCollect,
    // Names come from prompts. What could lead out of the directory ends an archive before its first file is written.
    Effect.catchReason("ArchiveError", "UnsafeName", ({ entry }) =>
      Effect.as(Console.error(`Not extracted, for it holds ${JSON.stringify(entry)}`), [])
    )
  )
})

if (import.meta.main) {
  const [directory = ".", extension = "", ...ids] = process.argv.slice(2)
  const modelIds = ids.filter((id) => id.startsWith("model_"))
  const assetIds = ids.filter((id) => !id.startsWith("model_"))
  NodeRuntime.runMain(
    program({ modelIds, assetIds }, extension, directory).pipe(Effect.provide(NodeScenario.layerConfig))
  )
}
