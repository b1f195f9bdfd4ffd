/**
 * A grid of any number of cards, of which only those exist that are seen, and a row before and after them: all have one size, so the
 * place of each is known.
 */
import * as Card from "./Card.ts"
import type { Entry } from "./Entries.ts"

/** The nodes that the cards may have in all; the rest of the page has fewer than 200. */
const budget = 300
const gap = 16
/** Milliseconds without a movement after which players are made. */
const rest = 150
/** The height of a card below its picture, in rem: two lines of a title, so many small ones, and the room around them. */
const textHeight = (lines: number) => 3.9375 + 1.0625 * lines

interface Shape {
  readonly columns: number
  /** The width of a card, and its height with the gap below. */
  readonly width: number
  readonly row: number
}

/** As many columns as the width has room for, or fewer and larger cards where a screen would hold too many of them. */
const shapeOf = (width: number, height: number, below: number): Shape => {
  const smallest = width < 560 ? 150 : 210
  const shape = (columns: number): Shape => {
    const card = Math.floor((width - gap * (columns - 1)) / columns)
    return { columns, width: card, row: card + below + gap }
  }
  let found = shape(Math.max(1, Math.floor((width + gap) / (smallest + gap))))
  const isTooMany = ({ columns, row }: Shape) => columns * (Math.ceil(height / row) + 3) * Card.nodes > budget
  while (found.columns > 1 && isTooMany(found)) found = shape(found.columns - 1)
  return found
}

/** Makes the grid in a list; `lines` of small text stand on a card at most. */
export const make = (list: HTMLUListElement, lines: number, open: (index: number) => void) => {
  let entries: ReadonlyArray<Entry> = []
  let shape: Shape = { columns: 1, width: 1, row: 1 }
  let width = 0
  /** Where the grid begins on the page. Measured once in a layout: to ask again makes the browser lay out what has just changed. */
  let top = 0
  const cards = new Map<Entry, { readonly element: HTMLLIElement; index: number }>()

  const place = (element: HTMLLIElement, index: number) => {
    const column = index % shape.columns
    const row = Math.floor(index / shape.columns)
    element.style.transform = `translate(${column * (shape.width + gap)}px, ${row * shape.row}px)`
    element.setAttribute("aria-posinset", String(index + 1))
    element.setAttribute("aria-setsize", String(entries.length))
  }

  /** What a person is at must not vanish when it is scrolled away. */
  const isBusy = (element: HTMLLIElement) => {
    const player = element.querySelector<HTMLMediaElement>("audio, video")
    return element.contains(document.activeElement) || player?.paused === false
  }

  let resting: ReturnType<typeof setTimeout> | undefined
  const settle = () => {
    for (const [entry, { element }] of cards) Card.addPlayer(element.querySelector(".face"), entry, "none")
  }

  const render = () => {
    clearTimeout(resting)
    resting = setTimeout(settle, rest)
    const above = scrollY - top
    const from = Math.max(0, Math.floor(above / shape.row) - 1) * shape.columns
    const to = Math.min(entries.length, (Math.floor((above + innerHeight) / shape.row) + 2) * shape.columns)
    const isSeen = (index: number) => index >= from && index < to
    for (const [entry, { element, index }] of cards) {
      if (isSeen(index) || (index !== -1 && isBusy(element))) continue
      element.remove()
      cards.delete(entry)
    }
    for (let index = from; index < to; index++) {
      const entry = entries[index]
      if (entry === undefined || cards.has(entry)) continue
      const element = Card.make(entry, () => open(cards.get(entry)?.index ?? 0))
      place(element, index)
      cards.set(entry, { element, index })
    }
    // In order, for those who walk by the Tab key. What is in its place is not touched, and keeps the focus.
    for (const [at, { element }] of [...cards.values()].toSorted((a, b) => a.index - b.index).entries()) {
      const there = list.children[at] ?? null
      if (there !== element) list.insertBefore(element, there)
    }
  }

  const layout = () => {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    const old = shape
    top = list.getBoundingClientRect().top + scrollY
    const above = scrollY - top
    width = list.clientWidth
    shape = shapeOf(width, innerHeight, Math.round(textHeight(lines) * rem))
    list.style.setProperty("--width", `${shape.width}px`)
    list.style.setProperty("--height", `${shape.row - gap}px`)
    list.style.height = `${Math.max(0, Math.ceil(entries.length / shape.columns) * shape.row - gap)}px`
    for (const { element, index } of cards.values()) if (index !== -1) place(element, index)
    // What stood at the top stays there.
    if (above > 0 && old.row > 1 && old.columns !== shape.columns) {
      const row = Math.floor((Math.floor(above / old.row) * old.columns) / shape.columns)
      scrollTo({ top: top + row * shape.row + (above % old.row) })
    }
    render()
  }

  let isPlanned = false
  const renderSoon = () => {
    if (isPlanned) return
    isPlanned = true
    requestAnimationFrame(() => {
      isPlanned = false
      render()
    })
  }
  addEventListener("scroll", renderSoon, { passive: true })
  addEventListener("resize", layout)
  // The width changes without the window's, as a scroll bar comes and goes.
  new ResizeObserver(() => {
    if (list.clientWidth !== width) layout()
  }).observe(list)

  /** Moves the focus to a card, wherever it is. */
  const focus = (index: number) => {
    const start = top + Math.floor(index / shape.columns) * shape.row
    const bar = document.querySelector("header")?.offsetHeight ?? 0
    if (start < scrollY + bar + gap) scrollTo({ top: start - bar - gap })
    else if (start + shape.row > scrollY + innerHeight) scrollTo({ top: start + shape.row - innerHeight })
    render()
    const entry = entries[index]
    const card = entry && cards.get(entry)
    card?.element.querySelector<HTMLElement>(".open")?.focus({ preventScroll: true })
  }

  list.addEventListener("keydown", (event) => {
    if (!(event.target instanceof HTMLButtonElement)) return
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -shape.columns,
      ArrowDown: shape.columns,
      Home: -Infinity,
      End: Infinity
    }
    const step = steps[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    const at = [...cards.values()].find(({ element }) => element.contains(document.activeElement))?.index ?? 0
    const next = Math.min(entries.length - 1, Math.max(0, at + step))
    // Up in the first row and down in the last lead nowhere.
    if (Math.abs(step) === 1 || !Number.isFinite(step) || next === at + step) focus(next)
  })

  const show = (shown: ReadonlyArray<Entry>) => {
    entries = shown
    for (const card of cards.values()) card.index = -1
    for (const [index, entry] of entries.entries()) {
      const card = cards.get(entry)
      if (card !== undefined) card.index = index
    }
    // What is found is seen from its beginning.
    if (scrollY > 0) scrollTo({ top: 0 })
    layout()
  }

  return { show, focus }
}
