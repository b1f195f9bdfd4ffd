/** What the commands themselves fail with, besides the errors of the library. All of it is data: `Report` has the words. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { RunId } from "@scenario-assets/node/download/RunRecord"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import type * as Events from "../json/Events.ts"

/** Arguments or flags that do not fit together. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

/** An error of the library. */
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

/** A download that can be resumed. */
export interface Resumable {
  /** None where the run is not recorded. */
  readonly runId?: RunId
  /** Whether it starts its own jobs, and could do so again. Jobs of others it only fetches. */
  readonly beginsJobs: boolean
  /** Whether it is resumed by its id alone, so that flags of `download` cannot be given. */
  readonly isResumed: boolean
  /** The one command that resumes it, and starts no job twice. */
  readonly command: string
  /** The same for the jobs it has, to another place. */
  readonly elsewhere?: string
}

/** Some of what a command did failed, or all of it; the rest may have gone well. */
export class Failures extends Data.TaggedError("Failures")<{
  readonly failed: NonEmptyReadonlyArray<Failed>
  /** Of how many. */
  readonly total: number
  /** What to say of some of them: `archives could not be extracted`. */
  readonly what: string
  /** What went well. */
  readonly done: Events.Done
  readonly run?: Resumable | undefined
}> {
  override get message(): string {
    const [{ error, jobId }] = this.failed
    if (this.total > 1) return `${this.failed.length} of ${this.total} ${this.what}`
    return error._tag === "TransferError" && jobId !== undefined ? `Job ${jobId}: ${error.message}` : error.message
  }
}

/** An error that ended a command before it could do a part of its work. */
export const single = (error: Failure, run: Resumable | undefined): Failures =>
  new Failures({ failed: [{ of: "", error }], total: 1, what: "", done: {}, run })

/** The API does not accept the credentials, or nobody can say. */
export class AccessError extends Data.TaggedError("AccessError")<{
  readonly baseUrl: string
  readonly answer: ApiError
  /** What else a program wants to know. */
  readonly fields: { readonly [field: string]: unknown }
}> {
  override get message(): string {
    return `${this.baseUrl}: ${this.answer.reason.message}.`
  }
}

/** `doctor` has found problems. */
export class ProblemsFound extends Data.TaggedError("ProblemsFound")<{
  readonly count: number
  /** Of the first of them. */
  readonly exitCode: number
  readonly done: Events.Done
}> {
  override get message(): string {
    return this.count === 1 ? "1 problem found" : `${this.count} problems found`
  }
}

/** No id was given, and none can be meant. */
export class NoUnfinishedRun extends Schema.TaggedError<NoUnfinishedRun>()("NoUnfinishedRun", {
  /** Those of other directories, in words. */
  others: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const others = this.others.length === 0 ? "" : `; give the id of another: ${this.others.join(", ")}`
    return `There is no unfinished run in this directory${others}.`
  }
}

/** There is nothing to wait for. */
export class NoJobBegun extends Schema.TaggedError<NoJobBegun>()("NoJobBegun", { runId: RunId }) {
  override get message(): string {
    return `Run ${this.runId} has not started a job.`
  }
}

/** `help` was asked for what to show. */
export class HelpRequested extends Data.TaggedError("HelpRequested")<{
  /** A command, or one that there is not. */
  readonly path: ReadonlyArray<string>
  readonly isKnown: boolean
}> {}
