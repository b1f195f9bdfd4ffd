/**
 * What is known of a run of a fleet: plain data with a schema, for screens and other processes.
 *
 * @since 0.1.0
 */
import { RunId } from "@scenario-assets/node/runs/RunRecord"
import * as Schema from "effect/Schema"

const Count = Schema.Natural

/**
 * A batch that has failed at least once since it was offered last.
 *
 * @category models
 * @since 0.1.0
 */
export const Trouble = Schema.Struct({
  /** From 0. */
  batch: Count,
  /** `failed`: it is tried no more, until `retry`. `waiting` and `running`: it is tried again. */
  state: Schema.Literals(["waiting", "running", "failed"]),
  /** How often it was tried. */
  attempts: Count,
  /** What went wrong last. */
  message: Schema.String
})
/** @category models @since 0.1.0 */
export type Trouble = typeof Trouble.Type

/**
 * How far a run is. It is over when its state is neither `waiting` nor `running`.
 *
 * @category models
 * @since 0.1.0
 */
export const RunProgress = Schema.Struct({
  runId: RunId,
  /** The API and the project that its workers must have. */
  baseUrl: Schema.String,
  projectId: Schema.optionalKey(Schema.String),
  /** The directory, or the address of the store. Each of several batches has a folder there. */
  place: Schema.String,
  submittedAt: Schema.DateTimeUtcFromString,
  /**
   * `waiting`: no batch was taken yet. `complete`: every batch is there. `incomplete`: the others are, and what failed can be offered
   * again. `cancelled`: nothing more happens.
   */
  state: Schema.Literals(["waiting", "running", "complete", "incomplete", "cancelled"]),
  batches: Schema.Struct({
    total: Count,
    waiting: Count,
    running: Count,
    complete: Count,
    failed: Count,
    cancelled: Count
  }),
  ids: Count,
  /** Ids that Scenario does not know. All others come. */
  notFound: Count,
  /** Files that are there, and their bytes. */
  files: Count,
  bytes: Count,
  /** Workers for this API and project that are there now, and why those are paused that are. */
  workers: Count,
  paused: Schema.Array(Schema.String),
  /** Failed batches first; at most 20. */
  troubles: Schema.Array(Trouble)
})
/** @category models @since 0.1.0 */
export type RunProgress = typeof RunProgress.Type

/**
 * Whether nothing more happens to a run by itself.
 *
 * @category getters
 * @since 0.1.0
 */
export const isOver = ({ state }: RunProgress): boolean => state !== "waiting" && state !== "running"
