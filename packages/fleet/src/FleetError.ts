/**
 * What can go wrong with a fleet. No error holds a credential or a link.
 *
 * @since 0.1.0
 */
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import { RunId } from "@scenario-assets/node/runs/RunRecord"
import * as Schema from "effect/Schema"

/**
 * The database does not answer, or refuses what it is asked.
 *
 * @category errors
 * @since 0.1.0
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()("DatabaseError", {
  /** What could not be done, such as "read the run". */
  operation: Schema.String,
  /** What the database, or the way to it, says. */
  description: Schema.String,
  /** What to do about it, as a part of a sentence. */
  advice: Schema.String,
  /** Whether the same may work in a moment, as where the server was away. */
  isPassing: Schema.Boolean
}) {
  override get message(): string {
    return `Cannot ${this.operation}: ${this.description}; ${this.advice}.`
  }
}

/**
 * The database is not as a worker needs it, and nothing was done.
 *
 * @category errors
 * @since 0.1.0
 */
export class DatabaseNotReady extends Schema.TaggedError<DatabaseNotReady>()("DatabaseNotReady", {
  /** `migrations`: its tables are missing, or older than this version. `grants`: the role lacks rights. `timezone`: not UTC. */
  kind: Schema.Literals(["migrations", "grants", "timezone"]),
  /** What is wrong, and what to do, as a sentence. */
  message: Schema.String
}) {}

/**
 * No run has this id.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownRun extends Schema.TaggedError<UnknownRun>()("UnknownRun", { runId: Schema.String }) {
  override get message(): string {
    return `There is no run ${Redaction.quoted(this.runId)} in this database.`
  }
}

/**
 * A run to the same place is not over: both would write to the same folders.
 *
 * @category errors
 * @since 0.1.0
 */
export class PlaceBusy extends Schema.TaggedError<PlaceBusy>()("PlaceBusy", { place: Schema.String, runId: RunId }) {
  override get message(): string {
    return `Run ${this.runId} to ${this.place} is not over; wait for it, cancel it, or choose another place.`
  }
}

/**
 * A request that a fleet does not carry out.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotForFleet extends Schema.TaggedError<NotForFleet>()("NotForFleet", {
  /** What it asks for, and what to ask for instead, as a part of a sentence. */
  description: Schema.String
}) {
  override get message(): string {
    return `A fleet cannot carry this out: ${this.description}.`
  }
}

/**
 * What makes a worker of no use until somebody mends it, such as a full disk. Its batches are given back.
 *
 * @category errors
 * @since 0.1.0
 */
export class WorkerStopped extends Schema.TaggedError<WorkerStopped>()("WorkerStopped", {
  worker: Schema.String,
  /** As a sentence. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Worker ${this.worker} has stopped, and given its batches back. ${this.reason}`
  }
}
