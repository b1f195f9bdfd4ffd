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
  version: Schema.Literal(3),
  runId: RunId,
  started: Schema.DateTimeUtcFromString,
  /** The directory that it was begun in. */
  cwd: Schema.String,
  /** Who carries it out, or did so last. */
  process: RunProcess.RunProcess,
  baseUrl: Schema.String,
  projectId: Schema.optionalKey(ProjectId),
  /** The directory, the path of the archive, or the address of the store. */
  place: Schema.String,
  destination: Schema.Literals(["directory", "archive", "store"]),
  /** What is downloaded: so many ids, or jobs begun earlier; the first of them. Of a synchronized directory neither is known. */
  wanted: Schema.Struct({
    kind: Schema.Literals(["assets", "jobs", "sync"]),
    count: Schema.Natural,
    first: Schema.String
  }),
  /** A digest of what is wanted, of which account, and of the place. */
  selection: Schema.String,
  /** A digest of the patterns that choose among its files; none where all of them are wanted. */
  patterns: Schema.optionalKey(Schema.String),
  /** A digest of all that decides which files there will be: runs that agree in it are for the same files. */
  key: Schema.String,
  /** How many files it had saved when that was last recorded. */
  files: Schema.optionalKey(Schema.Natural),
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
  /** What became of its archive, as far as it is recorded. */
  readonly state: "started" | "saved" | "failed"
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
 * Whether the process of a run that has no end is on another machine, or in another container, and may still be there.
 *
 * @category getters
 * @since 0.1.0
 */
export const mayRunElsewhere = (head: RunHead): boolean =>
  head.end === undefined && !RunProcess.isOnThisMachine(head.process)

/**
 * Which runs, in the order of `Runs.list`, need not be resumed, and the later ones that supersede them: each is to the same
 * place, wants the same selection, and all the files of it that the earlier one wants. Complete runs are not among them.
 *
 * @category getters
 * @since 0.1.0
 */
export const superseded = (heads: ReadonlyArray<RunHead>): ReadonlyMap<RunId, RunId> => {
  const found = new Map<RunId, RunId>()
  /** The later runs for each selection, by their patterns. */
  const later = new Map<string, Map<string | undefined, RunId>>()
  for (const head of heads) {
    const { patterns, runId, selection } = head
    const runs = later.get(selection) ?? new Map<string | undefined, RunId>()
    const by = runs.get(undefined) ?? runs.get(patterns)
    if (by !== undefined && head.end?.state !== "complete" && !RunProcess.isBusy(head)) found.set(runId, by)
    if (!runs.has(patterns)) runs.set(patterns, runId)
    later.set(selection, runs)
  }
  return found
}

/**
 * No run has this id.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()("RunNotFound", { runId: Schema.String }) {
  override get message(): string {
    return `There is no run ${Redaction.quoted(this.runId)} on this machine.`
  }
}

/**
 * A download was looked for, and this is the run of a synchronized directory, or the other way round: see `RunHead.wanted`.
 *
 * @category errors
 * @since 0.1.0
 */
export class OtherKindOfRun extends Schema.TaggedError<OtherKindOfRun>()("OtherKindOfRun", {
  runId: RunId,
  kind: RunHead.fields.wanted.fields.kind
}) {
  override get message(): string {
    return this.kind === "sync"
      ? `Run ${this.runId} keeps a directory in step, and is no download; its request is Runs.syncRequest.`
      : `Run ${this.runId} is a download; its request is Runs.request.`
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
  pid: Schema.optionalKey(Schema.Int),
  /** Where it is another machine. */
  host: Schema.optionalKey(Schema.String)
}) {
  override get message(): string {
    const host = this.host === undefined ? "" : ` on ${this.host}`
    const process = this.pid === undefined ? "" : ` (process ${this.pid}${host})`
    const who = `${this.runId ?? "another run"}${process}`
    return `A download to ${this.place} is under way: ${who}; wait for it to end, or stop it.`
  }
}

/**
 * A run was started on another machine, or in another container, and has no end: nobody here can tell whether it still runs.
 * `Runs.release` records that it does not.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunBusyElsewhere extends Schema.TaggedError<RunBusyElsewhere>()("RunBusyElsewhere", {
  place: Schema.String,
  runId: RunId,
  host: Schema.String
}) {
  override get message(): string {
    return `Run ${this.runId} to ${this.place} was started on the machine ${this.host}, or in another container, and may still be running there.`
  }
}
