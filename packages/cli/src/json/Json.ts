/** Lines of NDJSON. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Format from "../text/Format.ts"

/** The version of what {@link line} gives. */
export const version = 1

export type Fields = { readonly [key: string]: unknown }

/** A line as `Events` describes it, with its end. The last one is a `result` or an `error`. */
export const line = (fields: { readonly type: string }): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => `${stringify({ ...fields, version, time: DateTime.formatIso(now) })}\n`)

/** JSON of anything. Should a secret ever stand in it, it is left out. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (Redacted.isRedacted(field) ? undefined : field)).replaceAll(
    Format.unseen,
    (character) =>
      joiners.includes(character)
        ? character
        : character
            .split("")
            .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
            .join("")
  )

const joiners = "\u200c\u200d"
