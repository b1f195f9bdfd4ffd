/** The assets that flags and ids choose together, out of the catalogue. */
import type { AssetId, InferenceId, ModelId } from "@scenario-assets/core/Asset"
import * as AssetCatalog from "@scenario-assets/core/AssetCatalog"
import type { AssetRecord } from "@scenario-assets/core/AssetRecord"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { UsageError } from "../errors/CommandError.ts"
import type { Choice } from "../settings/CatalogueFlags.ts"
import * as Moment from "../text/Moment.ts"
import * as Shell from "../text/Shell.ts"

/** Where to look; without any id, everywhere in the project. */
export interface Within {
  readonly assetIds: ReadonlyArray<AssetId>
  readonly inferenceIds: ReadonlyArray<InferenceId>
  readonly modelIds: ReadonlyArray<ModelId>
}

export const everywhere: Within = { assetIds: [], inferenceIds: [], modelIds: [] }

/** The flags of a choice as they were given, always in the same order; none where nothing is chosen. */
export const flags = (choice: Choice): ReadonlyArray<string> => {
  const one = (flag: string, value: Option.Option<string | number>) =>
    Option.match(value, { onNone: () => [], onSome: (value) => Shell.flag(flag, String(value)) })
  const text = (moment: Option.Option<Moment.Moment>) => Option.map(moment, ({ text }) => text)
  return [
    ...one("--collection", choice.collection),
    ...[...new Set(choice.kinds)].toSorted().flatMap((kind) => Shell.flag("--kind", kind)),
    ...one("--since", text(choice.since)),
    ...one("--until", text(choice.until)),
    ...one("--author", choice.author),
    ...[...new Set(choice.tags)].toSorted().flatMap((tag) => Shell.flag("--tag", tag)),
    ...one("--search", choice.search),
    ...one("--limit", choice.limit)
  ]
}

/** Checked before anybody is asked. */
export interface Chosen {
  /** In words, for a person: `--kind image --since 7d`. */
  readonly words: string
  /** Each once, page after page. An id that Scenario does not know is left out. */
  readonly records: Stream.Stream<
    AssetRecord,
    Stream.Error<ReturnType<AssetCatalog.AssetCatalog["Service"]["list"]>> | AssetCatalog.CollectionNotFound,
    AssetCatalog.AssetCatalog
  >
}

/** Fails with the flag that cannot be meant. The collection is looked up when it is needed. */
export const filter = Effect.fnUntraced(function* (choice: Choice) {
  const { author, collection, kinds, search, tags } = choice
  for (const [flag, value] of [
    ["collection", collection],
    ["author", author],
    ["search", search]
  ] as const) {
    if (Option.exists(value, (text) => text.trim() === "")) {
      return yield* new UsageError({ message: `--${flag} is empty; give it a value, or leave it out` })
    }
  }
  const bounds = yield* boundsOf(choice)
  const resolve = Effect.map(
    Effect.transposeOption(Option.map(collection, collectionOf)),
    (found): AssetCatalog.Filter => ({
      ...bounds,
      kinds,
      tags,
      authorId: Option.getOrUndefined(author),
      search: Option.getOrUndefined(search),
      collectionId: Option.getOrUndefined(found)?.id
    })
  )
  return { resolve }
})

const collectionOf = (idOrName: string) =>
  Effect.flatMap(AssetCatalog.AssetCatalog, ({ collection }) => collection(idOrName))

/** Fails with the flag that cannot be meant, before anybody is asked. */
export const make = Effect.fnUntraced(function* (choice: Choice, within: Within = everywhere) {
  const { limit } = choice
  const { resolve } = yield* filter(choice)
  const records = Stream.unwrap(
    Effect.gen(function* () {
      const parts = partsOf(yield* AssetCatalog.AssetCatalog, yield* resolve, within)
      const all = onceEach(Stream.flatten(Stream.fromIterable(parts)))
      if (Option.isNone(limit)) return all
      // A list is newest first; several of them, and what was asked for by id, are put in order here.
      const isInOrder = parts.length === 1 && within.assetIds.length === 0
      return Stream.take(isInOrder ? all : newestFirst(all), limit.value)
    })
  )
  const chosen: Chosen = { words: Shell.command(flags(choice)), records }
  return chosen
})

/** All that is in some places, whatever it is. */
export const allIn = (within: Within) =>
  Stream.unwrap(
    Effect.map(AssetCatalog.AssetCatalog, (catalog) =>
      onceEach(Stream.flatten(Stream.fromIterable(partsOf(catalog, {}, within))))
    )
  )

/** Place by place; without any, everywhere. */
const partsOf = (
  { get, list }: AssetCatalog.AssetCatalog["Service"],
  filter: AssetCatalog.Filter,
  { assetIds, inferenceIds, modelIds }: Within
) => {
  const parts = [
    ...(assetIds.length === 0 ? [] : [Stream.filter(get(assetIds), AssetCatalog.fits(filter))]),
    ...inferenceIds.map((inferenceId) => list({ ...filter, inferenceId })),
    ...modelIds.map((modelId) => list({ ...filter, modelId }))
  ]
  return parts.length === 0 ? [list(filter)] : parts
}

/** A page may repeat what has moved meanwhile, and an asset may be in several of the places. */
const onceEach = <E, R>(records: Stream.Stream<AssetRecord, E, R>): Stream.Stream<AssetRecord, E, R> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.filter(records, ({ id }) => !seen.has(id) && seen.add(id) === seen)
  })

const newestFirst = <E, R>(records: Stream.Stream<AssetRecord, E, R>): Stream.Stream<AssetRecord, E, R> =>
  Stream.runCollect(records).pipe(
    Effect.map((all) => Stream.fromIterable(all.toSorted((a, b) => timeOf(b) - timeOf(a)))),
    Stream.unwrap
  )

const timeOf = ({ createdAt }: AssetRecord): number => (createdAt === undefined ? 0 : DateTime.toEpochMillis(createdAt))

const boundsOf = Effect.fnUntraced(function* ({ since, until }: Choice) {
  const now = yield* DateTime.now
  const zone = Moment.localZone()
  const first = Option.map(since, ({ span }) => span(now, zone).first)
  const last = Option.map(until, ({ span }) => span(now, zone).last)
  if (Option.isSome(first) && Option.isSome(last) && first.value > last.value) {
    const [from, to] = [since, until].map((moment) =>
      Option.match(moment, { onNone: () => "", onSome: (of) => of.text })
    )
    return yield* new UsageError({
      message: `--since ${from} is after --until ${to}, so that no asset can fit; swap them`
    })
  }
  // The bounds of the catalogue are none of the times they let through.
  const bounds: Pick<AssetCatalog.Filter, "createdAfter" | "createdBefore"> = {
    createdAfter: Option.getOrUndefined(Option.map(first, (at) => DateTime.makeUnsafe(at - 1))),
    createdBefore: Option.getOrUndefined(Option.map(last, (at) => DateTime.makeUnsafe(at + 1)))
  }
  return bounds
})
