/** Batches that Scenario refuses for some of their ids, or as too large: on the emulator, every request counted. */
import { assert, describe, it } from "@effect/vitest"
import {
  Archives,
  AssetCatalog,
  AssetDownload,
  FileNameTemplate,
  JobJournal,
  JobPoller,
  ScenarioConfig,
  Selection
} from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import { Effect, Layer, Redacted, Stream } from "effect"
import * as Time from "./Time.ts"

const { key, secret } = Emulator.defaultCredentials

const layer = (options: Emulator.Options = {}, projectId?: string) =>
  Archives.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(JobPoller.layer(), JobJournal.layerMemory)),
    Layer.provide([AssetDownload.layer(), AssetCatalog.layer()]),
    Layer.provide([
      EmulatorHttpClient.layer,
      ScenarioConfig.layer({
        baseUrl: "https://api.emulator.test/v1",
        apiKey: Redacted.make(key),
        apiSecret: Redacted.make(secret),
        projectId
      })
    ]),
    Layer.provideMerge(Emulator.layer({ job: { states: [] }, ...options }))
  )

/** 1,000 pictures and more. */
const many = { catalogue: { inferencesPerModel: 20, assetsPerInference: 10 } }

const assetIds = (count: number) =>
  Effect.map(Emulator.Emulator, ({ catalogue }) => catalogue.assets.slice(0, count).map(({ id }): string => id))

const ask = Effect.fnUntraced(function* (
  ids: Parameters<typeof Selection.make>[0],
  options: Partial<Archives.Request> = {}
) {
  const archives = yield* Archives.Archives
  const selection = yield* Selection.make(ids)
  const request = { selection, fileNameTemplate: FileNameTemplate.defaultTemplate, ...options }
  return yield* Stream.runCollect(archives.events(request))
})

const settled = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flatten(Time.letPass(effect))

const counted = Effect.map(
  Effect.flatMap(Emulator.Emulator, ({ requests }) => requests),
  (all) => {
    const count = (target: string) => all.filter((request) => request.target === target).length
    return { jobs: count("requestBatch"), lookups: count("getBulk"), lists: count("listAssets") }
  }
)

const of = <Tag extends Archives.ArchiveEvent["_tag"]>(events: ReadonlyArray<Archives.ArchiveEvent>, tag: Tag) =>
  events.filter((event): event is Extract<Archives.ArchiveEvent, { readonly _tag: Tag }> => event._tag === tag)

const notFound = (events: ReadonlyArray<Archives.ArchiveEvent>) =>
  of(events, "NotFound").flatMap(({ ids }): ReadonlyArray<string> => ids)

const wrong = ["asset_wrong1", "asset_wrong2", "asset_wrong3"]

