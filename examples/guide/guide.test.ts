/** Runs the programs of docs/library.md against the emulator, over real HTTP. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { AssetDownload, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { Effect, Layer } from "effect"
import * as EmulatedScenario from "../../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../../test-support/TestDirectory.ts"
import * as Operation from "./1_operation.ts"
import * as Archive from "./2_archive.ts"
import * as Store from "./3_store.ts"
import * as Download from "./4_download.ts"
import * as App from "./5_app.ts"

const ConfigTest = EmulatedScenario.layerConfig()

const ScenarioTest = EmulatedScenario.layer({ runs: join(TestDirectory.make("guide"), "runs") })

const firstModel = Effect.map(Emulator.Emulator, ({ catalogue }) => catalogue.models[0]?.id ?? "")

const startJob = Effect.gen(function* () {
  const assets = yield* AssetDownload.AssetDownload
  const selection = yield* Selection.make({ modelIds: [yield* firstModel] })
  return yield* assets.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
})

const pngs = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".png"))

describe("the guide", () => {
  it.live("1: starts a job", () =>
    Effect.gen(function* () {
      const { jobStatus } = yield* Operation.program(yield* firstModel)
      assert.strictEqual(jobStatus, "success")
    }).pipe(Effect.provide(Layer.provideMerge(Operation.layer, ConfigTest)))
  )

  it.live("2: saves an archive, or hashes it", () =>
    Effect.gen(function* () {
      const jobId = yield* startJob
      const path = join(TestDirectory.make("guide"), "archive.zip")
      const saved = yield* Archive.save(jobId, path)
      assert.isTrue(existsSync(path))
      assert.deepInclude(yield* Archive.save(jobId, path), { bytes: saved.bytes, alreadyThere: true })
      assert.match(yield* Archive.hash(jobId), /^[0-9a-f]{64}$/)
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("3: puts the pictures of an archive into a bucket", () =>
    Effect.gen(function* () {
      const jobId = yield* startJob
      const { fileCount, refused } = yield* Store.program(jobId)
      assert.isEmpty(refused)
      const { sizes } = yield* Store.Bucket
      assert.strictEqual((yield* sizes).size, fileCount)
      assert.isAbove(fileCount, 0)
    }).pipe(Effect.provide(Layer.merge(ScenarioTest, Store.Bucket.layerMemory)))
  )

  it.live("4: downloads a model, and says what is missing", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const directory = join(TestDirectory.make("guide"), "renders")
      const model = yield* firstModel
      yield* emulator.inject(Fault.status("storage", 404, { times: "always" }))
      assert.strictEqual(yield* Download.program(model, directory), 0)
      yield* emulator.clearFaults
      const files = yield* Download.program(model, directory)
      assert.isAbove(files, 0)
      assert.lengthOf(pngs(directory), files)
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("5: begins jobs in one process, fetches the files in another, and saves single assets", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("guide")
      const renders = join(directory, "renders")
      const live = App.layer(join(directory, "records"))
      yield* Effect.provide(App.begin([yield* firstModel], renders), live)
      assert.isFalse(existsSync(renders))
      yield* Effect.provide(App.fetch, live)
      assert.isNotEmpty(pngs(renders))
      const { catalogue, requests } = yield* Emulator.Emulator
      const ids = catalogue.assets.slice(0, 3).map(({ id }) => id)
      const saved = yield* Effect.provide(App.saveAssets(ids, join(directory, "single")), live)
      assert.isTrue(saved.every(({ path }) => existsSync(path)))
      const begun = (yield* requests).filter(({ target }) => target === "requestBatch")
      assert.lengthOf(begun, 1)
    }).pipe(Effect.provide(ConfigTest))
  )
})
