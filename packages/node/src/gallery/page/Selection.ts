/** Which entries are shown, and in which order. */
import * as Shown from "../internal/Shown.ts"
import type { Entry } from "./Entries.ts"

export type Order = "newest" | "oldest" | "name" | "size"

/** What a person has chosen. Empty texts choose everything. */
export interface Choice {
  readonly query: string
  readonly kind: string
  readonly model: string
  readonly order: Order
}

/** Finds entries again and again; each order is made once. */
export const make = (entries: ReadonlyArray<Entry>) => {
  const sorted = new Map<Order, ReadonlyArray<Entry>>()
  const inOrder = (order: Order): ReadonlyArray<Entry> => {
    const known = sorted.get(order) ?? entries.toSorted(compare[order])
    sorted.set(order, known)
    return known
  }
  const isEqual = (a: Choice, b: Choice) => a.kind === b.kind && a.model === b.model && a.order === b.order
  let last: { readonly choice: Choice; readonly found: ReadonlyArray<Entry> } | undefined
  return (wanted: Choice): ReadonlyArray<Entry> => {
    const choice = { ...wanted, query: Shown.folded(wanted.query) }
    const { kind, model, order, query } = choice
    const words = query.split(/\s+/).filter((word) => word !== "")
    // With each letter that is added, what is found becomes less.
    const candidates =
      last !== undefined && isEqual(choice, last.choice) && query.startsWith(last.choice.query)
        ? last.found
        : inOrder(order)
    const found = candidates.filter(
      (entry) =>
        (kind === "" || entry.kind === kind) &&
        (model === "" || entry.item.modelId === model) &&
        words.every((word) => entry.haystack().includes(word))
    )
    last = { choice, found }
    return found
  }
}

const collator = new Intl.Collator("en", { numeric: true })
const byName = (a: Entry, b: Entry) => collator.compare(a.item.path, b.item.path)

/** Those that nothing is known of come last in any order. Equal ones stay as they were given: to compare names takes its time. */
const by = (value: (entry: Entry) => number | undefined, direction: 1 | -1) => (a: Entry, b: Entry) => {
  const [left, right] = [value(a), value(b)]
  if (left === right) return 0
  if (left === undefined) return 1
  if (right === undefined) return -1
  return (left - right) * direction
}

const compare: Readonly<Record<Order, (a: Entry, b: Entry) => number>> = {
  newest: by(({ time }) => time, -1),
  oldest: by(({ time }) => time, 1),
  name: byName,
  size: by(({ item }) => item.bytes, -1)
}

/** Each value with how often it occurs, the most frequent first. */
export const counted = (values: ReadonlyArray<string | undefined>): ReadonlyArray<readonly [string, number]> => {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
}
