import { createHash } from "node:crypto"
import { NodeRuntime } from "@effect/platform-node"
import { Archives, Asset, JobPoller, Transfer } from "@scenario-assets/core"
import { FileDownload, NodeScenario } from "@scenario-assets/node"
import { Console, Effect, Schema, Stream } from "effect"

const decodeJobId = Schema.decodeUnknownEffect(Asset.JobId)

/** Waits for a job, and saves its archive. */
export const save = Effect.fn("saveArchive")(function* (id: string, path: string) {
  const jobId = yield* decodeJobId(id)
  const poller = yield* JobPoller.JobPoller
  const files = yield* FileDownload.FileDownload

  const link = Effect.map(
    poller.wait(jobId, { deadline: "1 hour", justBegun: false }),
    ({ downloadUrl }) => downloadUrl
  )
  // The link expires. The same effect makes a fresh one when the storage host refuses it.
  const source = { url: yield* link, refresh: link }
  return yield* files.run(source, path, { expect: "zip", ifExists: "skip" })
})

/** Waits for a job, and hashes its archive without keeping it. */
export const hash = Effect.fn("hashArchive")(function* (id: string) {
  const jobId = yield* decodeJobId(id)
  const archives = yield* Archives.Archives
  const transfer = yield* Transfer.Transfer

  // `ofJob` waits, and gives the same source as above.
  const { source } = yield* archives.ofJob(jobId)
  const sha256 = createHash("sha256")
  yield* Stream.runForEach(transfer.bytes(source, { expect: "zip", connections: 8 }), (bytes) =>
    Effect.sync(() => sha256.update(bytes))
  )
  return sha256.digest("hex")
})

if (import.meta.main) {
  const [jobId = "", path] = process.argv.slice(2)
  const program = Effect.gen(function* () {
    const result = path === undefined ? yield* hash(jobId) : yield* save(jobId, path)
    yield* Console.log(result)
  })
  NodeRuntime.runMain(program.pipe(Effect.provide(NodeScenario.layerConfig)))
}
