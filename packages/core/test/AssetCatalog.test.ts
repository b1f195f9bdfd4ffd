/** The catalogue, on the emulator in memory: paging, filters, records without links, failures. */
import { assert, describe, it } from "@effect/vitest"
import { AssetCatalog, AssetRecord, ScenarioConfig, Selection } from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import { Cause, DateTime, Effect, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Canary from "../../../test-support/Canary.ts"

const layer = (options: Emulator.Options = {}) =>
  AssetCatalog.layer().pipe(
    Layer.provide([
      EmulatorHttpClient.layer,
      ScenarioConfig.layer({
        baseUrl: "https://api.emulator.test/v1",
        bearerToken: Redacted.make(Emulator.defaultCredentials.token)
      })
    ]),
    Layer.provideMerge(Emulator.layer({ signaturePrefix: Canary.signature, ...options }))
  )

/** 600 assets and more. */
const many = layer({ catalogue: { inferencesPerModel: 4, assetsPerInference: 20 } })

const listed = (filter?: AssetCatalog.Filter) =>
  Effect.flatMap(AssetCatalog.AssetCatalog, ({ list }) => Stream.runCollect(list(filter)))
const ids = (records: ReadonlyArray<AssetRecord.AssetRecord>) => records.map(({ id }) => id)
const requestsTo = (target: string) =>
  Effect.map(
    Effect.flatMap(Emulator.Emulator, ({ requests }) => requests),
    (requests) => requests.filter((request) => request.target === target)
  )

describe("AssetCatalog.list", () => {
  it.effect("lists every asset once, newest first, a hundred a page", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const records = yield* listed()
      assert.deepStrictEqual(ids(records), catalogue.assets.map(({ id }) => id).toReversed())
      assert.lengthOf(yield* requestsTo("listAssets"), Math.ceil(records.length / 100))
    }).pipe(Effect.provide(many))
  )

  it.effect("requests no page before it is needed", () =>
    Effect.gen(function* () {
      const { list } = yield* AssetCatalog.AssetCatalog
      const first = yield* Stream.runCollect(Stream.take(list(), 100))
      assert.lengthOf(first, 100)
      assert.lengthOf(yield* requestsTo("listAssets"), 1)
    }).pipe(Effect.provide(many))
  )

  it.effect("knows what the catalogue says of an asset", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const asset = catalogue.assets.at(-1)
      assert(asset !== undefined)
      const [record] = yield* listed()
      assert.include(record, {
        id: asset.id,
        kind: asset.kind,
        prompt: asset.prompt,
        seed: String(asset.seed),
        modelId: asset.modelId,
        inferenceId: asset.inferenceId,
        authorId: asset.authorId
      })
      assert.deepStrictEqual(record?.tags, asset.tags)
      assert.strictEqual(record?.createdAt?.epochMilliseconds, asset.createdAt)
      assert.isAbove(record?.size ?? 0, 100)
    }).pipe(Effect.provide(layer()))
  )

  const newest = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
  const filters: ReadonlyArray<readonly [name: string, AssetCatalog.Filter, (asset: Emulator.Asset) => boolean]> = [
    ["kind", { kinds: ["video", "audio"] }, ({ kind }) => kind === "video" || kind === "audio"],
    ["tags", { tags: ["even", "kling"] }, ({ tags }) => tags.includes("even") && tags.includes("kling")],
    ["type", { types: ["inference-txt23d"] }, ({ kind }) => kind === "3d"],
    ["search", { search: "POLY low" }, ({ prompt }) => prompt.includes("low poly")],
    [
      "search and kind",
      { search: "a", kinds: ["image"] },
      ({ kind, prompt }) => kind === "image" && prompt.toLowerCase().includes("a")
    ],
    [
      "the time of creation, exclusively",
      {
        createdAfter: DateTime.subtract(newest, { hours: 30 }),
        createdBefore: DateTime.subtract(newest, { hours: 6 })
      },
      ({ createdAt }) =>
        createdAt > newest.epochMilliseconds - 30 * 3_600_000 && createdAt < newest.epochMilliseconds - 6 * 3_600_000
    ],
    [
      "the times of creation and change together",
      {
        createdAfter: DateTime.subtract(newest, { days: 3 }),
        updatedBefore: DateTime.subtract(newest, { days: 1 })
      },
      ({ createdAt }) =>
        createdAt > newest.epochMilliseconds - 3 * 86_400_000 && createdAt < newest.epochMilliseconds - 86_400_000
    ],
    [
      "the time of change",
      { updatedAfter: DateTime.subtract(newest, { hours: 30 }) },
      ({ createdAt }) => createdAt > newest.epochMilliseconds - 30 * 3_600_000
    ]
  ]
  it.effect.each(filters)("filters by %s", ([, filter, fits]) =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const expected = catalogue.assets.filter(fits).map(({ id }) => id)
      assert.isNotEmpty(expected)
      assert.sameMembers(ids(yield* listed(filter)), expected)
    }).pipe(Effect.provide(many))
  )

  it.effect("filters by model, inference, author and collection, also together", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const { collection } = yield* AssetCatalog.AssetCatalog
      const [asset] = catalogue.assets
      assert(asset !== undefined)
      const favourites = yield* collection("favourites")
      for (const [filter, fits] of [
        [{ modelId: asset.modelId }, (other: Emulator.Asset) => other.modelId === asset.modelId],
        [{ inferenceId: asset.inferenceId }, (other: Emulator.Asset) => other.inferenceId === asset.inferenceId],
        [
          { authorId: asset.authorId, modelId: asset.modelId, collectionId: favourites.id },
          (other: Emulator.Asset) =>
            other.authorId === asset.authorId &&
            other.modelId === asset.modelId &&
            catalogue.collections.some(({ assetIds, id }) => id === favourites.id && assetIds.has(other.id))
        ]
      ] as const) {
        const expected = catalogue.assets.filter(fits).map(({ id }) => id)
        assert.isNotEmpty(expected)
        assert.sameMembers(ids(yield* listed(filter)), expected)
        assert.sameMembers(
          ids(yield* listed({ ...filter, search: asset.prompt })),
          expected.filter((id) => catalogue.asset(id)?.prompt.includes(asset.prompt))
        )
      }
    }).pipe(Effect.provide(many))
  )

  it.effect("oldest first where asked for, with equal times each once", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const [model] = catalogue.models
      assert(model !== undefined)
      const time = catalogue.assets.at(-1)?.createdAt ?? 0
      for (let index = 0; index < 250; index++) catalogue.add({ modelId: model.id, createdAt: time })
      const records = yield* listed({ order: "oldest" })
      assert.strictEqual(new Set(ids(records)).size, catalogue.assets.length)
      const times = records.map(({ createdAt }) => createdAt?.epochMilliseconds ?? 0)
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
    }).pipe(Effect.provide(many))
  )
})

