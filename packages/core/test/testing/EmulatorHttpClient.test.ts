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
import { Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"

const { key, secret } = Emulator.defaultCredentials

const emulated = (options: Emulator.Options) =>
  Layer.mergeAll(Archives.layer, Transfer.layer()).pipe(
    Layer.provide([JobPoller.layer(), JobJournal.layerNone]),
    Layer.provide([AssetDownload.layer(), AssetCatalog.layer(), StorageClient.layerHttpClient]),
    Layer.provide([
      EmulatorHttpClient.layer,
      ScenarioConfig.layer({
        baseUrl: "https://api.emulator.test/v1",
        apiKey: Redacted.make(key),
        apiSecret: Redacted.make(secret)
      })
    ]),
    Layer.provideMerge(Emulator.layer({ archive: { size }, ...options }))
  )
const size = 200_000

/** From a selection to the last byte of its archive, with everything at its default. */
const download = Effect.gen(function* () {
  const { catalogue } = yield* Emulator.Emulator
  const archives = yield* Archives.Archives
  const transfer = yield* Transfer.Transfer
  const selection = yield* Selection.make({ modelIds: catalogue.models.slice(0, 1).map(({ id }) => id) })
  return yield* archives.stream({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate }).pipe(
    Stream.flatMap(({ source }) => transfer.bytes(source, { expect: "zip" })),
    Stream.runFold(
      () => 0,
      (sum, bytes) => sum + bytes.length
    )
  )
})

const always = { times: "always" } as const

describe("a download from the emulator under one step of TestClock", () => {
  it.effect.each<readonly [what: string, options: Emulator.Options, atLeast: Duration.Input]>([
    ["at the usual pace", {}, "2 seconds"],
    ["of a slow job", { job: { pace: "5 minutes" } }, "10 minutes"],
    ["with delays", { faults: [Fault.delay("getStatus", "3 seconds", always)] }, "3 seconds"],
    ["at a low rate", { faults: [Fault.throttle("storage", 2000, always)] }, "2 seconds"],
    ["with stalls", { faults: [Fault.stall("getStatus", 5), Fault.stall("storage", 50_000)] }, "90 seconds"],
    [
      "with failures",
      {
        faults: [
          Fault.status("requestBatch", 429, { retryAfter: "20 seconds" }),
          Fault.drop("getStatus"),
          Fault.status("storage", 503, { times: 2 }),
          Fault.reset("storage", 100_000)
        ]
      },
      "22 seconds"
    ]
  ])("takes all the time it needs: %s", ([, options, atLeast]) =>
    Effect.gen(function* () {
      const fiber = yield* download.pipe(Effect.delay("1 milli"), Effect.forkChild)
      yield* TestClock.adjust("1 hour")
      assert.isDefined(fiber.pollUnsafe(), "it is still running")
      assert.strictEqual(yield* Fiber.join(fiber), size)

      const times = (yield* (yield* Emulator.Emulator).requests).map(({ time }) => time)
      assert.strictEqual(times[0], 1, "it begins at once")
      const last = times.at(-1) ?? 0
      assert.isAtLeast(last, Duration.toMillis(atLeast))
      assert.isBelow(last, Duration.toMillis("15 minutes"), "it does not wait for the end of the step")
    }).pipe(Effect.provide(emulated(options)))
  )
})
