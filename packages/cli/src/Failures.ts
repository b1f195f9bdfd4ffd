/** Several things went wrong while others may have gone well. */
import * as Schema from "effect/Schema"
import * as Causes from "./Causes.ts"
import type { Recorded } from "./CurrentRun.ts"
import * as ErrorFields from "./ErrorFields.ts"
import type * as Events from "./Events.ts"
import * as ExitCode from "./ExitCode.ts"
import * as Hint from "./Hint.ts"
import * as Wording from "./Wording.ts"

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
  /** What only `--verbose` tells. */
  details: Schema.Array(Schema.String),
  /** What else a program wants to know: what went well. */
  fields: Schema.Record(Schema.String, Schema.Unknown)
}) {}

/** One error of several, each with a name for what it happened to: their common exit code, or 1. */
export const make = (options: {
  readonly summary: string
  readonly failures: ReadonlyArray<{ readonly of: string; readonly error: Failure }>
  readonly fields: Events.Done
  /** The run that can be gone on with. */
  readonly run?: Recorded | undefined
}): Failures => {
  const codes = new Set(options.failures.map(({ error }) => ExitCode.of(error)))
  const [code] = codes
  return new Failures({
    message: options.summary,
    messages: options.failures.map(({ error, of }) => `${of}: ${Wording.of(error)}`),
    hints: [...new Set(options.failures.flatMap(({ error }) => Hint.of(error, options.run) ?? []))],
    details: options.failures.flatMap(({ error, of }) => Causes.of(error).map((line) => `${of}: ${line}`)),
    exitCode: codes.size === 1 && code !== undefined ? code : ExitCode.exitCodes.failed,
    fields: options.fields
  })
}

/** The only one there was, with what else a program wants to know. A transfer knows its host alone, and not its job. */
export const single = (error: Failure, fields: Events.Done & { readonly jobId?: string }, run?: Recorded): Failures =>
  new Failures({
    message:
      error._tag === "TransferError" && fields.jobId !== undefined
        ? `Job ${fields.jobId}: ${error.message}`
        : Wording.of(error),
    messages: [],
    hints: [Hint.of(error, run) ?? []].flat(),
    details: Causes.of(error),
    exitCode: ExitCode.of(error),
    fields: { ...ErrorFields.of(error), ...fields }
  })

/** The same of a run that is written down. */
export const ofRun = (error: Failure, run: Recorded): Failures =>
  error instanceof Failures
    ? new Failures({
        message: error.message,
        messages: error.messages,
        hints: error.hints,
        details: error.details,
        exitCode: error.exitCode,
        fields: { ...error.fields, runId: run.runId }
      })
    : single(error, { runId: run.runId }, run)
