/**
 * What Scenario's catalogue knows of an asset.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { AssetId, InferenceId, ModelId } from "./Asset.ts"
import * as Json from "./internal/Json.ts"
import { SignedUrl } from "./SignedUrl.ts"

/**
 * One asset of the catalogue. Only `id` is certain: Scenario leaves fields out by the kind and the age of an asset, and a field that is
 * not as documented is left out here too, or kept in {@link AssetRecord.details | details}.
 *
 * No link is left in a record but `link`, which is a secret: it shows itself as `<redacted>` and refuses to be encoded. Links elsewhere
 * (thumbnails, previews, originals) are removed. {@link toJson} gives what may be kept.
 *
 * @category models
 * @since 0.1.0
 */
export class AssetRecord extends Schema.Class<AssetRecord>("@scenario-assets/core/AssetRecord")({
  id: AssetId,
  /** `image`, `video`, `audio`, `3d`, `document`, `image-hdr`, `json`, or a kind that is newer than this library. */
  kind: Schema.optionalKey(Schema.String),
  /** How it came to be, in Scenario's terms, such as `inference-txt2img` or `upscale`. */
  type: Schema.optionalKey(Schema.String),
  mimeType: Schema.optionalKey(Schema.String),
  createdAt: Schema.optionalKey(Schema.DateTimeUtc),
  updatedAt: Schema.optionalKey(Schema.DateTimeUtc),
  /** Bytes. */
  size: Schema.optionalKey(Schema.Number),
  name: Schema.optionalKey(Schema.String),
  prompt: Schema.optionalKey(Schema.String),
  negativePrompt: Schema.optionalKey(Schema.String),
  /** A text, for seeds may be larger than a number can hold. */
  seed: Schema.optionalKey(Schema.String),
  modelId: Schema.optionalKey(ModelId),
  inferenceId: Schema.optionalKey(InferenceId),
  authorId: Schema.optionalKey(Schema.String),
  tags: Schema.Array(Schema.String),
  collectionIds: Schema.Array(Schema.String),
  /** The link to its file as it is stored, which expires. A fresh one comes from `AssetDownload.request`. */
  link: Schema.optionalKey(SignedUrl),
  /** Everything else that the catalogue says, without links. */
  details: Schema.Record(Schema.String, Schema.Json)
}) {}

/**
 * What may be written down of a record: all of it but the link, dates in ISO 8601, and the details under their own names.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toJson = ({ createdAt, details, link: _, updatedAt, ...known }: AssetRecord): Schema.JsonObject => ({
  ...known,
  ...(createdAt === undefined ? {} : { createdAt: DateTime.formatIso(createdAt) }),
  ...(updatedAt === undefined ? {} : { updatedAt: DateTime.formatIso(updatedAt) }),
  ...details
})

/** A record of what the API says of an asset, whose `id` has been checked. `scrub` takes secrets out of a text. */
export const fromApi = (
  { id, ...said }: { readonly id: AssetId } & Schema.JsonObject,
  scrub: (text: string) => string
): AssetRecord => {
  const link = typeof said["url"] === "string" ? decodeLink(said["url"]) : Option.none()
  const json = Json.withoutLinks(said, scrub)
  const metadata = Json.objectIn(json["metadata"])
  const properties = Json.objectIn(json["properties"])
  const { authorId, collectionIds, createdAt, kind, mimeType, tags, updatedAt, ...others } = json
  const { inferenceId, kind: _kind, modelId, name, negativePrompt, prompt, seed, type, ...moreMetadata } = metadata
  const { size, ...moreProperties } = properties
  return new AssetRecord({
    id,
    ...defined({
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
      link: Option.getOrUndefined(link)
    }),
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
const date = (value: Schema.Json | undefined): DateTime.Utc | undefined =>
  typeof value === "string" ? Option.getOrUndefined(Option.map(DateTime.make(value), DateTime.toUtc)) : undefined

/** Without the fields that are `undefined`. */
const defined = <A extends { readonly [field: string]: unknown }>(
  fields: A
): { readonly [K in keyof A]?: Exclude<A[K], undefined> } =>
  // oxlint-disable-next-line no-unsafe-type-assertion
  Object.fromEntries(Object.entries(fields).filter(([, value]) => Predicate.isNotUndefined(value))) as never
