/** One entry, large, with all that is known of it. */
import * as Shown from "../internal/Shown.ts"
import * as Card from "./Card.ts"
import * as Dom from "./Dom.ts"
import type { Entry } from "./Entries.ts"
import * as Words from "./Words.ts"

/** What a person copies has no characters that would do something where it is pasted. */
const copied = (text: string) => text.replaceAll(/(?![\n\t])\p{Cc}/gu, "")

/** Makes the dialog; `onClose` is told which entry was seen last. */
export const make = (onClose: (index: number) => void) => {
  let entries: ReadonlyArray<Entry> = []
  let at = 0
  const place = Dom.make("span", { class: "place", "aria-live": "polite" })
  const status = Dom.make("span", { class: "status", role: "status" })
  const stage = Dom.make("div", { class: "stage" })
  const details = Dom.make("div", { class: "details" })
  const previous = Dom.icon("Previous file", "previous", () => go(at - 1))
  const next = Dom.icon("Next file", "next", () => go(at + 1))
  const close = Dom.icon("Close", "close", () => dialog.close())
  const bar = Dom.make("div", { class: "bar" }, place, status, previous, next, close)
  const dialog = Dom.make("dialog", { class: "viewer", tabindex: "-1" }, bar, stage, details)

  const copy = (text: string, shown: HTMLElement) => {
    const done = (words: string) => status.replaceChildren(words)
    // Without a clipboard the prompt is selected, so that one key is left to press.
    const select = () => {
      getSelection()?.selectAllChildren(shown)
      done("Press Ctrl+C to copy")
    }
    if (!("clipboard" in navigator)) return select()
    navigator.clipboard.writeText(copied(text)).then(() => done("Copied"), select)
  }

  const facts = (entry: Entry): ReadonlyArray<readonly [string, string | undefined]> => {
    const { item } = entry
    return [
      ["Name", item.name],
      ["File", item.path],
      ["Type", item.mimeType ?? Words.kindOf(entry.kind)],
      ["Size", item.bytes === undefined ? undefined : `${Shown.size(item.bytes)} (${Words.number(item.bytes)} bytes)`],
      ["Created", Words.moment(entry)],
      ["Model", item.modelId],
      ["Seed", item.seed],
      ["Tags", item.tags?.length === 0 ? undefined : item.tags?.join(", ")],
      ["Id", item.id]
    ]
  }

  const describe = (entry: Entry): ReadonlyArray<Node> => {
    const { item } = entry
    const prompt = Dom.make("p", { class: "prompt", dir: "auto" }, Shown.visible(item.prompt ?? ""))
    const negative = Dom.make("p", { class: "prompt", dir: "auto" }, Shown.visible(item.negativePrompt ?? ""))
    const link = Dom.make("a", { href: entry.href, target: "_blank", rel: "noopener noreferrer" }, "Open the file")
    const list = facts(entry).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [Dom.make("dt", {}, name), Dom.make("dd", { dir: "auto" }, Words.beginning(value, 2000))]
    )
    const { prompt: text } = item
    return [
      ...(text === undefined
        ? [Dom.make("h2", { dir: "auto" }, Words.titleOf(entry))]
        : [Dom.make("h2", {}, "Prompt"), prompt]),
      ...(item.negativePrompt === undefined ? [] : [Dom.make("h2", {}, "Negative prompt"), negative]),
      Dom.make(
        "div",
        { class: "actions" },
        ...(text === undefined ? [] : [Dom.button("Copy prompt", "", () => copy(text, prompt))]),
        link
      ),
      Dom.make("dl", {}, ...list)
    ]
  }

  const go = (index: number) => {
    const entry = entries[index]
    if (entry === undefined) return
    at = index
    place.replaceChildren(`${Words.number(index + 1)} of ${Words.number(entries.length)}`)
    status.replaceChildren()
    const face = Card.face(entry, Words.titleOf(entry))
    Card.addPlayer(face, entry, "metadata")
    stage.replaceChildren(face)
    details.replaceChildren(...describe(entry))
    details.scrollTop = 0
    dialog.setAttribute("aria-label", Words.titleOf(entry))
    // A button that is disabled would lose the focus, and the arrow keys with it.
    previous.setAttribute("aria-disabled", String(index === 0))
    next.setAttribute("aria-disabled", String(index === entries.length - 1))
  }

  dialog.addEventListener("keydown", (event) => {
    // A player has its own use for these keys.
    if (event.target instanceof HTMLMediaElement || event.ctrlKey || event.metaKey || event.altKey) return
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: entries.length - 1
    }
    const target = targets[event.key]
    if (target === undefined) return
    event.preventDefault()
    go(target)
  })
  // Beside the dialog.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close()
  })
  dialog.addEventListener("close", () => {
    // Ends what is playing, and frees the picture.
    stage.replaceChildren()
    details.replaceChildren()
    onClose(at)
  })

  const open = (shown: ReadonlyArray<Entry>, index: number) => {
    entries = shown
    go(index)
    dialog.showModal()
    dialog.focus()
  }

  return { dialog, open }
}
