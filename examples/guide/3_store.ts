import { NodeRuntime } from "@effect/platform-node"
import { Archives, Asset } from "@scenario-assets/core"
import { ArchiveReader, NodeScenario } from "@scenario-assets/node"
import { Console, Context, Effect, Layer, Schema, Stream } from "effect"

/** An object store, as far as this program uses one. */
export class Bucket extends Context.Service<
  Bucket,
  {
    readonly put: <E, R>(key: string, content: Stream.Stream<Uint8Array, E, R>) => Effect.Effect<void, E, R>
    readonly sizes: Effect.Effect<ReadonlyMap<string, number>>
  }
>()("guide/Bucket") {
  static readonly layerMemory = Layer.sync(Bucket, () => {
    const objects = new Map<string, Uint8Array>()
    return Bucket.of({
      put: (key, content) =>
        Effect.map(Stream.mkUint8Array(content), (bytes) => {
          objects.set(key, bytes)
        }),
      sizes: Effect.sync(() => new Map(Array.from(objects, ([key, { length }]) => [key, length])))
    })
  })
}

/** Puts the pictures of a job's archive into the bucket, up to eight at once, in at most 32 MiB of memory. */
export const program = Effect.fn("picturesToBucket")(function* (id: string) {
  const jobId = yield* Schema.decodeUnknownEffect(Asset.JobId)(id)
  const archives = yield* Archives.Archives
  const reader = yield* ArchiveReader.ArchiveReader
  const bucket = yield* Bucket

  const { source } = yield* archives.ofJob(jobId)
  const report = yield* reader.forEach(
    { name: jobId, source },
    (entry, content) => bucket.put(`${jobId}/${entry.name}`, content),
    {
      select: (entry) => entry.name.endsWith(".png"),
      concurrency: 8,
      memory: 32 * 1024 * 1024
    }
  )
  // A damaged file is left out, and stops no other.
  for (const { error } of report.refused) yield* Console.error(error.message)
  return report
})

if (import.meta.main) {
  const live = Layer.merge(NodeScenario.layerConfig, Bucket.layerMemory)
  NodeRuntime.runMain(program(process.argv[2] ?? "").pipe(Effect.provide(live)))
}
