/**
 * What is recorded of a run: which download it is, who carries it out, and how it ended. No credential and no link is in it.
 *
 * @since 0.1.0
 */
import { type JobId, ProjectId } from "@scenario-assets/core/Asset"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import * as Schema from "effect/Schema"
import * as RunProcess from "./internal/RunProcess.ts"

/**
 * The id of a run, such as `run_261125_bakolu`: the day, and syllables that can be told on the telephone.
 *
 * @category models
 * @since 0.1.0
 */
export const RunId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^run_\d{6}_[a-z]{6}$/, { message: "Expected the id of a run, such as run_…" })),
  Schema.brand("RunId")
)
/** @category models @since 0.1.0 */
export type RunId = typeof RunId.Type

/**
 * How a run ended. After `complete` it is done; after anything else it can be resumed. `begun`: its jobs are begun, and the
 * files are still to be fetched.
 *
 * @category models
 * @since 0.1.0
 */
export const End = Schema.Struct({
  state: Schema.Literals(["complete", "begun", "incomplete", "interrupted"]),
  at: Schema.DateTimeUtcFromString,
  /** What went wrong. */
  message: Schema.optionalKey(Schema.String)
})
/** @category models @since 0.1.0 */
export type End = typeof End.Type

/**
 * The head of a run: small, so that a list of runs is read in no time. Its ids and its jobs stand beside it.
 *
 * @category models
 * @since 0.1.0
 */
export const RunHead = Schema.Struct({
  version: Schema.Literal(2),
  runId: RunId,
  started: Schema.DateTimeUtcFromString,
  /** The directory that it was begun in. */
  cwd: Schema.String,
  /** Who carries it out, or did so last. */
  process: RunProcess.RunProcess,
  baseUrl: Schema.String,
  projectId: Schema.optionalKey(ProjectId),
  /** The directory, or the path of the archive. */
  place: Schema.String,
  /** What is downloaded: so many ids, or jobs begun earlier; the first of them. */
  wanted: Schema.Struct({ kind: Schema.Literals(["assets", "jobs"]), count: Schema.Natural, first: Schema.String }),
  /** A digest of what is wanted and where it goes: runs that agree in it are for the same files. */
  key: Schema.String,
  /** None while it is under way, and where it was killed. */
  end: Schema.optionalKey(End)
})
/** @category models @since 0.1.0 */
export type RunHead = typeof RunHead.Type

/**
 * Which account of which API a run belongs to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Account {
  readonly baseUrl: string
  readonly projectId: ProjectId | undefined
}

/**
 * A job of a run.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunJob {
  /** From 0. */
  readonly batch: number
  readonly jobId: JobId
}

/**
 * `running`, or `stopped`: it ended without saying so. Of a run on another machine, or in another container, that has no end,
 * nobody knows: `running`.
 *
 * @category models
 * @since 0.1.0
 */
export type State = End["state"] | "running" | "stopped"

/**
 * What is known of a run now.
 *
 * @category getters
 * @since 0.1.0
 */
export const state = (head: RunHead): State =>
  head.end?.state ??
  (!RunProcess.isOnThisMachine(head.process) || RunProcess.isAlive(head.process) ? "running" : "stopped")

/**
 * No run has this id.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", { runId: Schema.String }) {
  override get message(): string {
    return `There is no run ${Redaction.quoted(this.runId)} on this machine; list the runs to see which there are.`
  }
}

/**
 * Another process is at it, or at another run to the same place.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunBusy extends Schema.TaggedError<RunBusy>()("RunBusy", {
  place: Schema.String,
  runId: Schema.optionalKey(RunId),
  pid: Schema.optionalKey(Schema.Int)
}) {
  override get message(): string {
    const who = [this.runId ?? "another run", this.pid === undefined ? "" : `(process ${this.pid})`].join(" ").trim()
    return `A download to ${this.place} is under way: ${who}; wait for it to end, or stop it.`
  }
}
