/**
 * What Scenario's catalogue knows of an asset.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import { AssetId, InferenceId, ModelId } from "./Asset.ts"
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
  kind: Schema.optional(Schema.String),
  /** How it came to be, in Scenario's terms, such as `inference-txt2img` or `upscale`. */
  type: Schema.optional(Schema.String),
  mimeType: Schema.optional(Schema.String),
  createdAt: Schema.optional(Schema.DateTimeUtc),
  updatedAt: Schema.optional(Schema.DateTimeUtc),
  /** Bytes. */
  size: Schema.optional(Schema.Number),
  name: Schema.optional(Schema.String),
  prompt: Schema.optional(Schema.String),
  negativePrompt: Schema.optional(Schema.String),
  /** A text, for seeds may be larger than a number can hold. */
  seed: Schema.optional(Schema.String),
  modelId: Schema.optional(ModelId),
  inferenceId: Schema.optional(InferenceId),
  authorId: Schema.optional(Schema.String),
  tags: Schema.Array(Schema.String),
  collectionIds: Schema.Array(Schema.String),
  /** The link to its file as it is stored, which expires. A fresh one comes from `AssetDownload.request`. */
  link: Schema.optional(SignedUrl),
  /** Everything else that the catalogue says, without links. */
  details: Schema.Record(Schema.String, Schema.Json)
}) {}

/**
 * What may be written down of a record: all of it but the link, dates in ISO 8601, and the details under their own names where no field of the record is called so.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toJson = ({ createdAt, details, link: _, updatedAt, ...known }: AssetRecord): Schema.JsonObject => {
  const fields: ReadonlyArray<readonly [name: string, value: Schema.Json | undefined]> = Object.entries({
    ...known,
    createdAt: createdAt && DateTime.formatIso(createdAt),
    updatedAt: updatedAt && DateTime.formatIso(updatedAt)
  })
  const said = fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  return { ...details, ...Object.fromEntries(said) }
}
