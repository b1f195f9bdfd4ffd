/** What tells a program which error it is, and of what. */
import * as Predicate from "effect/Predicate"
import type * as Json from "./Json.ts"

export const of = (error: unknown): Json.Fields => {
  if (!Predicate.isObject(error) || !("_tag" in error)) return { error: "Defect" }
  const fields: ReadonlyArray<readonly [string, unknown]> = Object.entries(error).filter(
    ([field, value]) => telling.has(field) && Predicate.isString(value)
  )
  const reason = "reason" in error && Predicate.hasProperty(error.reason, "_tag") ? { reason: error.reason._tag } : {}
  return { error: error._tag, ...reason, ...Object.fromEntries(fields) }
}

const telling = new Set(["operation", "subject", "jobId", "path", "code", "origin", "archive"])