describe("a record", () => {
  it.effect("holds no link but its own, which is redacted and not written down", () =>
    Effect.gen(function* () {
      const [record] = yield* listed()
      assert(record?.link !== undefined)
      const shown = [JSON.stringify(AssetRecord.toJson(record)), JSON.stringify(record)].join("\n")
      assert.notInclude(shown, Canary.signature)
      assert.notInclude(JSON.stringify(AssetRecord.toJson(record)), "http")
      assert.include(Redacted.value(record.link), Canary.signature)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("requires the id alone, and keeps what it does not know", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const strange = {
        id: "asset_x",
        kind: "hologram",
        seed: 7,
        createdAt: "yesterday",
        tags: null,
        newer: { originalFileUrl: "https://h/?Signature=x", note: `see https://h/a?Signature=${Canary.signature}` },
        metadata: { modelId: "not / an id", seed: 12_345, thumbnail: { assetId: "asset_y", url: "https://h/?sig=x" } },
        properties: { size: -1, depth: 3 }
      }
      yield* emulator.inject(
        Fault.status("listAssets", 200, {
          body: JSON.stringify({ assets: [strange, { id: "asset_z" }], nextPaginationToken: null }),
          contentType: "application/json"
        })
      )
      const [first, second] = yield* listed()
      assert(first !== undefined && second !== undefined)
      assert.deepStrictEqual(AssetRecord.toJson(first), {
        id: "asset_x",
        kind: "hologram",
        seed: "12345",
        tags: [],
        collectionIds: [],
        newer: { note: "see https://h/a?<redacted>" },
        metadata: { thumbnail: { assetId: "asset_y" } },
        properties: { depth: 3 }
      })
      assert.deepStrictEqual(AssetRecord.toJson(second), {
        id: "asset_z",
        tags: [],
        collectionIds: [],
        metadata: {},
        properties: {}
      })
    }).pipe(Effect.provide(layer()))
  )
})

describe("AssetCatalog.get", () => {
  it.effect("asks for 200 at once, each once, and leaves out what nobody knows", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const { get } = yield* AssetCatalog.AssetCatalog
      const wanted = catalogue.assets.slice(0, 450).map(({ id }) => id)
      const records = yield* Stream.runCollect(get([...wanted, ...wanted.slice(0, 10)]))
      assert.deepStrictEqual(ids(records), wanted)
      assert.lengthOf(yield* requestsTo("getBulk"), 3)
      catalogue.remove(wanted.slice(0, 5))
      assert.deepStrictEqual(ids(yield* Stream.runCollect(get(wanted.slice(0, 7)))), wanted.slice(5, 7))
      assert.deepStrictEqual(yield* Stream.runCollect(get([])), [])
    }).pipe(Effect.provide(many))
  )
})

