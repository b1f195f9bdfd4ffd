/** Several things went wrong while others may have gone well. */
import * as Schema from "effect/Schema"
import * as ErrorFields from "./ErrorFields.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Hint from "./Hint.ts"
import type * as Json from "./Json.ts"
import type { RunId } from "./RunRecord.ts"

export interface Failure {
  readonly _tag: string
  readonly message: string
}

export class Failures extends Schema.TaggedError<Failures>()("Failures", {
  message: Schema.String,
  /** What went wrong with each, before the message of all. */
  messages: Schema.Array(Schema.String),
  hints: Schema.Array(Schema.String),
  exitCode: Schema.Int,
  /** What else a program wants to know: what went well. */
  fields: Schema.Record(Schema.String, Schema.Unknown)
}) {}

/** One error of several, each with a name for what it happened to: their common exit code, or 1. */
export const make = (options: {
  readonly summary: string
  readonly failures: ReadonlyArray<{ readonly of: string; readonly error: Failure }>
  readonly fields: { readonly [key: string]: unknown }
  /** The run that can be gone on with. */
  readonly run?: RunId | undefined
}): Failures => {
  const codes = new Set(options.failures.map(({ error }) => ExitCode.of(error)))
  const [code] = codes
  return new Failures({
    message: options.summary,
    messages: options.failures.map(({ error, of }) => `${of}: ${error.message}`),
    hints: [...new Set(options.failures.flatMap(({ error }) => Hint.of(error, options.run) ?? []))],
    exitCode: codes.size === 1 && code !== undefined ? code : ExitCode.exitCodes.failed,
    fields: options.fields
  })
}

/** The only one there was, with what else a program wants to know. */
export const single = (error: Failure, fields: Json.Fields, run?: RunId): Failures =>
  new Failures({
    message: error.message,
    messages: [],
    hints: [Hint.of(error, run) ?? []].flat(),
    exitCode: ExitCode.of(error),
    fields: { ...ErrorFields.of(error), ...fields }
  })

/** The same of a run that is written down. */
export const ofRun = (error: Failure, runId: RunId): Failures =>
  error instanceof Failures
    ? new Failures({
        message: error.message,
        messages: error.messages,
        hints: error.hints,
        exitCode: error.exitCode,
        fields: { ...error.fields, runId }
      })
    : single(error, { runId }, runId)
