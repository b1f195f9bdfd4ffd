import { assert, describe, it } from "@effect/vitest"
import { Asset, Selection } from "@scenario-assets/core"
import { Effect, Equal, Schema } from "effect"
import * as Canary from "../../../test-support/Canary.ts"

const names = (prefix: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${prefix}_${index}`)

const ids = {
  assetIds: Schema.NonEmptyArray(Asset.AssetId),
  inferenceIds: Schema.Array(Asset.InferenceId),
  modelIds: Schema.Array(Asset.ModelId)
}

const lists = ({ assetIds, inferenceIds, modelIds }: Selection.Selection): object => ({
  assetIds,
  inferenceIds,
  modelIds
})

/** All ids, each with the list that it is in, in the order of the batches. */
const tagged = (selection: Selection.Selection): ReadonlyArray<string> => [
  ...selection.assetIds.map((id) => `asset ${id}`),
  ...selection.inferenceIds.map((id) => `inference ${id}`),
  ...selection.modelIds.map((id) => `model ${id}`)
]

describe("Selection.make", () => {
  it.effect("sorts the ids, each list by itself", () =>
    Effect.gen(function* () {
      const selection = yield* Selection.make({ assetIds: ["b", "a"], inferenceIds: ["b"], modelIds: ["c", "a", "B"] })
      assert.deepStrictEqual(lists(selection), { assetIds: ["a", "b"], inferenceIds: ["b"], modelIds: ["B", "a", "c"] })
      assert.strictEqual(selection.size, 6)
    })
  )

  it.effect("needs one list only, and gives the others empty", () =>
    Effect.gen(function* () {
      const selection = yield* Selection.make({ assetIds: undefined, modelIds: ["model_a"] })
      assert.deepStrictEqual(lists(selection), { assetIds: [], inferenceIds: [], modelIds: ["model_a"] })
    })
  )

  it.effect("removes duplicates within a list", () =>
    Effect.gen(function* () {
      const selection = yield* Selection.make({ assetIds: ["b", "a", "b", "a", "c"], modelIds: ["b", "b"] })
      assert.deepStrictEqual(lists(selection), { assetIds: ["a", "b", "c"], inferenceIds: [], modelIds: ["b"] })
    })
  )

  it.effect.each([{}, { assetIds: [] }, { assetIds: [], inferenceIds: [], modelIds: [] }])(
    "refuses the empty %j",
    (ids) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Selection.make(ids))
        assert.strictEqual(error._tag, "InvalidSelection")
        assert.strictEqual(error.message, "The selection is empty: it needs at least one asset, inference or model id.")
        assert.deepStrictEqual(error.refused, [])
      })
  )

  it.effect("reports the refused ids of all lists", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Selection.make({ assetIds: ["a", "a/b", ""], inferenceIds: [".."], modelIds: ["m", "x y"] })
      )
      assert.strictEqual(
        error.message,
        '4 of the ids given cannot be ids: "a/b", "", "..", "x y". ' +
          "An id is not empty and holds no white space, '/', '\\', '?', '#' or '%'."
      )
      assert.deepStrictEqual(error.refused, ["a/b", "", "..", "x y"])
    })
  )

  it.effect("reports at most ten of them, and how many there are", () =>
    Effect.gen(function* () {
      const wrong = names("a/b", 12)
      const error = yield* Effect.flip(Selection.make({ assetIds: wrong }))
      assert.deepStrictEqual(error.refused, wrong.slice(0, 10))
      assert.match(error.message, /^12 of the ids given cannot be ids: "a\/b_0", .*"a\/b_9", …\. /)
    })
  )

  it.effect("does not repeat the signature of a URL that was given for an id", () =>
    Effect.gen(function* () {
      const url = `https://cdn.test/assets/asset_a?format=png&Signature=${Canary.signature}`
      const error = yield* Effect.flip(Selection.make({ assetIds: [url] }))
      assert.deepStrictEqual(error.refused, ["https://cdn.test/assets/asset_a?<redacted>"])
      assert.notInclude(error.message, Canary.signature)
      assert.include(error.message, "https://cdn.test/assets/asset_a?<redacted>")
    })
  )
})

