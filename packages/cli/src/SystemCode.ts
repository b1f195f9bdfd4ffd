/** What the system calls an error, such as `EACCES`. */
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"

export const of = ({ reason }: PlatformError): string => {
  const cause: unknown = "cause" in reason ? reason.cause : undefined
  return Predicate.hasProperty(cause, "code") ? String(cause.code) : reason._tag
}
