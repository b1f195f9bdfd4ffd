/** Batches as workflows, on both engines that need no database. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Selection } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { Extraction } from "@scenario-assets/node"
import { Deferred, Effect, Layer, Schedule } from "effect"
import { ClusterWorkflowEngine, MessageStorage, TestRunner } from "effect/cluster"
import { WorkflowEngine } from "effect/workflow"
import * as Canary from "../test-support/Canary.ts"
import * as EmulatedScenario from "../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../test-support/TestDirectory.ts"
import * as Example from "./12_workflow.ts"

const { DownloadBatch } = Example

const cluster = Layer.provideMerge(ClusterWorkflowEngine.layer, TestRunner.layer)

const engines: Readonly<Record<string, Layer.Layer<WorkflowEngine.WorkflowEngine>>> = {
  "in memory": WorkflowEngine.layerMemory,
  "in a cluster": cluster
}

/** One batch for each of the first models. */
const batchesOf = Effect.fnUntraced(function* (count: number) {
  const { catalogue } = yield* Emulator.Emulator
  const folder = TestDirectory.make("workflow")
  return yield* Effect.forEach(catalogue.models.slice(0, count), ({ id }, index) =>
    Effect.map(Selection.make({ modelIds: [id] }), (selection) => ({ runId: "run_1", index, selection, folder }))
  )
})

type Batch = (typeof DownloadBatch.payloadSchema)["Type"]

/** Executes a batch up to its suspension, for which nothing is allowed to wait. */
const suspended = Effect.fnUntraced(function* (batch: Batch) {
  const engine = yield* WorkflowEngine.WorkflowEngine
  const executionId = yield* DownloadBatch.executionId(batch)
  const suspendedRetrySchedule = Schedule.recurs(0)
  const exit = yield* Effect.exit(
    engine.execute(DownloadBatch, { executionId, payload: batch, suspendedRetrySchedule })
  )
  assert.include(String(exit), "exhausted")
  return executionId
})

const requestsTo = (target: Emulator.RecordedRequest["target"]) =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    return (yield* emulator.requests).filter((request) => request.target === target).length
  })

const filesOf = ({ folder, index, runId }: Batch) =>
  readdirSync(join(folder, runId, String(index)), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile()
  )

const live = <R>(engine: Layer.Layer<R | WorkflowEngine.WorkflowEngine>, scenario = EmulatedScenario.layer()) =>
  Example.layer({ transfersAtOnce: 2 }).pipe(Layer.provideMerge(engine), Layer.provideMerge(scenario))

describe.each(Object.entries(engines))("12: batches as workflows, %s", (_name, engine) => {
  it.live("have their files, each in a folder of its own, and one job for each key", () =>
    Effect.gen(function* () {
      const batches = yield* batchesOf(3)
      const twice = [...batches, ...batches]
      const results = yield* Effect.forEach(twice, (batch) => DownloadBatch.execute(batch), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(results.slice(3), results.slice(0, 3))
      assert.lengthOf(new Set(results.map(({ jobId }) => jobId)), 3)
      for (const result of results) assert.deepInclude(result, { files: 8, alreadyThere: 0 })
      for (const batch of batches) assert.lengthOf(filesOf(batch), 8)
      assert.strictEqual(yield* requestsTo("requestBatch"), 3)
    }).pipe(Effect.provide(live(engine)))
  )

  it.live("are submitted, and their end can be waited for", () =>
    Effect.gen(function* () {
      const [batch] = yield* batchesOf(1)
      assert(batch !== undefined)
      const [executionId = ""] = yield* Example.submit(batch.runId, batch.selection, batch.folder)
      const result = yield* DownloadBatch.execute(batch)
      assert.strictEqual(result.files, 8)
      assert.deepStrictEqual(yield* Example.ended(executionId), result)
      assert.strictEqual(yield* requestsTo("requestBatch"), 1)
    }).pipe(Effect.provide(live(engine)))
  )

  it.live("that fail in their transfer are suspended; resumed, they fetch what is missing by the same job", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const [batch] = yield* batchesOf(1)
      assert(batch !== undefined)
      // The first request is for the directory of the archive.
      yield* emulator.inject(Fault.corrupt("storage", 100_000, { skip: 1 }))
      const executionId = yield* suspended(batch)
      const error = yield* Effect.flip(Example.ended(executionId))
      assert.match(error.message, /^Archive: job_\w+ is damaged/)
      assert.lengthOf(filesOf(batch), 3)
      assert.strictEqual(yield* requestsTo("getStatus"), 2)

      yield* DownloadBatch.resume(executionId)
      const result = yield* DownloadBatch.execute(batch)
      assert.deepInclude(result, { files: 4, alreadyThere: 3 })
      assert.lengthOf(filesOf(batch), 4)
      assert.strictEqual(yield* requestsTo("requestBatch"), 1)
      assert.strictEqual(yield* requestsTo("getStatus"), 3)
    }).pipe(Effect.provide(live(engine, EmulatedScenario.layer({ archive: { size: 1024 * 1024, entries: 4 } }))))
  )

  it.live("transfer no more at once than is allowed", () => {
    let most = 0
    const counting = Layer.effect(
      Extraction.Extraction,
      Effect.gen(function* () {
        const extraction = yield* Extraction.Extraction
        const two = yield* Deferred.make<void>()
        let now = 0
        const enter = Effect.suspend(() => {
          most = Math.max(most, ++now)
          return most < 2 ? Deferred.await(two) : Deferred.succeed(two, undefined)
        })
        const leave = Effect.sync(() => void now--)
        return Extraction.Extraction.of({
          ...extraction,
          run: (...options) => Effect.andThen(enter, extraction.run(...options)).pipe(Effect.ensuring(leave))
        })
      })
    )
    return Effect.gen(function* () {
      const batches = yield* batchesOf(5)
      yield* Effect.forEach(batches, (batch) => DownloadBatch.execute(batch), { concurrency: "unbounded" })
      assert.strictEqual(most, 2)
    }).pipe(Effect.provide(live(engine, Layer.provideMerge(counting, EmulatedScenario.layer()))))
  })
})

describe("12: batches as workflows", () => {
  it.live("leave no secret in what is stored", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const [whole, failing] = yield* batchesOf(2)
      assert(whole !== undefined && failing !== undefined)
      yield* DownloadBatch.execute(whole)
      yield* emulator.inject(Fault.status("storage", 403, { times: "always", body: Canary.signature }))
      yield* suspended(failing)

      const { requests } = yield* MessageStorage.MemoryDriver
      const stored = JSON.stringify([...requests.values()])
      assert.include(stored, "BatchFailed")
      assert.deepStrictEqual(Canary.find(Buffer.from(stored)), [])
    }).pipe(Effect.provide(live(cluster)))
  )
})
