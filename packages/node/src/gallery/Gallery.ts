/**
 * A contact sheet: one page that shows the files of a directory, for a browser and without a network.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { FileError } from "../file/FileError.ts"
import * as Document from "./internal/Document.ts"
import type { Item } from "./internal/Item.ts"
import * as Kinds from "./internal/Kinds.ts"
import * as Walk from "./internal/Walk.ts"

/** @category models @since 0.1.0 */
export type { Item } from "./internal/Item.ts"

/**
 * How a page is made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What stands at the top of the page. Default `Contact sheet`. */
  readonly title?: string | undefined
}

/**
 * Whether a text is a page that {@link html} has made, which another one may replace.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isPage = (text: string): boolean => text.slice(0, 10_000).includes(Document.mark)

/**
 * Makes the page: HTML that is written beside the files, such as `index.html`. The same items give the same page.
 *
 * Pictures are shown, films and sounds can be played, and everything else has a card with its kind, name and size. The page is searched
 * as one types, filtered by kind and by model, and sorted; the list stays quick with tens of thousands of files. It works from a
 * disk, for all of its script and style is in it.
 *
 * Texts of the items are shown as text whatever they hold: the page has a content security policy that runs its own script alone
 * and asks no other host for anything. Other fields of the objects, such as links, do not get into the page.
 *
 * **Example** (A page for a directory)
 *
 * ```ts
 * import { writeFile } from "node:fs/promises"
 * import { join } from "node:path"
 * import { Gallery } from "@scenario-assets/node"
 * import { Effect } from "effect"
 *
 * const program = Effect.fn(function* (directory: string) {
 *   const items = yield* Gallery.itemsOf(directory)
 *   const page = Gallery.html(items, { title: "Renders" })
 *   yield* Effect.promise(() => writeFile(join(directory, "index.html"), page))
 *   return items.length
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const html = (items: ReadonlyArray<Item>, options: Options = {}): string =>
  Document.make(items, options.title ?? "Contact sheet")

/**
 * Lists the files below a directory as items of a page: path, size, and kind by the extension, sorted by path.
 *
 * Hidden files and directories are left out, and so are symbolic links, downloads that are not done, and the `index.html` at the top,
 * which is most often the page itself.
 *
 * @category constructors
 * @since 0.1.0
 */
export const itemsOf: (directory: string) => Effect.Effect<ReadonlyArray<Item>, FileError> = Effect.fn(
  "Gallery.itemsOf"
)(function* (directory) {
  const files = yield* Walk.files(directory)
  return files
    .filter(({ path }) => path !== "index.html")
    .map(({ bytes, path }): Item => ({ path, bytes, kind: Kinds.kindOf(path) }))
})
