/**
 * What happens to a job: the states it passes through, at which pace, and how it ends.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import { ModelId } from "../Asset.ts"
import type { JobStatus } from "../DownloadJob.ts"

/**
 * An archive of a chosen size.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveSize {
  /** Bytes of the whole archive, exactly; more only where names and directory alone need more. */
  readonly size: number
  /** How many files; default 1. */
  readonly entries?: number | undefined
}

/**
 * The life of a job. A job looks at the clock only when it is asked, so that it costs nothing while nobody looks.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobScript {
  /** The states before the end, each for one {@link JobScript.pace}; a state named twice lasts twice as long. */
  readonly states: ReadonlyArray<JobStatus>
  /** How long each state lasts. */
  readonly pace: Duration.Input
  /** How the job ends. */
  readonly outcome: "success" | "failure" | "canceled"
  /** Further fields in every answer about the job once it has ended, such as the reason of a failure. */
  readonly details: Readonly<Record<string, Schema.Json>>
  /** For how many looks the job is not found yet (404). */
  readonly looksNotFound: number
  /** For how many looks a finished job has no URL yet. */
  readonly looksWithoutUrl: number
  /** Makes an archive of this size instead of one with the selected assets. */
  readonly archive?: ArchiveSize | undefined
}

/**
 * `queued` for a second, `in-progress` for a second, then `success`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const defaultScript: JobScript = {
  states: ["queued", "in-progress"],
  pace: "1 second",
  outcome: "success",
  details: {},
  looksNotFound: 0,
  looksWithoutUrl: 0
}

/**
 * Models of the catalogue whose jobs go another way than the usual one, for people to try what happens then. A
 * selection with one of them takes that way; with several, the way of the first.
 *
 * @category constants
 * @since 0.1.0
 */
export const specialModels = {
  /** The job ends in `failure`, with a reason. */
  fails: ModelId.make("model_fails"),
  /** The job ends in `canceled`. */
  canceled: ModelId.make("model_canceled"),
  /** The job passes through a state that nobody has documented. */
  unknownState: ModelId.make("model_unknown_state"),
  /** The job is finished for two looks before it has a URL. */
  lateUrl: ModelId.make("model_late_url"),
  /** The job has no URL, however often one looks. */
  withoutUrl: ModelId.make("model_without_url"),
  /** The job is not found for the first two looks. */
  lateJob: ModelId.make("model_late_job"),
  /** The job takes ten times as long. */
  slow: ModelId.make("model_slow")
} as const

/**
 * What a special model changes in the script of a job.
 *
 * @category getters
 * @since 0.1.0
 */
export const ofModel = (id: ModelId): Partial<JobScript> | undefined => special.get(id)

const special: ReadonlyMap<ModelId, Partial<JobScript>> = new Map<ModelId, Partial<JobScript>>([
  [specialModels.fails, { outcome: "failure", details: { error: "The archive could not be made: out of disk space" } }],
  [specialModels.canceled, { outcome: "canceled" }],
  [specialModels.unknownState, { states: ["queued", "gathering-stardust", "in-progress"] }],
  [specialModels.lateUrl, { looksWithoutUrl: 2 }],
  [specialModels.withoutUrl, { looksWithoutUrl: Number.POSITIVE_INFINITY }],
  [specialModels.lateJob, { looksNotFound: 2 }],
  [specialModels.slow, { states: ["queued", ...Array<string>(19).fill("in-progress")] }]
])
