/**
 * @title A selection of any size
 *
 * `Archives` cuts a selection into batches, runs a bounded number of jobs at once and says all that happens. Here each
 * archive goes to a file as soon as it is ready, and errors are matched by tag and reason.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/02_large-selection.ts renders asset_… asset_… asset_…
 */
import { NodeRuntime } from "@effect/platform-node"
import { Archives, FileNameTemplate, Selection } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Stream } from "effect"

export const program = Effect.fn("largeSelection")(function* (assetIds: ReadonlyArray<string>, directory: string) {
  const archives = yield* Archives.Archives
  const files = yield* FileDownload.FileDownload
  const selection = yield* Selection.make({ assetIds })

  return yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate, concurrency: 3 }).pipe(
    Stream.mapEffect(
      ({ jobId, source }) => files.run(source, `${directory}/${jobId}.zip`, { expect: "zip", ifExists: "skip" }),
      { concurrency: 3, unordered: true }
    ),
    Stream.tap((file) => Console.log(file.path)),
    Stream.runCollect,
    Effect.catchReason("ApiError", "QuotaExceeded", () =>
      Effect.as(Console.error("The quota is used up; what is there stays there."), [])
    ),
    Effect.catchReason("JobError", "JobFailed", ({ job }) =>
      Effect.as(Console.error(`Scenario could not make ${job.jobId}: ${JSON.stringify(job.details)}`), [])
    )
  )
})

if (import.meta.main) {
  const [directory = ".", ...assetIds] = process.argv.slice(2)
  NodeRuntime.runMain(program(assetIds, directory).pipe(Effect.provide(NodeScenario.layerConfig)))
}
