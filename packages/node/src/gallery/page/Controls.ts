/** The bar at the top: search, filters, order and count. */
import * as Dom from "./Dom.ts"
import type { Entry } from "./Entries.ts"
import * as Selection from "./Selection.ts"
import * as Theme from "./Theme.ts"
import * as Words from "./Words.ts"

/** How many kinds and models are offered. Whatever is beyond can be searched for. */
const most = { kinds: 8, models: 20 }

const orders: ReadonlyArray<readonly [Selection.Order, string]> = [
  ["newest", "Newest first"],
  ["oldest", "Oldest first"],
  ["name", "Name"],
  ["size", "Largest first"]
]

const option = (value: string, text: string) => Dom.make("option", { value }, text)

/** The choice of the last visit: of a page that is reloaded, or come back to. */
const kept = (): Partial<Record<string, string>> => {
  const state: unknown = history.state
  const fields: ReadonlyArray<readonly [string, unknown]> =
    typeof state === "object" && state !== null ? Object.entries(state) : []
  return Object.fromEntries(fields.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])))
}

/** Makes the bar; `onChoice` is told what is chosen whenever that changes. */
export const make = (entries: ReadonlyArray<Entry>, onChoice: (choice: Selection.Choice) => void) => {
  const search = Dom.make("input", {
    type: "search",
    placeholder: "Search prompts, names, tags…",
    "aria-label": "Search",
    autocomplete: "off",
    spellcheck: "false"
  })
  const count = Dom.make("output", { class: "count" })

  const kinds = Selection.counted(entries.map(({ kind }) => kind)).slice(0, most.kinds)
  const chips = new Map<string, HTMLButtonElement>()
  const addChip = (kind: string, text: string) =>
    chips.set(
      kind,
      Dom.button(text, "chip", () => pick(kind))
    )
  if (kinds.length > 1) {
    addChip("", "All")
    for (const [kind, count] of kinds) addChip(kind, `${Words.kindOf(kind)} ${Words.number(count)}`)
  }
  const filter = Dom.make("div", { class: "chips", role: "group", "aria-label": "Kind" }, ...chips.values())

  const models = Selection.counted(entries.map(({ item }) => item.modelId))
  const more = models.length - most.models
  const model = Dom.make(
    "select",
    { "aria-label": "Model", autocomplete: "off" },
    option("", "All models"),
    ...models
      .slice(0, most.models)
      .map(([id, count]) => option(id, `${Words.beginning(id, 48)} (${Words.number(count)})`))
  )
  if (more > 0) {
    const rest = option("", `${Words.number(more)} more: search for them`)
    rest.disabled = true
    model.append(rest)
  }

  const hasDates = entries.some(({ time }) => time !== undefined)
  const offered = orders.filter(([name]) => hasDates || name === "name" || name === "size")
  const order = Dom.make(
    "select",
    { "aria-label": "Sort by", autocomplete: "off" },
    ...offered.map(([name, text]) => option(name, text))
  )

  let kind = ""
  let keeping: ReturnType<typeof setTimeout> | undefined
  const choice = (): Selection.Choice => ({
    query: search.value,
    kind,
    model: model.value,
    order: offered.find(([name]) => name === order.value)?.[0] ?? "name"
  })
  const changed = () => {
    for (const [name, chip] of chips) chip.setAttribute("aria-pressed", String(name === kind))
    onChoice(choice())
    // Not with every letter: browsers refuse to be told more than a few times a second. As the page is left, it is too late.
    clearTimeout(keeping)
    keeping = setTimeout(() => history.replaceState(choice(), ""), 250)
  }
  const pick = (name: string) => {
    kind = chips.has(name) ? name : ""
    changed()
  }
  search.addEventListener("input", changed)
  model.addEventListener("change", changed)
  order.addEventListener("change", changed)
  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement || document.querySelector("dialog[open]") !== null
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    search.select()
  })

  const before = kept()
  search.value = before["query"] ?? ""
  model.value = before["model"] ?? ""
  if (model.selectedIndex === -1) model.selectedIndex = 0
  order.value = before["order"] ?? ""
  if (order.selectedIndex === -1) order.selectedIndex = 0

  const header = Dom.make(
    "header",
    {},
    Dom.make("div", { class: "line" }, Dom.make("h1", { dir: "auto" }, document.title), count, Theme.make()),
    Dom.make(
      "search",
      { class: "line" },
      search,
      ...(chips.size === 0 ? [] : [filter]),
      ...(models.length > 1 ? [model] : []),
      ...(entries.length > 1 ? [order] : [])
    )
  )

  return {
    header,
    /** Shows how many there are of all. */
    tell: (shown: number) => {
      const all = entries.length
      const files = all === 1 ? "file" : "files"
      count.replaceChildren(
        shown === all ? `${Words.number(all)} ${files}` : `${Words.number(shown)} of ${Words.number(all)}`
      )
    },
    /** Chooses what was chosen before. */
    begin: () => pick(before["kind"] ?? ""),
    /** Chooses everything. */
    clear: () => {
      search.value = ""
      model.selectedIndex = 0
      pick("")
      search.focus()
    }
  }
}
