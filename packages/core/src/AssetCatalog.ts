/**
 * The catalogue: which assets and collections there are, and what Scenario knows of them.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import type { AssetId } from "./Asset.ts"
import type * as AssetRecord from "./AssetRecord.ts"
import * as ApiCalls from "./internal/ApiCalls.ts"
import * as CatalogAnswer from "./internal/CatalogAnswer.ts"
import * as CatalogFilter from "./internal/CatalogFilter.ts"
import type { ScenarioConfig } from "./ScenarioConfig.ts"

/**
 * Which assets: those that fit everything that is given. An empty filter is everything in the project.
 *
 * @category models
 * @since 0.1.0
 */
export type Filter = CatalogFilter.Filter

/**
 * Whether a record fits everything in a filter but the words of `search`, which only Scenario can find. For records that were not listed
 * by that filter, such as those of `get`.
 *
 * **Example** (Which of some assets are pictures)
 *
 * ```ts
 * const { get } = yield* AssetCatalog.AssetCatalog
 * const pictures = Stream.filter(get(ids), AssetCatalog.fits({ kinds: ["image"] }))
 * ```
 *
 * @category predicates
 * @since 0.1.0
 */
export const fits: (filter: Filter) => (record: AssetRecord.AssetRecord) => boolean = CatalogFilter.fitsWhole

/**
 * A collection: a folder that people put assets and models into.
 *
 * @category models
 * @since 0.1.0
 */
export class Collection extends Schema.Class<Collection>("@scenario-assets/core/Collection")({
  id: Schema.NonEmptyString,
  /** Empty where it has none. */
  name: Schema.String,
  assetCount: Schema.optional(Schema.Number),
  createdAt: Schema.optional(Schema.DateTimeUtc)
}) {}

/**
 * No collection, or several, are called so.
 *
 * @category errors
 * @since 0.1.0
 */
export class CollectionNotFound extends Schema.TaggedError<CollectionNotFound>()("CollectionNotFound", {
  /** The id or name that was asked for. */
  wanted: Schema.String,
  /** The ids of those that have the name; empty where none has. */
  ids: Schema.Array(Schema.String),
  /** Names that there are, at most ten. */
  names: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const wanted = JSON.stringify(this.wanted)
    if (this.ids.length > 0) {
      return `${this.ids.length} collections are called ${wanted}; use the id of one: ${this.ids.join(", ")}.`
    }
    const names = this.names.map((name) => JSON.stringify(name)).join(", ")
    return names === ""
      ? `There is no collection ${wanted}, and no other in this project; check the project id.`
      : `There is no collection ${wanted}; use an id, or one of the names: ${names}.`
  }
}

/**
 * Lists what is in Scenario. Reading only: nothing here starts a job or costs money.
 *
 * Calls have the retries, the pace, the errors and the spans of `AssetDownload`, and each service keeps a pace of its own.
 *
 * @category services
 * @since 0.1.0
 */
export class AssetCatalog extends Context.Service<
  AssetCatalog,
  {
    /**
     * The assets that fit, page after page, each page requested when the one before it is consumed. Newest first unless the filter says
     * otherwise. Assets that are created meanwhile may come or not, and one that is moved by that may come twice.
     */
    readonly list: (filter?: Filter) => Stream.Stream<AssetRecord.AssetRecord, ApiError>
    /** What is known of these assets, 200 a call. An id that Scenario does not know is left out, and the order is the server's. */
    readonly get: (ids: Iterable<AssetId>) => Stream.Stream<AssetRecord.AssetRecord, ApiError>
    /** All collections of the project. */
    readonly collections: Stream.Stream<Collection, ApiError>
    /** The one collection with this id or name. Case matters only where several names differ by nothing else. */
    readonly collection: (idOrName: string) => Effect.Effect<Collection, ApiError | CollectionNotFound>
  }
>()("@scenario-assets/core/AssetCatalog") {}

