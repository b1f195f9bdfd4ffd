/**
 * The file of an asset: a picture as PNG, a landscape as OBJ, a film as MP4, a tone as WAV. The emulator converts to nothing else.
 *
 * @since 0.1.0
 */
import type { Asset } from "./Catalogue.ts"
import * as Content from "./Content.ts"
import * as Media from "./Media.ts"
import * as Obj from "./Obj.ts"
import * as Picture from "./Picture.ts"
import * as Png from "./Png.ts"

const formats = { image: "png", "3d": "obj", video: "mp4", audio: "wav" } as const

/** The only format an asset comes in, which is also its extension. */
export const formatOf = (asset: Pick<Asset, "kind">): "png" | "obj" | "mp4" | "wav" => formats[asset.kind]

/** What each format is called in a `Content-Type`. */
export const contentTypes = { png: "image/png", obj: "model/obj", mp4: "video/mp4", wav: "audio/wav" } as const

/** The bytes of an asset. All copies of one have the same length and differ in a comment. */
export const content = (asset: Pick<Asset, "kind" | "seed">, copy = 0): Content.Content =>
  Content.lazy(() => {
    switch (asset.kind) {
      case "image":
        return Png.encode(Picture.fromSeed(asset.seed), 8, note(copy))
      case "3d":
        return Obj.encode(Picture.fromSeed(asset.seed), note(copy))
      case "video":
        return Media.film(`${note(copy)}, seed ${String(asset.seed).padStart(10, "0")}`)
      case "audio":
        return Media.tone(asset.seed, note(copy))
    }
  })

const sizes = new Map<Asset["kind"], number>()

/** In bytes: all files of a kind have one size, so that a catalogue of thousands is listed without making any. */
export const sizeOf = ({ kind }: Pick<Asset, "kind">): number => {
  const size = sizes.get(kind) ?? content({ kind, seed: 0 }).size
  sizes.set(kind, size)
  return size
}

/** The comment in the file of a copy, of the same length for all of them. */
export const note = (copy: number): string => `scenario-assets emulator, copy ${String(copy).padStart(4, "0")}`
