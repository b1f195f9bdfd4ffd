/**
 * @title The files of an archive, sent anywhere but to a disk
 *
 * `ArchiveReader.forEach` gives each file of an archive to a callback, several at once: here they go to a store in memory
 * that keeps each content once, in a program of yours to an object store or a database. A small file is whole and verified
 * before the callback begins, a large one is read while the store takes it. Memory has a budget, whatever the archive holds.
 *
 *     SCENARIO_API_KEY=… SCENARIO_API_SECRET=… node examples/08_entries-to-a-store.ts job_…
 */
import { createHash } from "node:crypto"
import { NodeRuntime } from "@effect/platform-node"
import { Archives, Asset } from "@scenario-assets/core"
import { ArchiveReader, NodeScenario } from "@scenario-assets/node"
import { Console, Context, Effect, Layer, Schema, Stream } from "effect"

/** Where contents go, and by what name they are found again. */
export class Store extends Context.Service<
  Store,
  {
    readonly put: <E, R>(content: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<string, E, R>
    readonly size: Effect.Effect<number>
  }
>()("examples/Store") {
  static readonly layerMemory = Layer.sync(Store, () => {
    const contents = new Map<string, Uint8Array>()
    return Store.of({
      put: (content) =>
        Effect.map(Stream.mkUint8Array(content), (bytes) => {
          const key = createHash("sha256").update(bytes).digest("hex")
          contents.set(key, bytes)
          return key
        }),
      size: Effect.sync(() => contents.size)
    })
  })
}

export const program = Effect.fn("entriesToStore")(function* (id: string) {
  const jobId = yield* Schema.decodeUnknownEffect(Asset.JobId)(id)
  const archives = yield* Archives.Archives
  const reader = yield* ArchiveReader.ArchiveReader
  const store = yield* Store

  const { source } = yield* archives.ofJob(jobId)
  const report = yield* reader.forEach(
    { name: jobId, source },
    Effect.fnUntraced(function* (entry, content) {
      const key = yield* store.put(content)
      yield* Console.log(`${key.slice(0, 12)}  ${JSON.stringify(entry.name)}`)
    }),
    { concurrency: 4 }
  )
  for (const { error } of report.refused) yield* Console.error(error.message)
  return report
})

if (import.meta.main) {
  const layer = Layer.mergeAll(NodeScenario.layerConfig, Store.layerMemory)
  NodeRuntime.runMain(program(process.argv[2] ?? "").pipe(Effect.provide(layer)))
}
