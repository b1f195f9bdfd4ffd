/** Several things went wrong while others went well. */
import * as Schema from "effect/Schema"
import * as ExitCode from "./ExitCode.ts"

export interface Failure {
  readonly _tag: string
  readonly message: string
}

export class Failures extends Schema.TaggedError<Failures>()("Failures", {
  message: Schema.String,
  messages: Schema.Array(Schema.String),
  exitCode: Schema.Int
}) {}

/** One error of several: their common exit code, or 1. */
export const make = (summary: string, failures: ReadonlyArray<Failure>): Failures => {
  const codes = new Set(failures.map(ExitCode.of))
  const [code] = codes
  return new Failures({
    message: summary,
    messages: failures.map((failure) => failure.message),
    exitCode: codes.size === 1 && code !== undefined ? code : ExitCode.exitCodes.failed
  })
}
