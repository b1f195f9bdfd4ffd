/**
 * Since when the catalogue must be listed: what a complete run has seen need not be paged through again. Only for filters whose assets
 * are decided when they are created; an asset may be added to a collection, or be found by other words, at any time.
 */
import { createHash } from "node:crypto"
import { join } from "node:path"
import type * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"

export const fileName = ".scenario-assets-sync.json"

/**
 * All that fits and was created between the two is there, as an index of so many bytes says. One that is shorter has lost lines, and says
 * so no more.
 */
const Bound = Schema.Struct({ from: Schema.NullOr(Schema.Finite), to: Schema.Finite, indexed: Schema.Finite })
type Bound = typeof Bound.Type

const Bounds = Schema.fromJsonString(
  Schema.Struct({ version: Schema.Literal(1), bounds: Schema.Record(Schema.String, Bound) })
)
const decode = Schema.decodeOption(Bounds)
const encode = Schema.encodeSync(Bounds)

/** Assets may show up late, and clocks differ. In milliseconds. */
const margin = 24 * 60 * 60 * 1000

export interface Account {
  readonly baseUrl: string
  readonly projectId: string | undefined
}

/** What is asked for, but for when; none where the answer may change for old assets. */
const keyOf = ({ baseUrl, projectId }: Account, filter: AssetCatalog.Filter): string | undefined => {
  const {
    authorId,
    collectionId,
    createdBefore,
    inferenceId,
    kinds = [],
    modelId,
    search,
    tags = [],
    types = [],
    updatedAfter,
    updatedBefore
  } = filter
  if (
    collectionId !== undefined ||
    search !== undefined ||
    tags.length > 0 ||
    updatedAfter !== undefined ||
    updatedBefore !== undefined
  )
    return undefined
  const before = createdBefore === undefined ? null : DateTime.toEpochMillis(createdBefore)
  const all = [baseUrl, projectId, authorId, inferenceId, modelId, kinds.toSorted(), types.toSorted(), before]
  return createHash("sha256").update(JSON.stringify(all)).digest("hex")
}

export interface Listing {
  /** With the bound. */
  readonly filter: AssetCatalog.Filter
  /** Moves the bound, when everything that was listed is there, in an index of so many bytes. */
  readonly complete: (indexed: number) => Effect.Effect<void, FileError>
}

export interface Options {
  readonly directory: string
  readonly account: Account
  readonly filter: AssetCatalog.Filter
  /** How long the index is. */
  readonly indexed: number
  /** List everything, whatever is known. */
  readonly anew: boolean
}

/** What is to be listed now. */
export const begin = Effect.fnUntraced(function* ({ account, anew, directory, filter, indexed }: Options) {
  const file = join(directory, fileName)
  const key = keyOf(account, filter)
  const started = DateTime.toEpochMillis(yield* DateTime.now)
  if (key === undefined) return { filter, complete: () => Effect.void } satisfies Listing
  const all = Effect.map(Files.readText(file), (text): Readonly<Record<string, Bound>> => {
    const found = text === undefined ? Option.none() : decode(text)
    return Option.isSome(found) ? found.value.bounds : {}
  })
  const found = (yield* all)[key]
  const known = anew || found === undefined || found.indexed > indexed ? undefined : found
  const from = filter.createdAfter === undefined ? null : DateTime.toEpochMillis(filter.createdAfter)
  /** Between what is known and what is listed now nothing was looked at: what is known stays as it is. */
  const isApart = known !== undefined && from !== null && from > known.to
  /** Nothing that is asked for was created before what is known. */
  const isCovered = !isApart && known !== undefined && (known.from === null || (from !== null && from >= known.from))
  const since = isCovered ? known.to : from
  const listing: Listing = {
    filter: since === null ? filter : { ...filter, createdAfter: DateTime.makeUnsafe(since) },
    complete: (indexed) =>
      Effect.flatMap(all, (bounds) => {
        if (isApart) return Effect.void
        const bound: Bound = {
          from: isCovered ? known.from : from,
          to: isCovered ? Math.max(known.to, started - margin) : started - margin,
          indexed
        }
        return Files.writeWhole(file, encode({ version: 1, bounds: { ...bounds, [key]: bound } }))
      })
  }
  return listing
})
