/** Lines of NDJSON. */
import * as Redacted from "effect/Redacted"

export type Fields = { readonly [key: string]: unknown }

/** A line; `type` says what it is. The last one is a `result` or an `error`. */
export type Line = { readonly type: string } & Fields

/** One line, without its end. */
export const encode = (line: Line): string => stringify(line)

/** JSON of anything. Should a secret ever stand in it, it is left out. */
export const stringify = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (Redacted.isRedacted(field) ? undefined : field))
