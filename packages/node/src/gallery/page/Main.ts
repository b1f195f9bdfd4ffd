/** The script of the page: what is shown, and what the parts tell each other. */
import * as Controls from "./Controls.ts"
import * as Dom from "./Dom.ts"
import * as Entries from "./Entries.ts"
import * as Grid from "./Grid.ts"
import * as Selection from "./Selection.ts"
import * as Viewer from "./Viewer.ts"

const entries = Entries.read(document.querySelector("#items")?.textContent ?? "[]")
const select = Selection.make(entries)
let shown: ReadonlyArray<Entries.Entry> = []

const list = Dom.make("ul", { class: "grid", role: "list", "aria-label": "Files" })
/** The last line is the seed. */
const lines = entries.some(({ item }) => item.seed !== undefined) ? 3 : 2
const grid = Grid.make(list, lines, (index) => viewer.open(shown, index))
const viewer = Viewer.make((index) => grid.focus(index))

const controls = Controls.make(entries, (choice) => {
  shown = select(choice)
  controls.tell(shown.length)
  nothing.hidden = shown.length > 0
  grid.show(shown)
})

const nothing = Dom.make(
  "div",
  { class: "nothing" },
  ...(entries.length === 0
    ? [Dom.make("p", {}, "There are no files here yet.")]
    : [
        Dom.make("p", {}, "No files match this search."),
        Dom.button("Clear search and filters", "", () => controls.clear())
      ])
)

// One thing is heard at a time.
document.addEventListener(
  "play",
  ({ target }) => {
    for (const player of document.querySelectorAll<HTMLMediaElement>("audio, video")) {
      if (player !== target) player.pause()
    }
  },
  { capture: true }
)

document.body.append(controls.header, Dom.make("main", {}, list, nothing), viewer.dialog)
controls.begin()

// Texts are folded for the search while nothing else is to do, a few at a time.
let folded = 0
const foldSome = () => {
  const end = Math.min(entries.length, folded + 250)
  for (; folded < end; folded++) entries[folded]?.haystack()
  if (folded < entries.length) setTimeout(foldSome, 20)
}
setTimeout(foldSome, 200)
