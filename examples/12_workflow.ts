/**
 * @title Batches as workflows, for those who have an Effect cluster
 *
 * Each batch begins its job, waits for it, and fetches its files. The engine stores what each of these steps gives, so that a batch
 * which is interrupted, or fails and is resumed, goes on with the step it was in: it begins no second job. Here the engine is in memory;
 * in a cluster it is `ClusterWorkflowEngine.layer`, on `NodeClusterSocket.layer({ storage: "sql" })` and your database.
 *
 * Its limits:
 *
 * - Work is hashed, not pulled: an idle runner takes nothing from a busy one. All jobs begin at once; only transfers are bounded.
 * - Whoever joins or leaves moves batches, and interrupts their transfers. These begin again on another runner, which has to see the
 *   same folder; files that are there are not fetched again.
 * - Each step runs at least once: a runner that dies between the answer to `requestBatch` and its record leaves a job to nobody.
 * - The payload and the names of the activities are a storage format: new versions have to read what old ones have stored.
 * - A job that Scenario has failed, or no longer knows, fails after each resumption too. Those ids need another run id.
 * - Effect marks these modules as unstable, and its tables only grow.
 *
 * For workers that need a database and nothing else, see `@scenario-assets/fleet` (docs/fleet.md).
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/12_workflow.ts renders asset_… asset_… asset_…
 */
import { join } from "node:path"
import { NodeRuntime } from "@effect/platform-node"
import { Archives, Asset, AssetDownload, FileNameTemplate, JobPoller, Selection } from "@scenario-assets/core"
import { Extraction, NodeScenario } from "@scenario-assets/node"
import { Cause, Clock, Console, Effect, Layer, Predicate, Schedule, Schema, Semaphore } from "effect"
import { Activity, Workflow, WorkflowEngine } from "effect/workflow"

/** What is stored of an error: a message, which holds no link and no credential. */
export class BatchFailed extends Schema.TaggedError<BatchFailed>()("BatchFailed", { message: Schema.String }) {}

const orBatchFailed = Effect.mapError(({ message }: Error) => new BatchFailed({ message }))

/** A batch of a run. One that is executed again is the same one, and begins nothing: it is known by its run and index alone. */
export const DownloadBatch = Workflow.make("DownloadBatch", {
  payload: {
    runId: Schema.String.check(Schema.isPattern(/^\w+$/)),
    index: Schema.Natural,
    /** At most 1000 ids. */
    selection: Selection.Selection,
    /** The same for all runners, so absolute in a cluster. The batch has one of its own in it. */
    folder: Schema.String
  },
  success: Schema.Struct({ jobId: Asset.JobId, files: Schema.Natural, alreadyThere: Schema.Natural }),
  error: BatchFailed,
  idempotencyKey: ({ index, runId }) => `${runId}/${index}`
}).annotate(Workflow.SuspendOnFailure, true)

/** Carries batches out. All that a runner has start at once, so what they transfer is bounded here. */
export const layer = ({ transfersAtOnce = 4 }: { readonly transfersAtOnce?: number } = {}) =>
  Layer.unwrap(
    Effect.map(Semaphore.make(transfersAtOnce), (transfers) =>
      DownloadBatch.toLayer(
        Effect.fnUntraced(function* ({ folder, index, runId, selection }) {
          const assets = yield* AssetDownload.AssetDownload
          const poller = yield* JobPoller.JobPoller
          const archives = yield* Archives.Archives
          const extraction = yield* Extraction.Extraction

          const jobId = yield* Activity.make({
            name: "request",
            success: Asset.JobId,
            error: BatchFailed,
            execute: orBatchFailed(
              assets.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
            )
          })
          // What it gives is stored: so not the link, which is secret.
          yield* Activity.make({
            name: "wait",
            error: BatchFailed,
            execute: poller.wait(jobId).pipe(Effect.asVoid, orBatchFailed)
          })
          return yield* Activity.make({
            name: "transfer",
            success: DownloadBatch.successSchema,
            error: BatchFailed,
            execute: Effect.gen(function* () {
              const { source } = yield* archives.ofJob(jobId)
              // The engine keeps other runners away. One that was killed cannot let go of the folder, so it is taken over.
              const into = join(folder, runId, String(index))
              const { alreadyThere, files } = yield* extraction.run({ name: jobId, source }, into, { takeOver: true })
              return { jobId, files, alreadyThere }
            }).pipe(orBatchFailed, transfers.withPermit)
          })
        })
      )
    )
  )

/** Starts the batches of a run, and gives the ids of their executions at once. */
export const submit = Effect.fn("submit")(function* (
  runId: string,
  ids: { readonly modelIds?: ReadonlyArray<string>; readonly assetIds?: ReadonlyArray<string> },
  folder: string
) {
  const batches = Selection.batches(yield* Selection.make(ids))
  return yield* Effect.forEach(batches, (selection, index) =>
    DownloadBatch.execute({ runId, index, selection, folder }, { discard: true })
  )
})

/**
 * Waits for the end of an execution: what it gives, or the error that has suspended it until `DownloadBatch.resume(id)`. To `execute`
 * a batch without `discard` waits for that too, without a word.
 */
export const ended = Effect.fn("ended")(function* (executionId: string) {
  const result = yield* DownloadBatch.poll(executionId).pipe(
    Effect.flatMap(Effect.fromOption),
    Effect.retry(Schedule.spaced("1 second")),
    Effect.orDie
  )
  if (result._tag === "Complete") return yield* result.exit
  // Engines keep that error as a defect, and do not agree in what becomes of its type.
  const defect = Cause.squash(result.cause ?? Cause.empty)
  const message = Predicate.hasProperty(defect, "message") ? defect.message : defect
  return yield* new BatchFailed({ message: String(message) })
})

if (import.meta.main) {
  const [folder = ".", ...assetIds] = process.argv.slice(2)
  const program = Effect.gen(function* () {
    const executions = yield* submit(`run_${yield* Clock.currentTimeMillis}`, { assetIds }, folder)
    yield* Effect.forEach(executions, (id) =>
      Effect.matchEffect(ended(id), {
        onSuccess: ({ files, jobId }) => Console.log(`${jobId}: ${files} files`),
        onFailure: ({ message }) => Console.error(message)
      })
    )
  })
  const live = layer().pipe(Layer.provideMerge(WorkflowEngine.layerMemory), Layer.provide(NodeScenario.layerConfig))
  NodeRuntime.runMain(Effect.provide(program, live))
}
