/**
 * @title Begin now, fetch later
 *
 * `Downloads` records each run: what it was asked for, and its jobs as they are begun. So one process may begin the jobs, and
 * another one fetch the files, tomorrow or after a crash. A run that is complete is over: the same request begins a new one.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/09_begin-now.ts model_… renders
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/09_begin-now.ts
 */
import { NodeRuntime } from "@effect/platform-node"
import { Selection } from "@scenario-assets/core"
import { DownloadRequest, Downloads, NodeScenario, RunRecord, Runs } from "@scenario-assets/node"
import { Effect, Stream } from "effect"

/** Begins the jobs of what a model has made. */
export const begin = Effect.fn("begin")(function* (modelId: string, directory: string) {
  const downloads = yield* Downloads.Downloads
  const wanted = DownloadRequest.Assets.make({ selection: yield* Selection.make({ modelIds: [modelId] }) })
  yield* Stream.runDrain(downloads.begin({ wanted, destination: DownloadRequest.directory(directory) }))
})

/** Fetches the files of all downloads that are not complete. */
export const fetch = Effect.gen(function* () {
  const downloads = yield* Downloads.Downloads
  const runs = yield* Runs.Runs
  const recorded = (yield* runs.list).filter(({ wanted }) => wanted.kind !== "sync")
  const unfinished = recorded.filter((head) => RunRecord.state(head) !== "complete")
  return yield* Effect.forEach(unfinished, ({ runId }) => Effect.flatMap(runs.request(runId), downloads.run))
})

if (import.meta.main) {
  const [modelId, directory = "."] = process.argv.slice(2)
  const program = Effect.gen(function* () {
    yield* modelId === undefined ? fetch : begin(modelId, directory)
  })
  NodeRuntime.runMain(program.pipe(Effect.provide(NodeScenario.layerConfig)))
}
