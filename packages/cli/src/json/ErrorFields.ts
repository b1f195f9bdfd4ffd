/** What tells a program which error it is, and of what. */
import * as Predicate from "effect/Predicate"
import type * as Events from "./Events.ts"

export const of = (error: unknown): Events.Particulars => {
  const tag = text(error, "_tag")
  if (tag === undefined) return { error: "Defect" }
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const response = Predicate.hasProperty(reason, "response") ? reason.response : undefined
  return {
    error: tag,
    reason: text(reason, "_tag"),
    operation: text(error, "operation"),
    subject: text(error, "subject"),
    jobId: text(error, "jobId"),
    path: text(error, "path"),
    code: text(error, "code") ?? text(reason, "code"),
    origin: text(error, "origin"),
    archive: text(error, "archive"),
    status:
      Predicate.hasProperty(response, "status") && Predicate.isNumber(response.status) ? response.status : undefined,
    requestId: text(response, "requestId")
  }
}

const text = (of: unknown, field: string): string | undefined =>
  Predicate.hasProperty(of, field) && Predicate.isString(of[field]) ? of[field] : undefined
