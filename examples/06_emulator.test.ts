/**
 * @title A whole Scenario in a test, without sockets
 *
 * The emulator answers through an in-memory `HttpClient`, and fails on request: here the connection breaks in the middle
 * of the archive, and the transfer resumes. The job takes its usual time, of which the test spends none: the program is
 * forked behind a short delay, and one `TestClock.adjust` sees it through all its waiting.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  Archives,
  AssetCatalog,
  AssetDownload,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection,
  StorageClient,
  Transfer
} from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"

const ScenarioTest = Layer.mergeAll(Archives.layer, Transfer.layer()).pipe(
  Layer.provide([JobPoller.layer(), JobJournal.layerNone]),
  Layer.provide([AssetDownload.layer(), AssetCatalog.layer(), StorageClient.layerHttpClient]),
  Layer.provide([
    EmulatorHttpClient.layer,
    ScenarioConfig.layer({
      baseUrl: "https://api.emulator.test/v1",
      apiKey: Redacted.make(Emulator.defaultCredentials.key),
      apiSecret: Redacted.make(Emulator.defaultCredentials.secret)
    })
  ]),
  Layer.provideMerge(Emulator.layer())
)

/** The program that is tested. */
const download = Effect.fn("download")(function* (modelId: string) {
  const archives = yield* Archives.Archives
  const transfer = yield* Transfer.Transfer
  const selection = yield* Selection.make({ modelIds: [modelId] })
  return yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.flatMap(({ source }) => transfer.bytes(source, { expect: "zip" })),
    Stream.runFold(
      () => 0,
      (size, bytes) => size + bytes.length
    )
  )
})

describe("a download", () => {
  it.effect("gets the whole archive, though the connection breaks", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      yield* emulator.inject(Fault.reset("storage", 100_000))

      const modelId = emulator.catalogue.models[0]?.id ?? ""
      const fiber = yield* download(modelId).pipe(Effect.delay("1 milli"), Effect.forkChild)
      yield* TestClock.adjust("1 minute")
      assert.isAbove(yield* Fiber.join(fiber), 100_000)

      const requests = yield* emulator.requests
      const targets = requests.map(({ target }) => target)
      assert.deepStrictEqual([targets[0], targets[1]], ["requestBatch", "getStatus"])
      assert.deepStrictEqual(targets.slice(-2), ["storage", "storage"])
    }).pipe(Effect.provide(ScenarioTest))
  )
})
