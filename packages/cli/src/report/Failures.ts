/** What went wrong while other things may have gone well. */
import * as Schema from "effect/Schema"
import * as ExitCode from "../errors/ExitCode.ts"
import * as ErrorFields from "../json/ErrorFields.ts"
import type * as Events from "../json/Events.ts"
import type { Recorded } from "../runs/Recorded.ts"
import * as Causes from "./Causes.ts"
import * as Hint from "./Hint.ts"
import * as Wording from "./Wording.ts"

export interface Failure {
  readonly _tag: string
  readonly message: string
}

/** An error, and what it happened to. */
export interface Failed {
  readonly of: string
  readonly error: Failure
  /** The job whose archive did not come. A transfer knows its host alone. */
  readonly jobId?: string | undefined
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

/**
 * Of so many in all some failed. Where there was but one, its error is told alone; of several each with what it happened to, and
 * with their common exit code, or 1.
 */
export const make = (options: {
  readonly failed: readonly [Failed, ...ReadonlyArray<Failed>]
  readonly total: number
  /** What to say of so many of so many: `archives could not be extracted`. */
  readonly what: string
  readonly fields: Events.Done
  /** The run that can be resumed. */
  readonly run?: Recorded | undefined
}): Failures => {
  const { failed, fields, run, total, what } = options
  if (total === 1) return single(failed[0], fields, run)
  const codes = new Set(failed.map(({ error }) => ExitCode.of(error)))
  const [code] = codes
  return new Failures({
    message: `${failed.length} of ${total} ${what}`,
    messages: failed.map(({ error, of }) => `${of}: ${Wording.of(error)}`),
    hints: [...new Set(failed.flatMap(({ error }) => Hint.of(error, run)))],
    details: failed.flatMap(({ error, of }) => Causes.of(error).map((line) => `${of}: ${line}`)),
    exitCode: codes.size === 1 && code !== undefined ? code : ExitCode.exitCodes.failed,
    fields: {
      ...fields,
      failed: failed.map(({ error, of }) => ({ of, error: error._tag, message: error.message })),
      ...idOf(run)
    }
  })
}

/** The only error there was, with what else a program wants to know. */
export const single = ({ error, jobId }: Omit<Failed, "of">, fields: Events.Done, run?: Recorded): Failures =>
  new Failures({
    message:
      error._tag === "TransferError" && jobId !== undefined ? `Job ${jobId}: ${error.message}` : Wording.of(error),
    messages: [],
    hints: Hint.of(error, run),
    details: Causes.of(error),
    exitCode: ExitCode.of(error),
    fields: { ...ErrorFields.of(error), ...(jobId === undefined ? {} : { jobId }), ...fields, ...idOf(run) }
  })

const idOf = (run: Recorded | undefined) => (run?.runId === undefined ? {} : { runId: run.runId })
