/** One piece of work done by several contenders in turn: one round to warm up, then as many as count. */
import * as Effect from "effect/Effect"
import type { BenchError } from "./BenchError.ts"
import * as Units from "./Units.ts"

/** What is measured of a run, by name: `wall`, `cpu` and the like in seconds, `peak` in bytes. */
export type Sample = Readonly<Record<string, number | undefined>>

export interface Contender {
  readonly name: string
  /** One run. The first one also examines what it gave. */
  readonly run: (first: boolean) => Effect.Effect<Sample, BenchError>
}

/** What a work is about: a figure of ours beside one of a peer, or beside a limit. */
export interface Verdict {
  readonly what: string
  readonly value: number | undefined
  /** Default: a ratio. */
  readonly unit?: "MiB" | undefined
  readonly bar?: { readonly relation: "≤" | "≥"; readonly limit: number } | undefined
  readonly note?: string | undefined
}

export interface Column {
  readonly title: string
  readonly show: (median: Sample) => string
}

/** The median of a figure of a contender; none where either is missing. */
export type Medians = (contender: string, figure: string) => number | undefined

export interface Work {
  readonly id: string
  readonly title: string
  readonly rounds: number
  readonly contenders: ReadonlyArray<Contender>
  readonly columns: ReadonlyArray<Column>
  readonly judge: (medians: Medians) => ReadonlyArray<Verdict>
  /** What is missing from the comparison, and why. */
  readonly missing: ReadonlyArray<string>
}

export interface Outcome extends Pick<Work, "id" | "title" | "rounds" | "missing"> {
  readonly contenders: ReadonlyArray<{
    readonly name: string
    readonly median: Sample
    readonly samples: ReadonlyArray<Sample>
  }>
  readonly verdicts: ReadonlyArray<Verdict & { readonly holds: boolean | undefined }>
}

/** Does the work. Each round begins with another contender, so that none always follows the same one. */
export const run = Effect.fnUntraced(function* (
  work: Work,
  tell: (line: string) => Effect.Effect<void>
): Effect.fn.Return<Outcome, BenchError> {
  const samples = new Map<string, Array<Sample>>(work.contenders.map(({ name }) => [name, []]))
  for (let round = 0; round <= work.rounds; round++) {
    for (const index of work.contenders.keys()) {
      const contender = work.contenders[(index + round) % work.contenders.length]
      if (contender === undefined) continue
      const where = round === 0 ? "to warm up" : `${round} of ${work.rounds}`
      yield* tell(`${work.id}) ${work.title}: ${contender.name}, ${where}`)
      const sample = yield* contender.run(round === 0)
      if (round > 0) samples.get(contender.name)?.push(sample)
    }
  }
  const contenders = [...samples].map(([name, samples]) => ({ name, median: medianOf(samples), samples }))
  const { id, missing, rounds, title } = work
  const verdicts = work
    .judge((contender, figure) => contenders.find(({ name }) => name === contender)?.median[figure])
    .map((verdict) => ({ ...verdict, holds: holds(verdict) }))
  return { id, title, rounds, missing, contenders, verdicts }
})

const medianOf = (samples: ReadonlyArray<Sample>): Sample => {
  const figures = new Set(samples.flatMap((sample) => Object.keys(sample)))
  return Object.fromEntries(
    [...figures].map((figure) => [
      figure,
      Units.median(samples.flatMap((sample) => (sample[figure] === undefined ? [] : [sample[figure]])))
    ])
  )
}

const holds = ({ bar, value }: Verdict): boolean | undefined => {
  if (bar === undefined || value === undefined) return undefined
  // As many digits as are shown: what reads as 1.00 is 1.00.
  const shown = Number(value.toFixed(2))
  return bar.relation === "≤" ? shown <= bar.limit : shown >= bar.limit
}

export const ratio = (ours: number | undefined, theirs: number | undefined): number | undefined =>
  ours === undefined || theirs === undefined || theirs === 0 ? undefined : ours / theirs
