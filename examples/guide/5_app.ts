import { NodeRuntime } from "@effect/platform-node"
import { type Asset, AssetDownload, Metrics, ScenarioConfig, Selection, TransferPool } from "@scenario-assets/core"
import {
  type DownloadEvent,
  DownloadRequest,
  Downloads,
  FileDownload,
  NodeScenario,
  RunRecord,
  Runs
} from "@scenario-assets/node"
import { Console, Effect, Layer, Metric, Stream } from "effect"

/** Begins the jobs and ends. The record of the run holds the request and the jobs. */
export const begin = Effect.fn("begin")(function* (modelIds: ReadonlyArray<string>, directory: string) {
  const downloads = yield* Downloads.Downloads
  const request = DownloadRequest.DownloadRequest.make({
    wanted: { _tag: "Assets", selection: yield* Selection.make({ modelIds }) },
    destination: DownloadRequest.directory(directory),
    // Limits of the whole run, however many archives and connections it has.
    concurrency: 2,
    connections: 8,
    limitRate: 20_000_000,
    annotations: { requestedBy: "nightly" }
  })
  yield* Stream.runDrain(downloads.begin(request))
})

/** What a person would want to know of a run. */
const describe = (event: DownloadEvent.DownloadEvent): string | undefined => {
  switch (event._tag) {
    case "Started":
      return `${event.resumed ? "Resuming" : "Beginning"} ${event.runId ?? "a run"}: ${event.batches} archives`
    case "ArchiveProgressed":
      return `Archive ${event.batch + 1}: ${event.bytes} of ${event.size ?? "?"} bytes`
    case "BatchFailed":
    case "ArchiveFailed":
      return `Archive ${event.batch + 1}: ${event.error.message}`
    case "ArchiveSaved":
      return `Archive ${event.batch + 1}: ${event.files} files`
    default:
      return undefined
  }
}

/** Fetches the files of all downloads that are neither complete nor under way, one run after another. */
export const fetch = Effect.gen(function* () {
  const downloads = yield* Downloads.Downloads
  const runs = yield* Runs.Runs
  const unfinished = (yield* runs.list).filter(
    (head) => head.wanted.kind !== "sync" && !["complete", "running"].includes(RunRecord.state(head))
  )
  for (const { runId } of unfinished) {
    yield* runs.request(runId).pipe(
      Stream.fromEffect,
      Stream.flatMap(downloads.events),
      Stream.runForEach((event) => {
        const line = describe(event)
        return line === undefined ? Effect.void : Console.log(line)
      }),
      Effect.annotateLogs({ runId })
    )
  }
  const { count } = yield* Metric.value(Metrics.transferBytes)
  yield* Console.log(`${unfinished.length} runs; ${count} bytes transferred since the program started`)
}).pipe(Effect.withSpan("fetch"))

/** Saves single assets without a job: all of them together over at most 4 connections, at 5 MB a second. */
export const saveAssets = Effect.fn("saveAssets")(function* (ids: ReadonlyArray<Asset.AssetId>, directory: string) {
  const assets = yield* AssetDownload.AssetDownload
  const files = yield* FileDownload.FileDownload
  const pool = yield* TransferPool.make({ connections: 4, limitRate: 5_000_000 })
  return yield* Effect.forEach(
    ids,
    (id) => files.run({ refresh: assets.request(id) }, `${directory}/${id}`, { pool, ifExists: "skip" }),
    { concurrency: 8 }
  )
})

/** The services, with records in a directory of the app's own and with its limits as defaults. */
export const layer = (records: string) =>
  NodeScenario.layerServices({
    runs: Runs.layer({ directory: records }),
    assetDownload: { timeLimit: "2 minutes", retries: 8 },
    jobPoller: { deadline: "6 hours" },
    transfer: { idleTimeout: "1 minute" }
  })

if (import.meta.main) {
  const [directory = "renders", ...modelIds] = process.argv.slice(2)
  const live = Layer.provide(layer("records"), ScenarioConfig.layerConfig)
  const program = Effect.gen(function* () {
    if (modelIds.length > 0) yield* begin(modelIds, directory)
    else yield* fetch
  })
  NodeRuntime.runMain(program.pipe(Effect.provide(live)))
}
