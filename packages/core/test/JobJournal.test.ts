import { assert, describe, it } from "@effect/vitest"
import {
  Asset,
  type AssetDownload,
  FileNameTemplate,
  JobJournal,
  ScenarioConfig,
  Selection
} from "@scenario-assets/core"
import { Effect, Option } from "effect"
import * as BatchKeys from "../src/internal/BatchKeys.ts"
import * as FakeServer from "./FakeServer.ts"

const [first, second] = [Asset.JobId.make("job_1"), Asset.JobId.make("job_2")]

const keyOf = Effect.fnUntraced(function* (
  ids: Parameters<typeof Selection.make>[0],
  { config, ...options }: Partial<AssetDownload.BatchRequest> & { readonly config?: ScenarioConfig.Options } = {}
) {
  const selection = yield* Selection.make(ids)
  return BatchKeys.of(yield* ScenarioConfig.make({ ...FakeServer.canaryCredentials, ...config }), {
    selection,
    fileNameTemplate: FileNameTemplate.defaultTemplate,
    ...options
  })
})

describe("BatchKeys.of", () => {
  it.effect("is the same for the same batch", () =>
    Effect.gen(function* () {
      const key = yield* keyOf({ assetIds: ["a", "b"] })
      assert.strictEqual(yield* keyOf({ assetIds: ["b", "a", "b"] }), key)
      assert.strictEqual(yield* keyOf({ assetIds: ["a", "b"] }, { flat: false }), key)
      const baseUrl = `${ScenarioConfig.defaultBaseUrl}/`
      assert.strictEqual(yield* keyOf({ assetIds: ["a", "b"] }, { config: { baseUrl } }), key)
      const unsorted = new Selection.Selection({
        assetIds: ["b", "a"].map((id) => Asset.AssetId.make(id)),
        inferenceIds: [],
        modelIds: []
      })
      assert.strictEqual(yield* keyOf({ assetIds: ["a"] }, { selection: unsorted }), key)
    })
  )

  it.effect("is another for whatever makes another archive", () =>
    Effect.gen(function* () {
      const keys = yield* Effect.all([
        keyOf({ assetIds: ["a", "b"] }),
        keyOf({ assetIds: ["a"] }),
        keyOf({ assetIds: ["a"], inferenceIds: ["b"] }),
        keyOf({ assetIds: ["a"], modelIds: ["b"] }),
        keyOf({ assetIds: ["a", "b"] }, { flat: true }),
        keyOf({ assetIds: ["a", "b"] }, { fileNameTemplate: FileNameTemplate.FileNameTemplate.make("<num>") }),
        keyOf({ assetIds: ["a", "b"] }, { config: { projectId: "proj_1" } }),
        keyOf({ assetIds: ["a", "b"] }, { config: { baseUrl: "https://other.test/v1" } })
      ])
      assert.strictEqual(new Set(keys).size, keys.length)
    })
  )
})

const known = (jobId: Asset.JobId): JobJournal.Recorded => ({ jobId, unknown: [] })

describe("JobJournal", () => {
  it.effect("remembers in memory, until a job is forgotten or another takes its place", () =>
    Effect.gen(function* () {
      const journal = yield* JobJournal.JobJournal
      const [one, two] = [yield* keyOf({ assetIds: ["a"] }), yield* keyOf({ assetIds: ["b"] })]
      assert.deepStrictEqual(yield* journal.find(one), Option.none())
      yield* journal.record(one, known(first))
      yield* journal.record(two, known(first))
      yield* journal.record(two, known(second))
      assert.deepStrictEqual(yield* journal.find(one), Option.some(known(first)))
      assert.deepStrictEqual(yield* journal.find(two), Option.some(known(second)))
      yield* journal.forget(first)
      yield* journal.forget(first)
      assert.deepStrictEqual(yield* journal.find(one), Option.none())
      assert.deepStrictEqual(yield* journal.find(two), Option.some(known(second)))
    }).pipe(Effect.provide(JobJournal.layerMemory))
  )

  it.effect("remembers nothing where that is chosen", () =>
    Effect.gen(function* () {
      const journal = yield* JobJournal.JobJournal
      const one = yield* keyOf({ assetIds: ["a"] })
      yield* journal.record(one, known(first))
      assert.deepStrictEqual(yield* journal.find(one), Option.none())
      yield* journal.forget(first)
    }).pipe(Effect.provide(JobJournal.layerNone))
  )
})