describe("collections", () => {
  it.effect("come page after page, and are found by id or name", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      for (let index = 0; index < 120; index++) catalogue.collect(`Folder ${index}`, [])
      const service = yield* AssetCatalog.AssetCatalog
      const all = yield* Stream.runCollect(service.collections)
      assert.lengthOf(all, catalogue.collections.length)
      const last = all.at(-1)
      assert.strictEqual((yield* service.collection(last?.id ?? "")).name, "Folder 119")
      assert.strictEqual((yield* service.collection("folder 7")).name, "Folder 7")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("that are not there, or ambiguous, are named with what helps", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const { collection } = yield* AssetCatalog.AssetCatalog
      const missing = yield* Effect.flip(collection("Nowhere"))
      assert.include(missing.message, 'There is no collection "Nowhere"; use an id, or one of the names: "Favourites"')
      catalogue.collect("Birds", [])
      catalogue.collect("birds", [])
      const ambiguous = yield* Effect.flip(collection("BIRDS"))
      assert.match(
        ambiguous.message,
        /^2 collections are called "BIRDS"; use the id of one: collection_\w+, collection_\w+\.$/
      )
      assert.strictEqual((yield* collection("birds")).name, "birds")
    }).pipe(Effect.provide(layer()))
  )
})

describe("a catalogue that fails", () => {
  it.effect("is asked again after 429 and 503, and an outage ends with the operation's name", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      yield* emulator.inject(Fault.status("listAssets", 503), Fault.status("listAssets", 429))
      const fiber = yield* Effect.forkChild(Effect.delay(listed(), "1 milli"))
      yield* TestClock.adjust("1 minute")
      assert.isNotEmpty(yield* Fiber.join(fiber))
      yield* emulator.inject(Fault.status("listCollections", 401))
      const { collections } = yield* AssetCatalog.AssetCatalog
      const error = yield* Effect.flip(Stream.runCollect(collections))
      assert.strictEqual(error.operation, "listCollections")
      assert.strictEqual(error.reason._tag, "Unauthorized")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("a page that names itself as the next one is an error, and no endless list", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      const page = JSON.stringify({ assets: [{ id: "asset_a" }], nextPaginationToken: "same" })
      yield* emulator.inject(
        Fault.status("listAssets", 200, { body: page, contentType: "application/json", times: "always" })
      )
      const error = yield* Effect.flip(listed())
      assert.strictEqual(error.reason._tag, "InvalidResponse")
      assert.lengthOf(yield* requestsTo("listAssets"), 2)
    }).pipe(Effect.provide(layer()))
  )
})

describe("Selection.fromCatalogue", () => {
  it.effect("has the ids of all records, each once; nothing is an empty selection", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const { list } = yield* AssetCatalog.AssetCatalog
      const videos = list({ kinds: ["video"] })
      const selection = yield* Selection.fromCatalogue(Stream.concat(videos, videos))
      const expected = catalogue.assets.filter(({ kind }) => kind === "video").map(({ id }) => id)
      assert.deepStrictEqual(selection.assetIds, expected.toSorted())
      const error = yield* Effect.flip(Selection.fromCatalogue(list({ kinds: ["document"] })))
      assert.strictEqual(error._tag, "InvalidSelection")
    }).pipe(Effect.provide(layer()))
  )
})

describe("AssetCatalog.layerTest", () => {
  it.effect("takes what a test needs; the rest is a defect that names it", () =>
    Effect.gen(function* () {
      const { collections, list } = yield* AssetCatalog.AssetCatalog
      assert.deepStrictEqual(yield* Stream.runCollect(list()), [])
      const exit = yield* Effect.exit(Stream.runCollect(collections))
      assert(Exit.isFailure(exit))
      assert.include(Cause.pretty(exit.cause), "the test used collections and gave no collections")
    }).pipe(Effect.provide(AssetCatalog.layerTest({ list: () => Stream.empty })))
  )
})
