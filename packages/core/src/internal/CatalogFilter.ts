/** Which assets of the catalogue are meant: what the API is asked for, and what is left to check here. */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type { AssetRecord } from "../AssetRecord.ts"

const Id = Schema.optional(Schema.String)
const Words = Schema.optional(Schema.Array(Schema.String))
const Time = Schema.optional(Schema.DateTimeUtcFromString)

/** See `AssetCatalog.Filter`. */
export const Filter = Schema.Struct({
  /** Assets in this collection, by its id. */
  collectionId: Id,
  modelId: Id,
  inferenceId: Id,
  authorId: Id,
  /** `image`, `video`, `audio`, `3d` and so on; `image` includes `image-hdr`. The API has no such filter, so it is applied here. */
  kinds: Words,
  /** Assets that have all of these tags. The API has this for public assets only, so it is applied here. */
  tags: Words,
  /** How assets came to be, in Scenario's terms, such as `inference-txt2img` or `upscale`. */
  types: Words,
  /** Created after this time, and not at it. */
  createdAfter: Time,
  /** Created before this time, and not at it. */
  createdBefore: Time,
  /** Changed after this time, and not at it. */
  updatedAfter: Time,
  /** Changed before this time, and not at it. */
  updatedBefore: Time,
  /** Words, as Scenario's own search takes them. Its hits come in its order, and the other filters are applied here. */
  search: Schema.optional(Schema.String),
  /** By the time of creation, or of the last change where only that is limited. Default `newest`. */
  order: Schema.optional(Schema.Literals(["newest", "oldest"]))
})
export type Filter = typeof Filter.Type

/** Parameters of a query; a list is given several times. */
export type Query = Readonly<Record<string, string | ReadonlyArray<string>>>

/** A bound by time needs the order by the same time, and there is one order; bounds by the other one are checked here. */
const isByUpdate = ({ createdAfter, createdBefore, updatedAfter, updatedBefore }: Filter): boolean =>
  createdAfter === undefined && createdBefore === undefined && (updatedAfter ?? updatedBefore) !== undefined

/** What the API is asked for. */
export const query = (filter: Filter, pageSize: number): Query => {
  const { authorId, collectionId, inferenceId, modelId, order, types } = filter
  const byUpdate = isByUpdate(filter)
  const given: Readonly<Record<string, string | ReadonlyArray<string> | undefined>> = {
    pageSize: String(pageSize),
    collectionId,
    modelId,
    inferenceId,
    authorId,
    types: types?.length === 0 ? undefined : types,
    createdAfter: byUpdate ? undefined : iso(filter.createdAfter),
    createdBefore: byUpdate ? undefined : iso(filter.createdBefore),
    updatedAfter: byUpdate ? iso(filter.updatedAfter) : undefined,
    updatedBefore: byUpdate ? iso(filter.updatedBefore) : undefined,
    sortBy: byUpdate ? "updatedAt" : "createdAt",
    sortDirection: order === "oldest" ? "asc" : "desc"
  }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )
}

const iso = (date: DateTime.DateTime | undefined): string | undefined =>
  date === undefined ? undefined : DateTime.formatIso(DateTime.toUtc(date))

/** What the API cannot filter by, or has not been asked to. */
export const fits = (filter: Filter) => {
  const { kinds = [], tags = [], updatedAfter, updatedBefore } = filter
  const byUpdate = isByUpdate(filter)
  return (record: AssetRecord): boolean =>
    (kinds.length === 0 ||
      kinds.some((kind) => record.kind === kind || record.kind?.startsWith(`${kind}-`) === true)) &&
    tags.every((tag) => record.tags.includes(tag)) &&
    (byUpdate || isBetween(record.updatedAt, updatedAfter, updatedBefore))
}

/** Everything but the words: for hits of the search, which takes no other filter. */
export const fitsWhole = (filter: Filter) => {
  const rest = fits(filter)
  const {
    authorId,
    collectionId,
    createdAfter,
    createdBefore,
    inferenceId,
    modelId,
    types = [],
    updatedAfter,
    updatedBefore
  } = filter
  const isSo = (value: string | undefined, wanted: string | undefined) => wanted === undefined || value === wanted
  return (record: AssetRecord): boolean =>
    rest(record) &&
    isSo(record.modelId, modelId) &&
    isSo(record.inferenceId, inferenceId) &&
    isSo(record.authorId, authorId) &&
    (collectionId === undefined || record.collectionIds.includes(collectionId)) &&
    (types.length === 0 || types.some((type) => record.type === type)) &&
    isBetween(record.createdAt, createdAfter, createdBefore) &&
    isBetween(record.updatedAt, updatedAfter, updatedBefore)
}

/** A record without a date is outside of all bounds. */
const isBetween = (
  date: DateTime.DateTime | undefined,
  after: DateTime.DateTime | undefined,
  before: DateTime.DateTime | undefined
): boolean =>
  (after === undefined || (date !== undefined && DateTime.isGreaterThan(date, after))) &&
  (before === undefined || (date !== undefined && DateTime.isLessThan(date, before)))
