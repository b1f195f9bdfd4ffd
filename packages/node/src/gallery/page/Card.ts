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
  // The prompt stands below the picture.
  return Dom.make("li", { class: "card" }, face(entry, ""), button)
}

/** What is seen of a file: its picture, or else its extension. Players are added later. */
export const face = (entry: Entry, alt: string): HTMLElement => {
  const box = Dom.make("div", { class: "face" })
  if (entry.display === "picture") {
    const image = Dom.make("img", { alt, loading: "lazy", decoding: "async", draggable: "false" })
    load(box, image, entry)
  } else {
    label(box, entry, Words.kindOf(entry.kind))
  }
  return box
}

/**
 * Adds the player of a film or a sound to its face. To make one takes as long as to make many cards, so in the grid that waits until
 * nothing moves.
 */
export const addPlayer = (box: Element | null, entry: Entry, preload: "none" | "metadata"): void => {
  if (box === null || box.hasAttribute("data-has-player")) return
  if (entry.display !== "video" && entry.display !== "audio") return
  box.setAttribute("data-has-player", "")
  // The first picture of a film is part of its metadata.
  const wanted = entry.display === "video" ? "metadata" : preload
  const player = Dom.make(entry.display, { controls: "", preload: wanted, "aria-label": Words.titleOf(entry) })
  if (entry.display === "video") {
    player.setAttribute("playsinline", "")
    box.removeAttribute("data-label")
    box.removeAttribute("data-note")
  }
  load(box, player, entry)
}

/** Loads what is shown of a file, which may have gone, or be of no use to this browser. */
const load = (box: Element, media: HTMLElement, entry: Entry) => {
  media.addEventListener("error", () => {
    media.remove()
    label(box, entry, "Cannot be shown")
  })
  // Last of all: a picture whose source is set before it is lazy is loaded at once.
  media.setAttribute("src", entry.href)
  box.append(media)
}

const label = (box: Element, entry: Entry, note: string) => {
  box.setAttribute("data-label", entry.label)
  box.setAttribute("data-note", note)
}
