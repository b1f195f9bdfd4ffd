/** The items of the page, as they are shown and searched. */
import * as Href from "../internal/Href.ts"
import type { Item } from "../internal/Item.ts"
import * as Kinds from "../internal/Kinds.ts"
import * as Shown from "../internal/Shown.ts"

export interface Entry {
  readonly item: Item
  readonly href: string
  readonly kind: string
  readonly display: ReturnType<typeof Kinds.displayOf>
  /** The name of its file alone. */
  readonly fileName: string
  /** Its extension in capitals, or else its kind: what a card shows where there is no picture. */
  readonly label: string
  /** When it was created, in milliseconds; `undefined` where that is not known. */
  readonly time: number | undefined
  /** All that is searched, in one text. Made when it is first asked for. */
  readonly haystack: () => string
}

/** Reads the items that the page carries. */
export const read = (json: string): ReadonlyArray<Entry> => {
  const list: unknown = JSON.parse(json)
  return Array.isArray(list) ? list.map((value) => entryOf(itemOf(value))) : []
}

const itemOf = (value: unknown): Item => {
  const fields = new Map<string, unknown>(typeof value === "object" && value !== null ? Object.entries(value) : [])
  const text = (name: string) => {
    const field = fields.get(name)
    return typeof field === "string" && field !== "" ? field : undefined
  }
  const bytes = fields.get("bytes")
  const tags = fields.get("tags")
  return {
    path: text("path") ?? "",
    name: text("name"),
    bytes: typeof bytes === "number" ? bytes : undefined,
    id: text("id"),
    kind: text("kind"),
    mimeType: text("mimeType"),
    prompt: text("prompt"),
    negativePrompt: text("negativePrompt"),
    seed: text("seed"),
    modelId: text("modelId"),
    createdAt: text("createdAt"),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : []
  }
}

const entryOf = (item: Item): Entry => {
  const time = Date.parse(item.createdAt ?? "")
  const kind = item.kind ?? Kinds.kindOf(item.path) ?? "other"
  let haystack: string | undefined
  return {
    item,
    href: Href.of(item.path),
    kind,
    display: Kinds.displayOf(item),
    fileName: item.path.slice(item.path.lastIndexOf("/") + 1),
    label: Shown.oneLine(Kinds.extensionOf(item.path).slice(0, 8) || kind).toUpperCase(),
    time: Number.isNaN(time) ? undefined : time,
    haystack: () => (haystack ??= searched(item))
  }
}

/** A line break between fields: no word that is typed has one. */
const searched = (item: Item): string =>
  Shown.folded(
    [
      item.prompt,
      item.negativePrompt,
      item.path,
      item.name,
      item.modelId,
      item.seed,
      item.id,
      ...(item.tags ?? [])
    ].join("\n")
  )
