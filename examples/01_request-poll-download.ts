/**
 * @title Request, poll and download, composed
 *
 * The three steps one by one: start a job for everything a model has made, wait for it, stream its archive to a file.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/01_request-poll-download.ts model_… renders.zip
 */
import { NodeRuntime } from "@effect/platform-node"
import { AssetDownload, FileNameTemplate, JobPoller, Selection } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { Console, Effect } from "effect"

export const program = Effect.fn("requestPollDownload")(function* (modelId: string, target: string) {
  const assets = yield* AssetDownload.AssetDownload
  const poller = yield* JobPoller.JobPoller
  const files = yield* FileDownload.FileDownload

  // Plain strings are checked once, here; from then on ids are branded.
  const selection = yield* Selection.make({ modelIds: [modelId] })
  const jobId = yield* assets.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
  const job = yield* poller.wait(jobId)

  // The link expires. The effect that made it makes a fresh one, should a long transfer need it.
  const source = { url: job.downloadUrl, refresh: Effect.map(poller.wait(jobId), (job) => job.downloadUrl) }
  const file = yield* files.run(source, target, { expect: "zip" })
  yield* Console.log(`${file.path}: ${file.bytes} bytes`)
  return file
})

if (import.meta.main) {
  const [modelId = "", target = "archive.zip"] = process.argv.slice(2)
  NodeRuntime.runMain(program(modelId, target).pipe(Effect.provide(NodeScenario.layerConfig)))
}
