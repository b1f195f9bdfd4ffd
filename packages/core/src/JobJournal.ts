/**
 * Which job was begun for which batch, so that none is begun twice.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type AssetId, type InferenceId, JobId, type ModelId } from "./Asset.ts"

/**
 * A batch, in one project, at one API: a text that is the same for the same request, whatever order its ids are in. It holds
 * no secret, and may be long; compare it or hash it.
 *
 * @category models
 * @since 0.1.0
 */
export const BatchKey = Schema.String.pipe(Schema.brand("BatchKey"))
/** @category models @since 0.1.0 */
export type BatchKey = typeof BatchKey.Type

/**
 * The job of a batch.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorded {
  readonly jobId: JobId
  /** Ids of the batch that Scenario does not know: the job was begun without them. */
  readonly unknown: ReadonlyArray<AssetId | InferenceId | ModelId>
}

/**
 * The journal could not be read or written. Where that was about a job that was begun, its id is here, for nobody else may
 * know it.
 *
 * @category errors
 * @since 0.1.0
 */
export class JournalError extends Schema.TaggedError<JournalError>()("JournalError", {
  message: Schema.String,
  jobId: Schema.optionalKey(JobId),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * Remembers which job was begun for which batch. `Archives` asks it before it begins a job, and has it record one before
 * anybody hears of the job.
 *
 * **Gotchas**
 *
 * A job stays in the journal when its archive is ready, so that a run that ends while it takes the bytes can be resumed. Whoever
 * has the files forgets the job.
 *
 * @category services
 * @since 0.1.0
 */
export class JobJournal extends Context.Service<
  JobJournal,
  {
    /** The job that was recorded for a batch, if it was not forgotten. */
    readonly find: (batch: BatchKey) => Effect.Effect<Option.Option<Recorded>, JournalError>
    /** Records the job of a batch, in place of an earlier one. */
    readonly record: (batch: BatchKey, job: Recorded) => Effect.Effect<void, JournalError>
    /** Removes a job: its files are safe, or it is of no use. One that is not there is no error. */
    readonly forget: (jobId: JobId) => Effect.Effect<void, JournalError>
  }
>()("@scenario-assets/core/JobJournal") {}

/**
 * Remembers nothing: every batch begins a job.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNone: Layer.Layer<JobJournal> = Layer.succeed(JobJournal, {
  find: () => Effect.succeedNone,
  record: () => Effect.void,
  forget: () => Effect.void
})

/**
 * Remembers for the life of the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<JobJournal> = Layer.sync(JobJournal, () => {
  const jobs = new Map<BatchKey, Recorded>()
  return {
    find: (batch) => Effect.sync(() => Option.fromUndefinedOr(jobs.get(batch))),
    record: (batch, job) => Effect.sync(() => void jobs.set(batch, job)),
    forget: (jobId) =>
      Effect.sync(() => {
        for (const [batch, known] of jobs) if (known.jobId === jobId) jobs.delete(batch)
      })
  }
})
