/**
 * @title A whole Scenario in a test, without sockets
 *
 * The emulator answers through an in-memory `HttpClient`, and faults come when they are asked for: here the connection
 * breaks in the middle of the archive, and nobody notices.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  Archives,
  AssetDownload,
  FileNameTemplate,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import { Effect, Layer, Redacted, Stream } from "effect"

const ScenarioTest = Layer.mergeAll(Archives.layer, Transfer.layerOptions({ backoffBase: "1 milli" })).pipe(
  Layer.provide(JobPoller.layer),
  Layer.provide([AssetDownload.layer, StorageClient.layerHttpClient]),
  Layer.provide([
    EmulatorHttpClient.layer,
    ScenarioConfig.layer({
      baseUrl: "https://api.emulator.test/v1",
      apiKey: Redacted.make(Emulator.defaultCredentials.key),
      apiSecret: Redacted.make(Emulator.defaultCredentials.secret)
    })
  ]),
  // Jobs are ready at once.
  Layer.provideMerge(Emulator.layer({ job: { states: [] } }))
)

describe("an archive", () => {
  it.live("is whole, though the connection breaks", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const archives = yield* Archives.Archives
      const transfer = yield* Transfer.Transfer
      yield* emulator.inject(Fault.reset("storage", 100_000))

      const selection = yield* Selection.make({ modelIds: [emulator.catalogue.models[0]?.id ?? ""] })
      const size = yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
        Stream.flatMap(({ source }) => transfer.bytes(source, { expect: "zip" })),
        Stream.runFold(
          () => 0,
          (size, bytes) => size + bytes.length
        )
      )
      assert.isAbove(size, 100_000)
      const requests = yield* emulator.requests
      assert.deepStrictEqual(
        requests.map((request) => request.target),
        ["requestBatch", "getStatus", "storage", "storage"]
      )
    }).pipe(Effect.provide(ScenarioTest))
  )
})
