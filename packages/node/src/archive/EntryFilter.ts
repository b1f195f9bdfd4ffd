/**
 * Which files of an archive are wanted, by glob patterns for their names.
 *
 * @since 0.1.0
 */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import picomatch from "picomatch"
import type { ZipEntry } from "./ZipEntry.ts"

/**
 * `*` stays within a directory, `**` does not; `?`, `[a-z]` and `{a,b}` work as usual, and `\` takes a character as it is. A
 * pattern without `/` is for the last part of a name, one that ends in `/` for all below it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Patterns {
  /** Only files whose name matches one of these. Default: all. */
  readonly include?: ReadonlyArray<string> | undefined
  /** No files whose name matches one of these; comes before `include`. */
  readonly exclude?: ReadonlyArray<string> | undefined
}

/**
 * A filter, such as `Extraction` takes it as `select`.
 *
 * @category models
 * @since 0.1.0
 */
export type EntryFilter = (entry: Pick<ZipEntry, "name">) => boolean

/**
 * A glob pattern that cannot be read.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidPattern extends Schema.TaggedError<InvalidPattern>()("InvalidPattern", {
  pattern: Schema.String,
  description: Schema.String
}) {
  override get message(): string {
    return `${Redaction.quoted(this.pattern)} is not a glob pattern: ${this.description}; correct it, or escape its signs with a backslash.`
  }
}

/**
 * Compiles patterns: what is included, less what is excluded.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* ({
  exclude = [],
  include = []
}: Patterns): Effect.fn.Return<EntryFilter, InvalidPattern> {
  const included = yield* Effect.forEach(include, compile)
  const excluded = yield* Effect.forEach(exclude, compile)
  return (entry) => {
    const name = entry.name.normalize("NFC").replace(/\/$/, "")
    const matches = (match: Match) => match(name)
    return (included.length === 0 || included.some(matches)) && !excluded.some(matches)
  }
})

type Match = (name: string) => boolean

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
  // A dot is any character: prompts have line breaks.
  flags: "s",
  // What is wrong is said, and not taken for something that matches nothing.
  strictBrackets: true,
  debug: true
}
