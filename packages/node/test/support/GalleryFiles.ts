/** Small files of every kind, and items for them with prompts that somebody might have written. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as AssetFile from "@scenario-assets/core/engine/testing/AssetFile"
import type * as Gallery from "../../src/gallery/Gallery.ts"

type Kind = Parameters<typeof AssetFile.content>[0]["kind"]

/** Writes the file that the emulator would give for such an asset, and gives its size. */
export const write = (directory: string, path: string, kind: Kind, seed: number): number => {
  const content = AssetFile.content({ kind, seed })
  const file = join(directory, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, Buffer.concat([...content.read(0, content.size)]))
  return content.size
}

const themes: ReadonlyArray<readonly [kind: Kind, model: string, folder: string, prompts: ReadonlyArray<string>]> = [
  [
    "image",
    "model_rose-windows",
    "windows",
    [
      "Rose window of a drowned cathedral, morning light, deep teal and copper glass",
      "Stained glass kaleidoscope, a fox at the centre, eight-fold symmetry",
      "Church window in the style of a circuit board, amber on midnight blue",
      "ステンドグラス、藤の花、夕暮れ",
      "Chapel ceiling seen from below, gold leaf and lapis, perfectly symmetrical",
      "A snow crystal grown from coloured glass, macro, soft shadows"
    ]
  ],
  [
    "image",
    "model_guild-badges",
    "badges",
    [
      "Guild badge for a company of cartographers, four-fold symmetry, enamel",
      "Round shield with a sea serpent, flat colours, game icon",
      "Seal of the moon court, silver filigree on velvet",
      "Emblem of the night market: lantern, moth and key, bold outlines",
      "Crest with a sleeping volcano, warm enamel, no text"
    ]
  ],
  ["video", "model_test-cards", "films", ["A test card that drifts out of tune, slow zoom, 1970s television"]],
  ["audio", "model_tones", "sounds", ["A single glass bell struck underwater, long decay"]],
  ["3d", "model_block-lands", "models", ["Terraced island of stone blocks, low poly, calm sea"]]
]

const extensions = { image: "png", video: "mp4", audio: "wav", "3d": "obj" } as const

/** Writes so many files, of all kinds in turn, and gives an item for each. */
export const make = (directory: string, count: number): ReadonlyArray<Gallery.Item> =>
  Array.from({ length: count }, (_, index): Gallery.Item => {
    const theme = themes[[0, 1, 0, 1, 2, 0, 1, 3, 0, 1, 0, 4][index % 12] ?? 0] ?? themes[0]
    if (theme === undefined) throw new Error("there are no themes")
    const [kind, modelId, folder, prompts] = theme
    const seed = 7000 + index * 7919
    const path = `${folder}/${String(index + 1).padStart(3, "0")}.${extensions[kind]}`
    return {
      path,
      bytes: write(directory, path, kind, seed),
      id: `asset_${String(seed).padStart(8, "0")}`,
      kind,
      mimeType: AssetFile.contentTypes[extensions[kind]],
      prompt: prompts[Math.floor(index / 2) % prompts.length],
      seed: String(seed),
      modelId,
      createdAt: new Date(Date.UTC(2026, 9, 30, 9) - index * 5_400_000).toISOString(),
      tags: [folder, index % 2 === 0 ? "draft" : "final"]
    }
  })
