/** What is behind an error and not in its message: for `--verbose`. */
import * as Predicate from "effect/Predicate"
import * as Fields from "../json/Fields.ts"

/** Which error it is, of which call, the answer that it comes from, and what caused it: one line each, without stacks. */
export const of = (error: unknown): ReadonlyArray<string> => {
  const { answer, error: tag, operation, reason, requestId, status, subject } = Fields.ofError(error)
  const head = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(requestId === undefined ? [] : [`request ${requestId}`])
  ]
  return [
    `error: ${reason === undefined ? tag : `${tag}, ${reason}`}`,
    ...(operation === undefined ? [] : [`operation: ${[operation, subject].filter(Predicate.isString).join(" ")}`]),
    ...(head.length === 0 ? [] : [`answer: ${head.join(", ")}`]),
    ...(answer === undefined ? [] : [`body: ${answer.replaceAll(/\s+/g, " ")}`]),
    ...causes(error).map((cause) => `cause: ${cause}`)
  ]
}

/** From the nearest to the farthest; more than a few explain nothing. */
const causes = (error: unknown): ReadonlyArray<string> => {
  const found: Array<string> = []
  let next = causeOf(error)
  while (next !== undefined && found.length < most) {
    found.push(describe(next))
    next = causeOf(next)
  }
  return found
}

const most = 8

/** Of the error itself, or of the reason that it wraps. */
const causeOf = (error: unknown): unknown => {
  if (!Predicate.isObject(error)) return undefined
  if ("cause" in error && error.cause !== undefined) return error.cause
  return "reason" in error && Predicate.hasProperty(error.reason, "cause") ? error.reason.cause : undefined
}

const describe = (cause: unknown): string => {
  if (!Predicate.hasProperty(cause, "message")) return String(cause)
  const name = Predicate.hasProperty(cause, "_tag")
    ? cause._tag
    : Predicate.hasProperty(cause, "name")
      ? cause.name
      : ""
  return `${String(name)}: ${String(cause.message)}`.replaceAll(/\s+/g, " ")
}
