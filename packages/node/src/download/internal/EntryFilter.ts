/** Which files of an archive are wanted, by glob patterns for their names. */
import * as Effect from "effect/Effect"
import picomatch from "picomatch"
import type { ZipEntry } from "../../archive/ZipEntry.ts"
import { InvalidPattern } from "../DownloadRequest.ts"

export interface Patterns {
  readonly include?: ReadonlyArray<string> | undefined
  readonly exclude?: ReadonlyArray<string> | undefined
}

export type EntryFilter = (entry: Pick<ZipEntry, "name">) => boolean

/** What is included, less what is excluded; without a pattern to include, everything is. */
export const make = Effect.fnUntraced(function* ({ exclude = [], include = [] }: Patterns) {
  const included = yield* Effect.forEach(include, compile)
  const excluded = yield* Effect.forEach(exclude, compile)
  return (entry: Pick<ZipEntry, "name">): boolean => {
    const name = entry.name.normalize("NFC").replace(/\/$/, "")
    const matches = (match: Match) => match(name)
    return (included.length === 0 || included.some(matches)) && !excluded.some(matches)
  }
})

type Match = (name: string) => boolean

/** A pattern without a slash is for the last part of a name; one that ends in a slash, for all that is below it. */
const compile = (pattern: string): Effect.Effect<Match, InvalidPattern> =>
  Effect.try({
    try: () => {
      const normal = pattern.normalize("NFC").replace(/\/$/, "/**")
      // Names like `castle (2).png` are common here: what is no group in a shell is none here either.
      const literal = normal.replace(/\\.|["()]/gs, (found) => (found.length > 1 ? found : `\\${found}`))
      const match = picomatch(literal, options)
      return normal.includes("/") ? match : (name) => match(name.slice(name.lastIndexOf("/") + 1))
    },
    catch: (cause) =>
      new InvalidPattern({ pattern, description: cause instanceof Error ? cause.message : String(cause) })
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
