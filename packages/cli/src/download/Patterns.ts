/** The flags `--include` and `--exclude`. */
import * as EntryFilter from "@scenario-assets/node/archive/EntryFilter"
import * as Effect from "effect/Effect"
import { UsageError } from "../errors/UsageError.ts"

export interface Patterns {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
}

/** The filter that they are; fails with the flag that is wrong. */
export const filter = (patterns: Patterns): Effect.Effect<EntryFilter.EntryFilter, UsageError> =>
  Effect.mapError(EntryFilter.make(patterns), ({ message, pattern }) => {
    const flag = patterns.include.includes(pattern) ? "include" : "exclude"
    return new UsageError({ message: `--${flag}: ${message}` })
  })

export const isGiven = ({ exclude = [], include = [] }: EntryFilter.Patterns): boolean =>
  include.length + exclude.length > 0
