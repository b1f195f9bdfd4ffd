/**
 * What a person wants: assets, and all assets of inferences and models.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AssetId, InferenceId, ModelId } from "./Asset.ts"
import * as Redaction from "./internal/Redaction.ts"

/**
 * The most ids that one batch may hold: "Batch limited to 1000 assets", as Scenario's reference says. Whether it means
 * the ids sent or the assets found is not documented; we count the ids sent.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBatchSize = 1000

/**
 * A selection that says nothing, or holds ids that cannot be.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidSelection extends Schema.TaggedError<InvalidSelection>()("InvalidSelection", {
  message: Schema.String,
  /** How many ids were refused; 0 for a selection that is empty. */
  refusedCount: Schema.Int,
  /** The refused ids, at most ten, without what may be a secret. */
  refused: Schema.Array(Schema.String)
}) {}

/**
 * A selection of at least one id, each given once.
 *
 * @category models
 * @since 0.1.0
 */
export class Selection extends Schema.Class<Selection>("@scenario-assets/core/Selection")(
  Schema.Struct({
    assetIds: Schema.Array(AssetId).check(Schema.isUnique()),
    inferenceIds: Schema.Array(InferenceId).check(Schema.isUnique()),
    modelIds: Schema.Array(ModelId).check(Schema.isUnique())
  }).check(
    Schema.makeFilter(
      ({ assetIds, inferenceIds, modelIds }) =>
        assetIds.length + inferenceIds.length + modelIds.length > 0 ||
        "Expected at least one asset, inference or model id"
    )
  )
) {
  /** How many ids there are. */
  get size(): number {
    return this.assetIds.length + this.inferenceIds.length + this.modelIds.length
  }
}

/**
 * Makes a selection from plain ids: checks each, removes duplicates, sorts, refuses an empty one. The same ids in any order make the
 * same selection.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (ids: {
  readonly assetIds?: ReadonlyArray<string> | undefined
  readonly inferenceIds?: ReadonlyArray<string> | undefined
  readonly modelIds?: ReadonlyArray<string> | undefined
}): Effect.Effect<Selection, InvalidSelection> =>
  Effect.suspend(() => {
    const [assetIds, wrongAssets] = parse(ids.assetIds, decodeAssetId)
    const [inferenceIds, wrongInferences] = parse(ids.inferenceIds, decodeInferenceId)
    const [modelIds, wrongModels] = parse(ids.modelIds, decodeModelId)
    const wrong = [...wrongAssets, ...wrongInferences, ...wrongModels]
    if (wrong.length > 0) {
      // A signed URL in the place of an id is not repeated.
      const refused = wrong.slice(0, 10).map((id) => Redaction.wordOf(id))
      return Effect.fail(
        new InvalidSelection({
          message:
            `${wrong.length} of the ids given cannot be ids: ${refused.map((id) => JSON.stringify(id)).join(", ")}` +
            `${wrong.length > 10 ? ", …" : ""}. An id is not empty and holds no white space, '/', '\\', '?', '#' or '%'.`,
          refusedCount: wrong.length,
          refused
        })
      )
    }
    if (assetIds.length + inferenceIds.length + modelIds.length === 0) {
      return Effect.fail(
        new InvalidSelection({
          message: "The selection is empty: it needs at least one asset, inference or model id.",
          refusedCount: 0,
          refused: []
        })
      )
    }
    return Effect.succeed(sorted({ assetIds, inferenceIds, modelIds }))
  })

/**
 * The selection of all assets that a stream of records has, such as `AssetCatalog.list`. It holds the ids alone. A stream without a
 * record is an empty selection, and refused.
 *
 * **Example** (All videos of a week)
 *
 * ```ts
 * const { list } = yield* AssetCatalog.AssetCatalog
 * const now = yield* DateTime.now
 * const week = { createdAfter: DateTime.subtract(now, { days: 7 }) }
 * const selection = yield* Selection.fromCatalogue(list({ ...week, kinds: ["video"] }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromCatalogue = <E, R>(
  records: Stream.Stream<{ readonly id: AssetId }, E, R>
): Effect.Effect<Selection, InvalidSelection | E, R> =>
  Stream.runFold(
    records,
    () => new Set<string>(),
    (ids, { id }) => ids.add(id)
  ).pipe(Effect.flatMap((ids) => make({ assetIds: [...ids] })))

/**
 * Cuts a selection into batches of at most `size` ids (default and maximum {@link maxBatchSize}): assets, then inferences, then
 * models, each of them sorted. The same ids give the same batches on every run, whatever order they are in.
 *
 * @category combinators
 * @since 0.1.0
 */
export const batches = (self: Selection, size: number = maxBatchSize): ReadonlyArray<Selection> => {
  const limit = Math.max(1, Math.min(maxBatchSize, Math.floor(Number.isNaN(size) ? maxBatchSize : size)))
  const total = self.size
  const { assetIds, inferenceIds, modelIds } = sorted(self)
  const starts = Arr.makeBy(Math.ceil(total / limit), (index) => index * limit)
  const inferencesFrom = assetIds.length
  const modelsFrom = inferencesFrom + inferenceIds.length
  return starts.map((start) => {
    const cut = <Id>(ids: ReadonlyArray<Id>, from: number): ReadonlyArray<Id> =>
      ids.slice(Math.max(0, start - from), Math.max(0, start + limit - from))
    return new Selection({
      assetIds: cut(assetIds, 0),
      inferenceIds: cut(inferenceIds, inferencesFrom),
      modelIds: cut(modelIds, modelsFrom)
    })
  })
}

/** The same ids, each list sorted. */
const sorted = ({
  assetIds,
  inferenceIds,
  modelIds
}: Pick<Selection, "assetIds" | "inferenceIds" | "modelIds">): Selection =>
  new Selection({
    assetIds: assetIds.toSorted(),
    inferenceIds: inferenceIds.toSorted(),
    modelIds: modelIds.toSorted()
  })

const decodeAssetId = Schema.decodeUnknownResult(AssetId)
const decodeInferenceId = Schema.decodeUnknownResult(InferenceId)
const decodeModelId = Schema.decodeUnknownResult(ModelId)

const parse = <Id, E>(
  ids: ReadonlyArray<string> | undefined,
  decode: (id: string) => Result.Result<Id, E>
): [ids: ReadonlyArray<Id>, refused: ReadonlyArray<string>] =>
  Arr.partition(new Set(ids), (id) => Result.mapError(decode(id), () => id))
