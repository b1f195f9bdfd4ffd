/** What the commands themselves fail with, besides the errors of the library. All of it is data: `Report` has the words. */
import type { ApiError } from "@scenario-assets/core/ApiError"
import { RunId } from "@scenario-assets/node/runs/RunRecord"
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"
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

/** Scenario does not know some of the ids; all others were downloaded. */
export class IdsNotFound extends Data.TaggedError("IdsNotFound")<{
  readonly count: number
  /** The first of them. */
  readonly ids: ReadonlyArray<string>
}> {
  override get message(): string {
    const shown = this.ids.slice(0, 10)
    const more = this.count > shown.length ? `, and ${this.count - shown.length} more` : ""
    const what = this.count === 1 ? "1 id does not exist" : `${this.count} ids do not exist`
    return `${what} in this project: ${shown.join(", ")}${more}`
  }
}

/** An error that ended a command before it could do a part of its work. */
export const single = (error: Failure, run: Resumable | undefined): Failures =>
  new Failures({ failed: [{ of: "", error }], total: 1, what: "", done: {}, run })

/** Why credentials are not known to be accepted, and the answer that says so. */
export type AccessProblem =
  | {
      /**
       * The API rejects them; it knows them, and their scope or project allows nothing; there is no such API; or it could not
       * be asked.
       */
      readonly kind: "rejected" | "forbidden" | "absent" | "unchecked"
      readonly answer: ApiError
    }
  /** The server answers to anybody, so that it does not check them. */
  | { readonly kind: "open" }

/** The same in words. */
export const describeAccess = (baseUrl: string, problem: AccessProblem): string => {
  switch (problem.kind) {
    case "rejected":
      return `${baseUrl}: ${problem.answer.reason.message}`
    case "forbidden":
      return (
        `${baseUrl}: the credentials do not allow this (403): check the scope of the API key, and the project ` +
        "(--project, or SCENARIO_PROJECT_ID)"
      )
    case "absent":
      return (
        `there is no Scenario API at ${baseUrl}: it answers 404, and asks for no credentials; check the base URL, ` +
        "which for Scenario ends in /v1"
      )
    case "unchecked":
      return `${baseUrl}: the credentials could not be checked: ${problem.answer.reason.message}`
    case "open":
      return `${baseUrl}: the credentials could not be checked: the server asks for none; check the base URL`
  }
}

/** The API does not accept the credentials, or could not say. */
export class AccessError extends Data.TaggedError("AccessError")<{
  readonly baseUrl: string
  readonly problem: AccessProblem
  /** What else a program wants to know. */
  readonly fields: { readonly [field: string]: unknown }
}> {
  override get message(): string {
    return `${describeAccess(this.baseUrl, this.problem)}.`
  }
}

/** `doctor` found problems. */
export class ProblemsFound extends Data.TaggedError("ProblemsFound")<{
  /** The names of the checks that found them. */
  readonly checks: ReadonlyArray<string>
  /** Of the first of them. */
  readonly exitCode: number
  readonly done: Events.Done
}> {
  override get message(): string {
    const count = this.checks.length
    return `${count} ${count === 1 ? "problem" : "problems"} found: ${[...new Set(this.checks)].join(", ")}`
  }
}

/** The directory that the command was started in was removed. */
export class NoWorkingDirectory extends Schema.TaggedError<NoWorkingDirectory>()("NoWorkingDirectory", {}) {
  override get message(): string {
    return "The current directory no longer exists; change to another one, and run the command again."
  }
}

/** Whether this is what Node throws where somebody wants to know the current directory, and there is none. */
export const isWithoutDirectory = (error: unknown): boolean =>
  Predicate.hasProperty(error, "syscall") && error.syscall === "uv_cwd"

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
