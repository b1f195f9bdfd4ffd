/**
 * Writes a picture as PNG, JPEG, GIF or SVG, or as a small landscape of 3D blocks.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { TargetFormat } from "../Asset.ts"
import * as Gif from "./internal/Gif.ts"
import * as Jpeg from "./internal/Jpeg.ts"
import * as Png from "./internal/Png.ts"
import * as Vector from "./internal/Vector.ts"
import type { Picture } from "./Picture.ts"

/**
 * The formats a picture can be written in.
 *
 * @category models
 * @since 0.1.0
 */
export const PictureFormat = Schema.Literals([
  "png",
  "jpg",
  "jpeg",
  "gif",
  "svg",
  "obj"
]) satisfies Schema.Schema<TargetFormat>
/** @category models @since 0.1.0 */
export type PictureFormat = typeof PictureFormat.Type

/** @category guards @since 0.1.0 */
export const isPictureFormat: (value: unknown) => value is PictureFormat = Schema.is(PictureFormat)

/**
 * What a format is called in a `Content-Type`.
 *
 * @category constants
 * @since 0.1.0
 */
export const contentTypes: { readonly [F in PictureFormat]: string } = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  svg: "image/svg+xml",
  obj: "model/obj"
}

/**
 * Writes a picture, 256 × 256 pixels in the formats that have pixels. The note becomes a comment in the file; notes of
 * equal length give files of equal length.
 *
 * @category destructors
 * @since 0.1.0
 */
export const encode = (picture: Picture, format: PictureFormat, note: string): Uint8Array => {
  switch (format) {
    case "png":
      return Png.encode(picture, 8, note)
    case "jpg":
    case "jpeg":
      return Jpeg.encode(picture, note)
    case "gif":
      return Gif.encode(picture, note)
    case "svg":
      return Vector.svg(picture, note)
    case "obj":
      return Vector.obj(picture, note)
  }
}