describe("A batch that is refused", () => {
  it.effect("for unknown assets is requested once without them, and the next run knows it", () =>
    Effect.gen(function* () {
      const ids = { assetIds: [...(yield* assetIds(997)), ...wrong] }
      const first = yield* settled(ask(ids))
      assert.deepStrictEqual(notFound(first), wrong)
      assert.lengthOf(of(first, "Ready"), 1)
      assert.strictEqual(of(first, "Requested")[0]?.selection.size, 997)
      assert.deepStrictEqual(yield* counted, { jobs: 2, lookups: 5, lists: 0 })

      const again = yield* settled(ask(ids))
      assert.deepStrictEqual(notFound(again), wrong, "told again, and nobody was asked")
      const [resumed] = of(again, "Requested")
      assert.deepStrictEqual([resumed?.resumed, resumed?.selection.size], [true, 997])
      assert.deepStrictEqual(yield* counted, { jobs: 2, lookups: 5, lists: 0 })
    }).pipe(Effect.provide(layer(many)))
  )

  it.effect("for unknown assets, where the look-up is refused for them as well", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const ids = { assetIds: [...(yield* assetIds(6)), "asset_wrong"] }
      // The seven, the four that are first, the three of the others, and the last of these alone.
      yield* inject(Fault.status("getBulk", 404, { times: 1 }), Fault.status("getBulk", 404, { times: 1, skip: 1 }))
      const events = yield* settled(ask(ids))
      assert.deepStrictEqual(notFound(events), ["asset_wrong"])
      assert.lengthOf(of(events, "Ready"), 1)
      assert.strictEqual((yield* counted).jobs, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("for all of its assets fails, and the others come", () =>
    Effect.gen(function* () {
      const ids = { assetIds: [...(yield* assetIds(2)), ...wrong] }
      const events = yield* settled(ask(ids, { batchSize: 1 }))
      assert.sameMembers([...notFound(events)], wrong)
      const failed = of(events, "Failed")
      assert.deepStrictEqual(
        failed.map(({ error }) => (error._tag === "ApiError" ? error.reason._tag : error._tag)),
        ["NotFound", "NotFound", "NotFound"]
      )
      assert.lengthOf(of(events, "Ready"), 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect.each(["first", "last", "between"] as const)(
    "for an unknown model (%s) is divided: the others come in parts",
    (where) =>
      Effect.gen(function* () {
        const { catalogue } = yield* Emulator.Emulator
        // Those whose jobs succeed.
        const known = catalogue.models.flatMap(({ id }): ReadonlyArray<string> =>
          /^model_\w{24}$/.test(id) ? [id] : []
        )
        const name = { first: "model_0", last: "model_zz", between: "model_M" }[where]
        const ids = { modelIds: [...known, name], assetIds: yield* assetIds(1) }
        const events = yield* settled(ask(ids))
        assert.deepStrictEqual(notFound(events), [name])
        const requested = of(events, "Requested")
        assert.sameMembers(
          requested.flatMap(({ selection }): ReadonlyArray<string> => selection.modelIds),
          known
        )
        const indices = of(events, "Ready").map(({ index }) => index)
        assert.sameMembers(
          indices,
          requested.map((_, index) => index),
          "each part has a number of its own"
        )
        assert.strictEqual(of(events, "Started").length, requested.length)
        const { jobs } = yield* counted
        assert.isAtMost(jobs, 3 + 2 * Math.ceil(Math.log2(known.length + 1)))
        assert.lengthOf(
          of(yield* settled(ask(ids)), "Requested").filter(({ resumed }) => !resumed),
          0,
          "no job twice"
        )
      }).pipe(Effect.provide(layer()))
  )

  it.effect("for two models beside each other: what the other parts have is not lost", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const known = catalogue.models.flatMap(({ id }): ReadonlyArray<string> => (/^model_\w{24}$/.test(id) ? [id] : []))
      const events = yield* settled(ask({ modelIds: [...known.slice(0, 6), "model_zz1", "model_zz2"] }))
      const ready = new Set(of(events, "Ready").map(({ index }) => index))
      assert.sameMembers(
        of(events, "Requested").flatMap(({ index, selection }): ReadonlyArray<string> =>
          ready.has(index) ? selection.modelIds : []
        ),
        known.slice(0, 6)
      )
      const [failed, ...others] = of(events, "Failed")
      assert.isEmpty(others)
      assert.deepStrictEqual(failed?.selection.modelIds.map(String), ["model_zz1", "model_zz2"])
      assert.isFalse(ready.has(failed?.index ?? -1))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("in both halves is about no id: nobody asks further", () =>
    Effect.gen(function* () {
      const modelIds = Array.from({ length: 64 }, (_, index) => `model_${index}`)
      const events = yield* settled(ask({ modelIds }))
      assert.lengthOf(of(events, "Failed"), 1)
      assert.deepStrictEqual(yield* counted, { jobs: 3, lookups: 0, lists: 0 })
    }).pipe(Effect.provide(layer()))
  )

  it.effect("sends no more than 20 requests to find ids", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const modelIds = catalogue.models.flatMap(({ id }, index) => [id, `${id}x${index}`])
      yield* settled(ask({ modelIds }, { batchSize: 2, concurrency: 4 }))
      const { jobs } = yield* counted
      assert.isAtMost(jobs, modelIds.length / 2 + 20)
    }).pipe(Effect.provide(layer({ catalogue: { inferencesPerModel: 1, assetsPerInference: 1 } })))
  )

  it.effect("for the project is one request, whatever is selected, and however much", () =>
    Effect.gen(function* () {
      const ids = {
        assetIds: Array.from({ length: 20_000 }, (_, index) => `asset_${index}`),
        modelIds: ["model_a", "model_b"]
      }
      const events = yield* settled(ask(ids))
      assert.lengthOf(of(events, "Failed"), 21)
      assert.deepStrictEqual(yield* counted, { jobs: 1, lookups: 0, lists: 1 })
    }).pipe(Effect.provide(layer({ projectId: "proj_right" }, "proj_wrong")))
  )

  it.effect("as too large is halved where its ids allow that, and fails where they do not", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const body = JSON.stringify({ error: "Batch limited to 1000 assets", apiError: "BadRequest", infos: {} })
      yield* inject(Fault.status("requestBatch", 400, { times: 2, body }))
      const assets = yield* assetIds(8)
      const events = yield* settled(ask({ assetIds: assets }))
      assert.deepStrictEqual(
        of(events, "Requested").map(({ selection }) => selection.size),
        [2, 2, 4]
      )
      assert.sameMembers(
        of(events, "Requested").flatMap(({ selection }): ReadonlyArray<string> => selection.assetIds),
        assets
      )
      yield* inject(Fault.status("requestBatch", 413, { times: "always" }))
      const failed = yield* settled(ask({ modelIds: ["model_a"] }))
      assert.lengthOf(of(failed, "Failed"), 1)
    }).pipe(Effect.provide(layer()))
  )
})
