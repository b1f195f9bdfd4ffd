/**
 * The catalogue's part of the API host: assets by filters, by ids and by words, and collections.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as AssetFile from "./AssetFile.ts"
import type { Asset, Catalogue } from "./Catalogue.ts"
import type { LinkSigner } from "./LinkSigner.ts"
import type { Storage } from "./Storage.ts"

export interface Options {
  readonly catalogue: Catalogue
  readonly links: LinkSigner
  readonly storage: Storage
}

/** As the contract has them. */
export interface ListQuery {
  readonly pageSize?: number
  readonly paginationToken?: string
  readonly collectionId?: string
  readonly modelId?: string
  readonly inferenceId?: string
  readonly authorId?: string
  readonly types?: string | ReadonlyArray<string>
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly updatedAfter?: string
  readonly updatedBefore?: string
  readonly sortBy?: "createdAt" | "updatedAt"
  readonly sortDirection?: "asc" | "desc"
}

/** What is wrong with a request, for an answer 400. */
export interface Refusal {
  readonly message: string
  readonly infos: Schema.JsonObject
}

export const make = ({ catalogue, links, storage }: Options) => {
  const collectionsOf = (asset: Asset) =>
    catalogue.collections.filter(({ assetIds }) => assetIds.has(asset.id)).map(({ id }) => id)

  /** An asset as the API says it, with links that are good from now on. */
  const say = (asset: Asset, now: number) => {
    const url = links.sign(storage.assetPath(asset), now)
    const createdAt = iso(asset.createdAt)
    return {
      id: asset.id,
      url,
      mimeType: AssetFile.contentTypes[AssetFile.formatOf(asset)],
      kind: asset.kind,
      source: "generation",
      privacy: "private",
      ownerId: "team_emulator",
      authorId: asset.authorId,
      createdAt,
      updatedAt: createdAt,
      tags: asset.tags,
      collectionIds: collectionsOf(asset),
      properties: { size: AssetFile.sizeOf(asset) },
      metadata: {
        kind: asset.kind,
        type: typeOf(asset),
        prompt: asset.prompt,
        seed: String(asset.seed),
        modelId: asset.modelId,
        inferenceId: asset.inferenceId,
        name: `${asset.prompt.slice(0, 40)} ${asset.num}`,
        thumbnail: { assetId: asset.id, url }
      },
      outputIndex: asset.num,
      thumbnail: { assetId: asset.id, url }
    }
  }

  return {
    list: (query: ListQuery) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const wrong = misuse(query)
        if (wrong !== undefined) return wrong
        const {
          authorId,
          collectionId,
          inferenceId,
          modelId,
          pageSize = 50,
          paginationToken,
          sortDirection = "desc"
        } = query
        const types = query.types === undefined ? undefined : [query.types].flat()
        const after = bound(query.createdAfter ?? query.updatedAfter)
        const before = bound(query.createdBefore ?? query.updatedBefore)
        const fits = (asset: Asset) =>
          (modelId === undefined || asset.modelId === modelId) &&
          (inferenceId === undefined || asset.inferenceId === inferenceId) &&
          (authorId === undefined || asset.authorId === authorId) &&
          (types === undefined || types.includes(typeOf(asset))) &&
          (after === undefined || asset.createdAt > after) &&
          (before === undefined || asset.createdAt < before) &&
          (collectionId === undefined || collectionsOf(asset).includes(collectionId))
        const ordered = catalogue.oldestFirst.filter(fits)
        return page(
          sortDirection === "asc" ? ordered : ordered.toReversed(),
          keyOf,
          pageSize,
          paginationToken,
          (asset) => say(asset, now)
        )
      }),

    bulk: (assetIds: ReadonlyArray<Asset["id"]>) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        if (assetIds.length > 200) return refusal("At most 200 assets", { size: assetIds.length })
        return { assets: assetIds.flatMap((id) => catalogue.asset(id) ?? []).map((asset) => say(asset, now)) }
      }),

    search: ({
      limit = 20,
      offset = 0,
      query
    }: {
      readonly query: string
      readonly offset?: number
      readonly limit?: number
    }) => {
      const words = query.toLowerCase().split(/\s+/)
      const hits = catalogue.assets.filter(({ prompt }) => words.every((word) => prompt.toLowerCase().includes(word)))
      const some = hits.slice(offset, offset + limit).map(({ id, kind }) => ({ id, kind }))
      return Effect.succeed({ hits: some, offset, limit, estimatedTotalHits: hits.length })
    },

    collections: ({
      pageSize = 10,
      paginationToken
    }: {
      readonly pageSize?: number
      readonly paginationToken?: string
    }) => {
      const { assets: collections, ...more } = page(
        catalogue.collections,
        ({ id }) => id,
        pageSize,
        paginationToken,
        ({ assetIds, createdAt, id, name }) => ({
          id,
          name,
          assetCount: assetIds.size,
          modelCount: 0,
          itemCount: assetIds.size,
          createdAt: iso(createdAt),
          updatedAt: iso(createdAt),
          ownerId: "team_emulator"
        })
      )
      return Effect.succeed({ collections, ...more })
    }
  }
}

const refusal = (message: string, infos: Schema.JsonObject): Refusal => ({ message, infos })

/** The parameters that need another one. */
const misuse = (query: ListQuery): Refusal | undefined => {
  for (const by of ["created", "updated"] as const) {
    const given = query[`${by}After`] ?? query[`${by}Before`]
    if (given !== undefined && query.sortBy !== `${by}At`) {
      return refusal(`Bounds by ${by}At need sortBy=${by}At`, { sortBy: query.sortBy ?? null })
    }
    if (given !== undefined && Number.isNaN(bound(given))) return refusal("This is not a date", { date: given })
  }
  return undefined
}

const bound = (date: string | undefined): number | undefined =>
  date === undefined ? undefined : DateTime.toEpochMillis(DateTime.makeUnsafe(date))

/** A page of what is in order. The token names the last item of the page before, which may have gone by now. */
const page = <A, B>(
  all: ReadonlyArray<A>,
  keyOf: (item: A) => string,
  size: number,
  token: string | undefined,
  say: (item: A) => B
): { readonly assets: ReadonlyArray<B>; readonly nextPaginationToken?: string } => {
  const start = token === undefined ? 0 : all.findIndex((item) => keyOf(item) === token) + 1
  const items = all.slice(start, start + size)
  const last = items.at(-1)
  return {
    assets: items.map(say),
    ...(last === undefined || start + size >= all.length ? {} : { nextPaginationToken: keyOf(last) })
  }
}

const keyOf = ({ id }: Asset): string => id
const typeOf = ({ kind }: Asset): string => `inference-txt2${kind === "image" ? "img" : kind}`
const iso = (milliseconds: number): string => DateTime.formatIso(DateTime.makeUnsafe(milliseconds))
