/** Which files of an archive are wanted, by patterns for their names. */
import type { ZipEntry } from "@scenario-assets/node/archive/ZipEntry"
import * as Effect from "effect/Effect"
import picomatch from "picomatch"
import { UsageError } from "./UsageError.ts"

export interface Patterns {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
}

export type EntryFilter = (entry: Pick<ZipEntry, "name">) => boolean

/** What is included, less what is excluded; without a pattern to include, everything is. */
export const make = Effect.fnUntraced(function* ({ exclude, include }: Patterns) {
  const included = yield* Effect.forEach(include, (pattern) => compile("include", pattern))
  const excluded = yield* Effect.forEach(exclude, (pattern) => compile("exclude", pattern))
  return (entry: Pick<ZipEntry, "name">): boolean => {
    const name = entry.name.normalize("NFC").replace(/\/$/, "")
    const matches = (match: Match) => match(name)
    return (included.length === 0 || included.some(matches)) && !excluded.some(matches)
  }
})

export const isGiven = ({ exclude, include }: Patterns): boolean => include.length + exclude.length > 0

type Match = (name: string) => boolean

/** A pattern without a slash is for the last part of a name; one that ends in a slash, for all that is below it. */
const compile = (flag: string, pattern: string): Effect.Effect<Match, UsageError> =>
  Effect.try({
    try: () => {
      const normal = pattern.normalize("NFC").replace(/\/$/, "/**")
      // Names like `castle (2).png` are common here: what is no group in a shell is none here either.
      const literal = normal.replace(/\\.|["()]/gs, (found) => (found.length > 1 ? found : `\\${found}`))
      const match = picomatch(literal, options)
      return normal.includes("/") ? match : (name) => match(name.slice(name.lastIndexOf("/") + 1))
    },
    catch: (cause) =>
      new UsageError({
        message: `--${flag}: ${JSON.stringify(pattern)} is not a pattern: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })

const options: picomatch.PicomatchOptions = {
  // The same on every system, and a dot is a character like any other.
  windows: false,
  dot: true,
  nonegate: true,
  noextglob: true,
  // What is wrong is said, and not taken for something that matches nothing.
  strictBrackets: true,
  debug: true
}
