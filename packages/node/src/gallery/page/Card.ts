/** A card of the grid, and the picture or player in it. */
import * as Dom from "./Dom.ts"
import type { Entry } from "./Entries.ts"
import * as Words from "./Words.ts"

/** How many nodes a card has at most, with its texts. */
export const nodes = 9

export const make = (entry: Entry, open: () => void): HTMLLIElement => {
  const title = Dom.make("b", { dir: "auto" }, Words.titleOf(entry))
  const summary = Dom.make("small", {}, Words.summaryOf(entry))
  const button = Dom.make("button", { type: "button", class: "open", "aria-haspopup": "dialog" }, title, summary)
  button.addEventListener("click", open)
  return Dom.make("li", { class: "card", "data-display": entry.display }, face(entry, true), button)
}

/** What is seen of a file: `small` in a card, or else as large as there is room. */
export const face = (entry: Entry, isSmall: boolean): HTMLElement => {
  const box = Dom.make("div", { class: "face" })
  const label = Words.titleOf(entry)
  /** Its extension alone, and why. */
  const plain = (note: string) => {
    box.setAttribute("data-label", entry.label)
    box.setAttribute("data-note", note)
  }
  /** Of a file that has gone, or that this browser does not know. */
  const failed = (media: HTMLElement) => () => {
    media.remove()
    plain("cannot be shown")
  }
  if (entry.display === "picture") {
    // In a card the prompt stands below.
    const image = Dom.make("img", { alt: isSmall ? "" : label, loading: "lazy", decoding: "async", draggable: "false" })
    image.addEventListener("error", failed(image))
    // After the attributes above: what is set before `loading` is loaded at once.
    image.setAttribute("src", entry.href)
    box.append(image)
  } else if (entry.display === "card") {
    plain(Words.kindOf(entry.kind))
  } else {
    const preload = entry.display === "video" || !isSmall ? "metadata" : "none"
    const player = Dom.make(entry.display, { controls: "", preload, "aria-label": label })
    player.addEventListener("error", failed(player))
    player.setAttribute("src", entry.href)
    if (entry.display === "audio") plain(Words.kindOf(entry.kind))
    else player.setAttribute("playsinline", "")
    box.append(player)
  }
  return box
}
