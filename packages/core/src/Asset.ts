/**
 * Identifiers of the things Scenario knows, and the formats it can convert an asset to.
 *
 * Ids are branded strings. The documented shapes are `asset_…`, `model_…`, `job_…` and `proj_…`, but the prefix is not
 * required: what is refused is only what would change the path of a request.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** One path segment: not empty, not `.` or `..`, without white space, control characters, `/`, `\`, `?`, `#` or `%`. */
const segment = /^(?!\.{1,2}$)[^\s/\\?#%\p{Cc}\p{Cf}\p{Cs}]+$/u

/** The shape of ids that property tests make up: no generator can work backwards from {@link segment}. */
const madeUp = { source: "^[a-z]{1,8}_[0-9A-Za-z]{1,24}$", flags: "" }

const id = <const Brand extends string>(brand: Brand) =>
  Schema.String.pipe(
    Schema.check(
      Schema.isPattern(segment, {
        message:
          `Expected ${brand === "AssetId" || brand === "InferenceId" ? "an" : "a"} ${brand}: ` +
          "not empty, without white space, control characters, '/', '\\', '?', '#' or '%'",
        arbitraryConstraint: { patterns: [madeUp] }
      })
    )
  )

/**
 * Id of one asset, such as `asset_mE2cb2p4KQ9y6EB1xBTKP8Sy`.
 *
 * @category models
 * @since 0.1.0
 */
export const AssetId = id("AssetId").pipe(Schema.brand("AssetId"))
/** @category models @since 0.1.0 */
export type AssetId = typeof AssetId.Type

/**
 * Id of one inference: a generation run, from which one or more assets issue.
 *
 * @category models
 * @since 0.1.0
 */
export const InferenceId = id("InferenceId").pipe(Schema.brand("InferenceId"))
/** @category models @since 0.1.0 */
export type InferenceId = typeof InferenceId.Type

/**
 * Id of one model, such as `model_wsr9y4kRzMZmBKGiYB4Sy9yd`.
 *
 * @category models
 * @since 0.1.0
 */
export const ModelId = id("ModelId").pipe(Schema.brand("ModelId"))
/** @category models @since 0.1.0 */
export type ModelId = typeof ModelId.Type

/**
 * Id of the server's work on one batch, such as `job_8Xv2…`.
 *
 * @category models
 * @since 0.1.0
 */
export const JobId = id("JobId").pipe(Schema.brand("JobId"))
/** @category models @since 0.1.0 */
export type JobId = typeof JobId.Type

/**
 * Id of a project, such as `proj_…`; sent as the query parameter `projectId`.
 *
 * @category models
 * @since 0.1.0
 */
export const ProjectId = id("ProjectId").pipe(Schema.brand("ProjectId"))
/** @category models @since 0.1.0 */
export type ProjectId = typeof ProjectId.Type

/**
 * The 13 formats that `request` may convert an asset to. Not every asset can be converted to every format: the server
 * answers `400` where it cannot.
 *
 * @category models
 * @since 0.1.0
 */
export const TargetFormat = Schema.Literals([
  "gif",
  "heif",
  "jpeg",
  "jpg",
  "png",
  "svg",
  "webp",
  "avif",
  "tif",
  "tiff",
  "glb",
  "fbx",
  "obj"
])
/** @category models @since 0.1.0 */
export type TargetFormat = typeof TargetFormat.Type