describe("Selection.Selection", () => {
  const decode = Schema.decodeUnknownResult(Selection.Selection)

  it("is refused when it is empty", () => {
    assert.include(
      String(decode({ assetIds: [], inferenceIds: [], modelIds: [] })),
      "Expected at least one asset, inference or model id"
    )
  })

  it("is refused when an id is given twice in a list", () => {
    assert.strictEqual(decode({ assetIds: ["a", "a"], inferenceIds: [], modelIds: [] })._tag, "Failure")
    assert.strictEqual(decode({ assetIds: ["a"], inferenceIds: ["a"], modelIds: ["a"] })._tag, "Success")
  })

  it.effect.prop("survives encoding", ids, (ids) =>
    Effect.gen(function* () {
      const selection = yield* Selection.make(ids)
      const text = JSON.stringify(yield* Schema.encodeEffect(Selection.Selection)(selection))
      assert.isTrue(Equal.equals(yield* Schema.decodeUnknownEffect(Selection.Selection)(JSON.parse(text)), selection))
    })
  )
})

describe("Selection.batches", () => {
  it.effect("leaves 1000 ids in one batch, and puts the 1001st into another", () =>
    Effect.gen(function* () {
      const sizes = Effect.fnUntraced(function* (count: number) {
        const selection = yield* Selection.make({ assetIds: names("asset", count) })
        return Selection.batches(selection).map((batch) => batch.size)
      })
      assert.strictEqual(Selection.maxBatchSize, 1000)
      assert.deepStrictEqual(yield* sizes(1), [1])
      assert.deepStrictEqual(yield* sizes(1000), [1000])
      assert.deepStrictEqual(yield* sizes(1001), [1000, 1])
      assert.deepStrictEqual(yield* sizes(3000), [1000, 1000, 1000])
    })
  )

  it.effect("fills a batch across the lists: assets, then inferences, then models", () =>
    Effect.gen(function* () {
      const selection = yield* Selection.make({
        assetIds: names("asset", 3),
        inferenceIds: names("inference", 2),
        modelIds: names("model", 4)
      })
      assert.deepStrictEqual(Selection.batches(selection, 4).map(lists), [
        { assetIds: ["asset_0", "asset_1", "asset_2"], inferenceIds: ["inference_0"], modelIds: [] },
        { assetIds: [], inferenceIds: ["inference_1"], modelIds: ["model_0", "model_1", "model_2"] },
        { assetIds: [], inferenceIds: [], modelIds: ["model_3"] }
      ])
    })
  )

  it.effect.each([
    [0, [1, 1, 1]],
    [-5, [1, 1, 1]],
    [1.9, [1, 1, 1]],
    [2.1, [2, 1]],
    [Number.POSITIVE_INFINITY, [3]],
    [Number.NEGATIVE_INFINITY, [1, 1, 1]],
    [Number.NaN, [3]]
  ] as const)("takes the size %d to the nearest that is possible", ([size, expected]) =>
    Effect.gen(function* () {
      const selection = yield* Selection.make({ assetIds: ["a", "b", "c"] })
      assert.deepStrictEqual(
        Selection.batches(selection, size).map((batch) => batch.size),
        [...expected]
      )
    })
  )

  it.effect.prop(
    "cuts any selection into full batches, whose union in order is the selection, the same for any order of the ids",
    {
      ...ids,
      more: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2500 })),
      size: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1500 }))
    },
    ({ assetIds, inferenceIds, modelIds, more, size }) =>
      Effect.gen(function* () {
        const selection = yield* Selection.make({
          assetIds,
          inferenceIds: [...inferenceIds, ...names("more", more)],
          modelIds
        })
        const batches = Selection.batches(selection, size)
        const limit = Math.min(size, Selection.maxBatchSize)
        assert.deepStrictEqual(batches.flatMap(tagged), tagged(selection))
        for (const batch of batches.slice(0, -1)) assert.strictEqual(batch.size, limit)
        assert.strictEqual(batches.length, Math.ceil(selection.size / limit))
        const reversed = new Selection.Selection({
          assetIds: selection.assetIds.toReversed(),
          inferenceIds: selection.inferenceIds.toReversed(),
          modelIds: selection.modelIds.toReversed()
        })
        assert.isTrue(Equal.equals(Selection.batches(reversed, size), batches))
      }),
    { arbitrary: { runs: 30 } }
  )
})
