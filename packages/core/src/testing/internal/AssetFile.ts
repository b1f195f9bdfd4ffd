/**
 * The file of an asset: a picture as PNG, a landscape as OBJ. The emulator converts to nothing else.
 *
 * @since 0.1.0
 */
import type { Asset } from "./Catalogue.ts"
import * as Content from "./Content.ts"
import * as Obj from "./Obj.ts"
import * as Picture from "./Picture.ts"
import * as Png from "./Png.ts"

/** The only format an asset comes in, which is also its extension. */
export const formatOf = (asset: Pick<Asset, "kind">): "png" | "obj" => (asset.kind === "3d" ? "obj" : "png")

/** What each format is called in a `Content-Type`. */
export const contentTypes = { png: "image/png", obj: "model/obj" } as const

/** The bytes of an asset. All copies of one have the same length and differ in a comment. */
export const content = (asset: Pick<Asset, "kind" | "seed">, copy = 0): Content.Content =>
  Content.lazy(() => {
    const picture = Picture.fromSeed(asset.seed)
    return asset.kind === "3d" ? Obj.encode(picture, note(copy)) : Png.encode(picture, 8, note(copy))
  })

/** The comment in the file of a copy, of the same length for all of them. */
export const note = (copy: number): string => `scenario-assets emulator, copy ${String(copy).padStart(4, "0")}`
