/** Columns and ratios that several works have. */
import * as Units from "./Units.ts"
import { type Column, type Medians, ratio, type Verdict } from "./Work.ts"

/** Ours beside a peer: the bar is judged by the whole time. */
export const timeRatio = (
  median: Medians,
  ours: string,
  theirs: string,
  figure: "wall" | "inner",
  more: Pick<Verdict, "bar" | "note"> = {}
): Verdict => ({
  what: `${figure === "wall" ? "time" : "time without start-up"} of ${ours} ÷ ${theirs}`,
  value: ratio(median(ours, figure), median(theirs, figure)),
  ...more
})

export const show = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "–"
export const showSeconds = (value: number | undefined): string => (value === undefined ? "–" : `${value.toFixed(2)} s`)

/** What every program costs. */
export const costs: ReadonlyArray<Column> = [
  { title: "time", show: ({ wall }) => showSeconds(wall) },
  { title: "CPU", show: ({ cpu }) => showSeconds(cpu) },
  { title: "peak MiB", show: ({ peak }) => show(ratio(peak, Units.mebibyte), 0) }
]
