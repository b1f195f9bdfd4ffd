/** The page that shows the files of a directory: `index.html` in it. */
import { basename, join, resolve } from "node:path"
import * as Gallery from "@scenario-assets/node/gallery/Gallery"
import * as Sync from "@scenario-assets/node/sync/Sync"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { UsageError } from "../errors/CommandError.ts"
import * as SystemCode from "../files/SystemCode.ts"
import * as WholeFile from "../files/WholeFile.ts"
import * as Format from "../text/Format.ts"

/** Of a directory that was synchronized, with all that is known of its files; of another one, the files alone. */
export const write = Effect.fnUntraced(function* (directory: string) {
  const known = new Map((yield* Stream.runCollect(Sync.index(directory))).map((row) => [row["path"], row] as const))
  const found = yield* Gallery.itemsOf(directory)
  // The index is no picture; and a file that somebody has removed is not shown.
  const items = found.flatMap((item) => (item.path === Sync.indexName ? [] : [withFacts(item, known.get(item.path))]))
  const page = join(directory, "index.html")
  const fs = yield* FileSystem.FileSystem
  const before = yield* Effect.option(fs.readFileString(page))
  if (Option.exists(before, (text) => !Gallery.isPage(text))) {
    return yield* new UsageError({
      message: `${Format.path(page)} is not a gallery, and is not replaced; move it away`
    })
  }
  const html = Gallery.html(items, { title: basename(resolve(directory)) })
  yield* Effect.mapError(
    WholeFile.write(page, Stream.encodeText(Stream.make(html))),
    SystemCode.fileError("write the gallery to", page)
  )
  return { page, files: items.length }
})

const withFacts = (item: Gallery.Item, row: Schema.JsonObject | undefined): Gallery.Item => {
  if (row === undefined) return item
  const text = (name: string) => {
    const value = row[name]
    return typeof value === "string" ? value : undefined
  }
  const tags = row["tags"]
  return {
    ...item,
    id: text("id"),
    kind: text("kind") ?? item.kind,
    mimeType: text("mimeType"),
    prompt: text("prompt"),
    negativePrompt: text("negativePrompt"),
    seed: text("seed"),
    modelId: text("modelId"),
    createdAt: text("createdAt"),
    name: text("name"),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : undefined
  }
}
