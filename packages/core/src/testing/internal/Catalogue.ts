/**
 * What the emulator has to offer: a few models, their inferences, and the assets issued from them. The same options
 * give the same catalogue on every run.
 *
 * @since 0.1.0
 */
import { AssetId, InferenceId, ModelId } from "../../Asset.ts"
import { specialModels } from "../JobScript.ts"
import * as Seeded from "./Seeded.ts"

/**
 * One asset: a picture, a 3D landscape, a film or a tone, made from its seed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asset {
  readonly id: AssetId
  readonly inferenceId: InferenceId
  readonly modelId: ModelId
  readonly kind: "image" | "3d" | "video" | "audio"
  readonly seed: number
  /** Index in the inference, from 0. */
  readonly num: number
  readonly prompt: string
  readonly generator: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly authorId: string
  readonly tags: ReadonlyArray<string>
}

/**
 * A folder of assets.
 *
 * @category models
 * @since 0.1.0
 */
export interface Collection {
  readonly id: string
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly assetIds: ReadonlySet<AssetId>
}

/**
 * One run of a generator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inference {
  readonly id: InferenceId
  readonly modelId: ModelId
  readonly prompt: string
  readonly generator: string
  readonly assets: ReadonlyArray<Asset>
}

/**
 * A model and everything made with it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Model {
  readonly id: ModelId
  readonly name: string
  readonly inferences: ReadonlyArray<Inference>
}

/**
 * How much there is in a catalogue.
 *
 * @category options
 * @since 0.1.0
 */
export interface CatalogueOptions {
  /** Default 2. */
  readonly inferencesPerModel?: number | undefined
  /** Default 4. */
  readonly assetsPerInference?: number | undefined
  /**
   * Whether every id is known: assets, inferences and models are made up for ids that are not in the catalogue, so that
   * selections of thousands need no catalogue of thousands. Default `false`.
   */
  readonly anyId?: boolean | undefined
  /** When the newest asset was created, in milliseconds since 1970; the others six hours apart before it. Default 2026-11-01. */
  readonly newest?: number | undefined
}

/**
 * A catalogue, to read and to look things up in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Catalogue {
  /** The models, last those of `JobScript.specialModels`. */
  readonly models: ReadonlyArray<Model>
  readonly inferences: ReadonlyArray<Inference>
  readonly assets: ReadonlyArray<Asset>
  /** The same by when they were created, those of one time by id. */
  readonly oldestFirst: ReadonlyArray<Asset>
  readonly collections: ReadonlyArray<Collection>
  readonly asset: (id: AssetId) => Asset | undefined
  /** The assets of a selection, each once, in the order of the selection; and the ids that are not known. */
  readonly select: (selection: {
    readonly assetIds: ReadonlyArray<AssetId>
    readonly inferenceIds: ReadonlyArray<InferenceId>
    readonly modelIds: ReadonlyArray<ModelId>
  }) => { readonly assets: ReadonlyArray<Asset>; readonly unknown: ReadonlyArray<string> }
  /** Adds one more asset of a model, created at this time. */
  readonly add: (asset: { readonly modelId: ModelId; readonly createdAt: number }) => Asset
  /** Removes assets; ids that are not known are nobody's loss. */
  readonly remove: (ids: ReadonlyArray<AssetId>) => void
  /** Puts assets into the collection with this name, which is created if there is none. */
  readonly collect: (name: string, ids: ReadonlyArray<AssetId>) => Collection
}

/**
 * Makes a catalogue.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: CatalogueOptions = {}): Catalogue => {
  const size = { inferences: options.inferencesPerModel ?? 2, assets: options.assetsPerInference ?? 4 }
  const models = [
    ...themes.map((theme) => makeModel(ModelId.make(Seeded.id("model", theme.name)), theme, size)),
    ...Object.values(specialModels).map((id) =>
      makeModel(id, { ...specialTheme, name: id }, { inferences: 1, assets: size.assets })
    )
  ]
  const inferences = models.flatMap((model) => model.inferences)
  const assets = dated(
    inferences.flatMap((inference) => inference.assets),
    options.newest ?? usualNewest
  )

  const modelsById = new Map(models.map((model) => [model.id, model]))
  const inferencesById = new Map(inferences.map((inference) => [inference.id, inference]))
  const assetsById = new Map(assets.map((asset) => [asset.id, asset]))
  const collections = new Map<string, { readonly assetIds: Set<AssetId> } & Collection>()
  const madeUp = options.anyId === true
  const model = (id: ModelId) =>
    modelsById.get(id) ?? (madeUp ? makeModel(id, { ...madeUpTheme, name: id }, size) : undefined)
  const inference = (id: InferenceId) =>
    inferencesById.get(id) ?? (madeUp ? makeInference(id, madeUpModelId, madeUpTheme, 0, size.assets) : undefined)
  const asset = (id: AssetId) =>
    assetsById.get(id) ?? (madeUp ? makeAsset(id, madeUpInferenceId, madeUpModelId, madeUpTheme, 0, 0) : undefined)
  let ordered: ReadonlyArray<Asset> | undefined
  const collect = (name: string, ids: ReadonlyArray<AssetId>): Collection => {
    const found = collections.get(name) ?? {
      id: Seeded.id("collection", name),
      name,
      createdAt: usualNewest,
      assetIds: new Set<AssetId>()
    }
    for (const id of ids) found.assetIds.add(id)
    collections.set(name, found)
    return found
  }
  for (const [index, name] of collectionNames.entries()) {
    const every = assets.filter((_, position) => position % (index + 3) === 0)
    collect(
      name,
      every.map(({ id }) => id)
    )
  }

  return {
    models,
    inferences,
    get assets() {
      return [...assetsById.values()]
    },
    get oldestFirst() {
      return (ordered ??= [...assetsById.values()].toSorted(byTime))
    },
    get collections() {
      return [...collections.values()]
    },
    asset,
    select: ({ assetIds, inferenceIds, modelIds }) => {
      const unknown: Array<string> = []
      const known = <Id extends string, A>(ids: ReadonlyArray<Id>, find: (id: Id) => A | undefined): ReadonlyArray<A> =>
        ids.flatMap((id) => {
          const found = find(id)
          if (found === undefined) unknown.push(id)
          return found === undefined ? [] : [found]
        })
      const selected = [
        ...known(assetIds, asset),
        ...known(inferenceIds, inference).flatMap((found) => found.assets),
        ...known(modelIds, model).flatMap((found) => found.inferences.flatMap((one) => one.assets))
      ]
      return { assets: [...new Map(selected.map((one) => [one.id, one])).values()], unknown }
    },
    add: ({ createdAt, modelId }) => {
      const of =
        [...assetsById.values()].find((asset) => asset.modelId === modelId) ?? asset(AssetId.make("asset_none"))
      const num = assetsById.size
      const id = AssetId.make(Seeded.id("asset", `${modelId} added ${num}`))
      const added: Asset = {
        ...(of ?? makeAsset(id, madeUpInferenceId, modelId, madeUpTheme, 0, num)),
        id,
        num,
        seed: Seeded.hash(id),
        createdAt
      }
      assetsById.set(id, added)
      ordered = undefined
      return added
    },
    remove: (ids) => {
      for (const id of ids) assetsById.delete(id)
      ordered = undefined
      for (const { assetIds } of collections.values()) for (const id of ids) assetIds.delete(id)
    },
    collect
  }
}

const byTime = (a: Asset, b: Asset): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)

/** 2026-11-01 */
const usualNewest = 1_793_491_200_000
const apart = 6 * 60 * 60 * 1000

