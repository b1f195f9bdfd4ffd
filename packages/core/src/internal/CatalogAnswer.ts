/** What the catalogue answers, and records of it, from which links are removed. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AssetId, InferenceId, ModelId } from "../Asset.ts"
import { AssetRecord } from "../AssetRecord.ts"
import { SignedUrl } from "../SignedUrl.ts"
import * as Json from "./Json.ts"

/** A record of what the API says of an asset, without secrets. */
export const record = ({ id, ...said }: typeof Asset.Type, scrub: Json.Scrub): AssetRecord => {
  const link = typeof said["url"] === "string" ? decodeLink(said["url"]) : Option.none()
  const json = Json.withoutLinks(said, scrub)
  const metadata = Json.objectIn(json["metadata"])
  const properties = Json.objectIn(json["properties"])
  const { authorId, collectionIds, createdAt, kind, mimeType, tags, updatedAt, ...others } = json
  const { inferenceId, kind: _kind, modelId, name, negativePrompt, prompt, seed, type, ...moreMetadata } = metadata
  const { size, ...moreProperties } = properties
  return new AssetRecord({
    id,
    kind: text(kind) ?? text(metadata["kind"]),
    type: text(type),
    mimeType: text(mimeType),
    createdAt: date(createdAt),
    updatedAt: date(updatedAt),
    size: typeof size === "number" && size >= 0 ? size : undefined,
    name: text(name),
    prompt: text(prompt),
    negativePrompt: text(negativePrompt),
    seed: typeof seed === "number" ? String(seed) : text(seed),
    modelId: Option.getOrUndefined(decodeModelId(modelId)),
    inferenceId: Option.getOrUndefined(decodeInferenceId(inferenceId)),
    authorId: text(authorId),
    link: Option.getOrUndefined(link),
    tags: texts(tags),
    collectionIds: texts(collectionIds),
    details: { ...others, metadata: moreMetadata, properties: moreProperties }
  })
}

const decodeLink = Schema.decodeOption(SignedUrl)
const decodeModelId = Schema.decodeUnknownOption(ModelId)
const decodeInferenceId = Schema.decodeUnknownOption(InferenceId)

const text = (value: Schema.Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined
const texts = (value: Schema.Json | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
export const date = (value: Schema.Json | undefined): DateTime.Utc | undefined =>
  typeof value === "string" ? Option.getOrUndefined(Option.map(DateTime.make(value), DateTime.toUtc)) : undefined

/** A page whose token is its own would come for ever. */
export const unlessRepeated =
  (token: string | undefined) =>
  <P extends { readonly nextPaginationToken?: string | null }, E>(page: Effect.Effect<P, E>) =>
    Effect.filterOrFail(
      page,
      ({ nextPaginationToken }) => token === undefined || nextPaginationToken !== token,
      () => "unexpected" as const
    )

const decoder = <S extends Schema.ConstraintDecoder<unknown>>(answer: S) =>
  Schema.decodeEffect(Schema.fromJsonString(answer))
const withId = <S extends Schema.Top>(id: S) =>
  Schema.StructWithRest(Schema.Struct({ id }), [Schema.Record(Schema.String, Schema.Json)])
const nextPaginationToken = Schema.optionalKey(Schema.NullOr(Schema.String))
const Asset = withId(AssetId)
export const decodePage = decoder(Schema.Struct({ assets: Schema.Array(Asset), nextPaginationToken }))
export const decodeHits = decoder(Schema.Struct({ hits: Schema.Array(Asset) }))
const Listed = withId(Schema.NonEmptyString)
export const decodeCollections = decoder(Schema.Struct({ collections: Schema.Array(Listed), nextPaginationToken }))
