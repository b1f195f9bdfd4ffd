/** Runs the numbered examples against the emulator, over real HTTP. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, FileNameTemplate, Selection } from "@scenario-assets/core"
import { Emulator } from "@scenario-assets/core/testing"
import { NodeScenario, Runs } from "@scenario-assets/node"
import { Effect } from "effect"
import * as EmulatedScenario from "../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../test-support/TestDirectory.ts"
import * as RequestPollDownload from "./01_request-poll-download.ts"
import * as LargeSelection from "./02_large-selection.ts"
import * as PollSchedule from "./03_poll-schedule.ts"
import * as AssetToFormat from "./04_asset-to-format.ts"
import * as ExtractSome from "./07_extract-some.ts"
import * as EntriesToStore from "./08_entries-to-a-store.ts"
import * as BeginNow from "./09_begin-now.ts"
import * as SyncExample from "./11_sync.ts"

const ConfigTest = EmulatedScenario.layerConfig()

const ScenarioTest = EmulatedScenario.layer()

const firstModel = Effect.map(Emulator.Emulator, ({ catalogue }) => catalogue.models[0]?.id ?? "")

describe("examples", () => {
  it.live("01: request, poll and download", () =>
    Effect.gen(function* () {
      const file = yield* RequestPollDownload.program(
        yield* firstModel,
        join(TestDirectory.make("example"), "renders.zip")
      )
      assert.isTrue(existsSync(file.path))
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("02: a selection of any size", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const ids = catalogue.assets.slice(0, 5).map((asset) => asset.id)
      const files = yield* LargeSelection.program(ids, TestDirectory.make("example"))
      assert.strictEqual(files.length, 1)
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("03: a poll schedule of one's own", () =>
    Effect.gen(function* () {
      const assets = yield* AssetDownload.AssetDownload
      const selection = yield* Selection.make({ modelIds: [yield* firstModel] })
      const jobId = yield* assets.requestBatch({ selection, fileNameTemplate: FileNameTemplate.defaultTemplate })
      assert.deepStrictEqual(yield* PollSchedule.program(jobId), ["success"])
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("04: one asset, in another format", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const assetId = catalogue.assets[0]?.id ?? Asset.AssetId.make("asset_none")
      const { size } = yield* AssetToFormat.program({ assetId, targetFormat: "png" })
      assert.isAbove(size, 100)
      const error = yield* Effect.flip(AssetToFormat.program({ assetId, targetFormat: "docx" }))
      assert.strictEqual(error._tag, "SchemaError")
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("07: some files of an archive, into a directory", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const landscapes = catalogue.assets.filter((asset) => asset.kind === "3d")
      const assetIds = catalogue.assets.map((asset) => asset.id)
      const directory = TestDirectory.make("example")
      for (const alreadyThere of [0, landscapes.length]) {
        const [extracted] = yield* ExtractSome.program({ assetIds }, ".obj", directory)
        assert.deepInclude(extracted, { files: landscapes.length, alreadyThere })
        const found = readdirSync(directory, { recursive: true, encoding: "utf8" })
        assert.lengthOf(
          found.filter((name) => name.endsWith(".obj")),
          landscapes.length
        )
        assert.isFalse(found.some((name) => name.endsWith(".png")))
      }
    }).pipe(Effect.provide(ScenarioTest))
  )

  it.live("08: the files of a download, into a store of one's own", () => {
    const files: Parameters<typeof EntriesToStore.inMemory>[0] = new Map()
    return Effect.gen(function* () {
      const modelId = yield* firstModel
      const live = EntriesToStore.layer(files)
      const first = yield* Effect.provide(EntriesToStore.program(modelId), live)
      assert.deepInclude(first, { state: "complete", files: 8, alreadyThere: 0, place: "memory://renders" })
      assert.strictEqual(files.size, 8)
      const second = yield* Effect.provide(EntriesToStore.program(modelId), live)
      assert.deepInclude(second, { state: "complete", files: 8, alreadyThere: 8, fetched: 0 })
    }).pipe(Effect.provide(ConfigTest))
  })

  it.live("09: jobs are begun by one run of the program, and their files fetched by another", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const directory = TestDirectory.make("example")
      const live = NodeScenario.layerServices({ runs: Runs.layer({ directory: join(directory, "runs") }) })
      yield* Effect.provide(BeginNow.begin(yield* firstModel, join(directory, "renders")), live)
      assert.isFalse(existsSync(join(directory, "renders")))
      const [report, ...others] = yield* Effect.provide(BeginNow.fetch, live)
      assert.deepInclude(report, { state: "complete", files: 8 })
      assert.lengthOf(others, 0)
      assert.lengthOf(yield* Effect.provide(BeginNow.fetch, live), 0)
      const requests = yield* emulator.requests
      assert.lengthOf(
        requests.filter(({ target }) => target === "requestBatch"),
        1
      )
    }).pipe(Effect.provide(ConfigTest))
  )

  it.live("11: a directory in step, with a page to look at", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make("example")
      const wanted = catalogue.assets.filter(({ kind }) => kind === "image" || kind === "video")
      assert.strictEqual(yield* SyncExample.program(directory), wanted.length)
      assert.strictEqual(yield* SyncExample.program(directory), 0)
      assert.include(readFileSync(join(directory, "index.html"), "utf8"), wanted[0]?.prompt ?? "?")
    }).pipe(Effect.provide([ScenarioTest, NodeFileSystem.layer]))
  )
})