/** The last one is the newest. Objects stay the same, for inferences hold them too. */
const dated = (assets: ReadonlyArray<Asset>, newest: number): ReadonlyArray<Asset> => {
  for (const [index, asset] of assets.entries()) {
    Object.assign(asset, { createdAt: newest - (assets.length - 1 - index) * apart })
  }
  return assets
}

const collectionNames = ["Favourites", "Concept art", "素材 / <best of>"]

interface Theme {
  readonly name: string
  readonly kind: Asset["kind"]
  readonly generator: string
  readonly prompts: ReadonlyArray<string>
}

const themes: ReadonlyArray<Theme> = [
  {
    name: "Windows of glass",
    kind: "image",
    generator: "flux-dev",
    prompts: ["a rose window at dawn", "stained glass, deep blue / gold, seen from below: symmetric"]
  },
  {
    name: "Tiles",
    kind: "image",
    generator: "sd-xl",
    prompts: [
      "青い鯉 🐉 «très détaillé», ukiyo-e",
      `an endless floor of tiles, ${"each tile unlike the one before, ".repeat(9)}matt`
    ]
  },
  {
    name: "Badges",
    kind: "image",
    generator: "gpt-image",
    prompts: ["guild badge, round, four-fold symmetry", '..\\a badge "of honour" <with> trailing dots...']
  },
  {
    name: "Landscapes of blocks",
    kind: "3d",
    generator: "hunyuan-3d",
    prompts: ["a small landscape of blocks, low poly", "terraces around a pond, low poly"]
  },
  {
    name: "Test cards",
    kind: "video",
    generator: "kling",
    prompts: ["a test card that counts, slow motion", "colour bars, close-up"]
  },
  {
    name: "Tones",
    kind: "audio",
    generator: "elevenlabs",
    prompts: ["a calm tone", "a tone as of a far bell"]
  }
]

const specialTheme = { kind: "image", generator: "emulator", prompts: ["a special case"] } as const
const madeUpTheme = { ...specialTheme, name: "made up", prompts: ["made up on demand"] }
const madeUpModelId = ModelId.make(Seeded.id("model", madeUpTheme.name))
const madeUpInferenceId = InferenceId.make(Seeded.id("inf", madeUpTheme.name))

const makeModel = (
  id: ModelId,
  theme: Theme,
  size: { readonly inferences: number; readonly assets: number }
): Model => ({
  id,
  name: theme.name,
  inferences: Array.from({ length: size.inferences }, (_, index) =>
    makeInference(InferenceId.make(Seeded.id("inf", `${id} ${index}`)), id, theme, index, size.assets)
  )
})

const makeInference = (id: InferenceId, modelId: ModelId, theme: Theme, index: number, assets: number): Inference => ({
  id,
  modelId,
  prompt: promptOf(theme, index),
  generator: theme.generator,
  assets: Array.from({ length: assets }, (_, num) =>
    makeAsset(AssetId.make(Seeded.id("asset", `${id} ${num}`)), id, modelId, theme, index, num)
  )
})

const makeAsset = (
  id: AssetId,
  inferenceId: InferenceId,
  modelId: ModelId,
  theme: Theme,
  index: number,
  num: number
): Asset => ({
  id,
  inferenceId,
  modelId,
  kind: theme.kind,
  seed: Seeded.hash(id),
  num,
  prompt: promptOf(theme, index),
  generator: theme.generator,
  createdAt: usualNewest,
  authorId: Seeded.id("user", num % 2 === 0 ? "Ada" : "Grace"),
  tags: [theme.generator, ...(num % 2 === 0 ? ["even"] : [])]
})

const promptOf = ({ prompts }: Theme, index: number): string => {
  const prompt = prompts[index % prompts.length]!
  return index < prompts.length ? prompt : `${prompt}, variation ${Math.floor(index / prompts.length)}`
}