/**
 * How the client behaves towards a server that fails: as for `AssetDownload`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends ApiCalls.Options {}

/**
 * Builds the service on the `HttpClient` and `ScenarioConfig` of the context.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<AssetCatalog["Service"], never, HttpClient.HttpClient | ScenarioConfig> {
  const { call, scrub } = yield* ApiCalls.make(ApiCalls.limitsOf("AssetCatalog", options))
  const records = (assets: ReadonlyArray<Parameters<typeof CatalogAnswer.record>[0]>) =>
    assets.map((asset) => CatalogAnswer.record(asset, scrub))

  const page = Effect.fn("AssetCatalog.listAssets")(function* (query: CatalogFilter.Query, token: string | undefined) {
    const { assets, nextPaginationToken } = yield* call({
      operation: "listAssets",
      method: "GET",
      path: "/assets",
      query: { ...query, ...(token === undefined ? {} : { paginationToken: token }) },
      decode: (text) => CatalogAnswer.unlessRepeated(token)(CatalogAnswer.decodePage(text)),
      expected: "JSON with assets, each with an id, and the token of another page"
    })
    return { items: records(assets), next: nextPaginationToken }
  })

  const get = Effect.fn("AssetCatalog.getBulk")(function* (assetIds: ReadonlyArray<AssetId>) {
    const { assets } = yield* call({
      operation: "getBulk",
      method: "POST",
      path: "/assets/get-bulk",
      body: { assetIds },
      decode: CatalogAnswer.decodePage,
      expected: "JSON with assets, each with an id"
    })
    return records(assets)
  })

  const search = Effect.fn("AssetCatalog.searchAssets")(function* (query: string, offset: number) {
    const { hits } = yield* call({
      operation: "searchAssets",
      method: "POST",
      path: "/search/assets",
      body: { query, offset, limit: pageSize },
      decode: CatalogAnswer.decodeHits,
      expected: "JSON with hits, each with an id"
    })
    return hits.map(({ id }) => id)
  })

  const collectionPage = Effect.fn("AssetCatalog.listCollections")(function* (token: string | undefined) {
    const { collections, nextPaginationToken } = yield* call({
      operation: "listCollections",
      method: "GET",
      path: "/collections",
      query: { pageSize: String(pageSize), ...(token === undefined ? {} : { paginationToken: token }) },
      decode: (text) => CatalogAnswer.unlessRepeated(token)(CatalogAnswer.decodeCollections(text)),
      expected: "JSON with collections, each with an id, and the token of another page"
    })
    const items = collections.map(
      ({ assetCount, createdAt, id, name }) =>
        new Collection({
          id,
          name: typeof name === "string" ? scrub(name) : "",
          assetCount: typeof assetCount === "number" ? assetCount : undefined,
          createdAt: CatalogAnswer.date(createdAt)
        })
    )
    return { items, next: nextPaginationToken }
  })

  const listed = (filter: Filter) =>
    pages((token) => page(CatalogFilter.query(filter, pageSize), token)).pipe(Stream.filter(CatalogFilter.fits(filter)))

  /**
   * Hits say less than the catalogue does, and the search takes no other filter: both are seen to here. A page may be shorter than was
   * asked for, so the last one is empty, or the one before it once more.
   */
  const found = (words: string, filter: Filter) =>
    Stream.paginate({ offset: 0, first: undefined as AssetId | undefined }, ({ first, offset }) =>
      Effect.gen(function* () {
        const ids = yield* search(words, offset)
        const [next] = ids
        if (next === undefined || next === first) return [[], Option.none()] as const
        const byId = new Map((yield* get(ids)).map((record) => [record.id, record]))
        const items = ids.flatMap((id) => byId.get(id) ?? [])
        return [items, Option.some({ offset: offset + ids.length, first: next })] as const
      })
    ).pipe(Stream.filter(CatalogFilter.fitsWhole(filter)))

  const collections = pages(collectionPage)

  return AssetCatalog.of({
    list: (filter = {}) => (filter.search === undefined ? listed(filter) : found(filter.search, filter)),
    get: (ids) =>
      Stream.fromIterable(Arr.chunksOf(new Set(ids), bulkSize)).pipe(Stream.mapEffect(get), Stream.flattenIterable),
    collections,
    collection: Effect.fn("AssetCatalog.collection")(function* (wanted) {
      const all = yield* Stream.runCollect(collections)
      const folded = wanted.toLowerCase()
      for (const fits of [
        ({ id }: Collection) => id === wanted,
        ({ name }: Collection) => name === wanted,
        ({ name }: Collection) => name.toLowerCase() === folded
      ]) {
        const [first, ...others] = all.filter(fits)
        if (first !== undefined && others.length === 0) return first
        if (first !== undefined) {
          return yield* new CollectionNotFound({ wanted, ids: [first, ...others].map(({ id }) => id), names: [] })
        }
      }
      return yield* new CollectionNotFound({ wanted, ids: [], names: all.slice(0, 10).map(({ name }) => name) })
    })
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<AssetCatalog, never, HttpClient.HttpClient | ScenarioConfig> =>
  Layer.effect(AssetCatalog, make(options))

/**
 * The service for tests without HTTP: give the operations your test needs. Using one that was not given is a defect that names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (operations: Partial<AssetCatalog["Service"]>): Layer.Layer<AssetCatalog> => {
  const missing = (name: keyof AssetCatalog["Service"]) =>
    Effect.die(new Error(`AssetCatalog.layerTest: the test used ${name} and gave no ${name}`))
  return Layer.succeed(AssetCatalog, {
    list: operations.list ?? (() => Stream.fromEffect(missing("list"))),
    get: operations.get ?? (() => Stream.fromEffect(missing("get"))),
    collections: operations.collections ?? Stream.fromEffect(missing("collections")),
    collection: operations.collection ?? (() => missing("collection"))
  })
}

/** The most that a page may have, and that one call of `get-bulk` may ask for. */
const [pageSize, bulkSize] = [100, 200]

interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** The token of the page behind it. */
  readonly next: string | null | undefined
}

/** Page after page, until there is no token. */
const pages = <A, E>(page: (token: string | undefined) => Effect.Effect<Page<A>, E>): Stream.Stream<A, E> =>
  Stream.paginate<string | undefined, A, E>(undefined, (token) =>
    Effect.map(page(token), ({ items, next }) => [items, Option.fromUndefinedOr(next || undefined)])
  )
