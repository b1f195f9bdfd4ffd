/** Lines of NDJSON. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** The version of what {@link line} gives. */
export const version = 1

export type Fields = { readonly [key: string]: unknown }

/** A line as `Events` describes it, with its end. The last one is a `result` or an `error`. */
export const line = (fields: { readonly type: string }): Effect.Effect<string> =>
  Effect.map(DateTime.now, (now) => `${stringify({ ...fields, version, time: DateTime.formatIso(now) })}\n`)

/** JSON of anything. Should a secret ever stand in it, it is left out. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (Redacted.isRedacted(field) ? undefined : field)).replaceAll(
    unseen,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
  )

/** What JSON lets stand and a terminal obeys: DEL, the other control characters, and what turns the direction of writing. */
const unseen = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
