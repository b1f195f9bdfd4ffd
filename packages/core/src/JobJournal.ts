/**
 * Where job ids are written down, so that a run that was killed goes on with the jobs it has begun.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { JobId } from "./Asset.ts"
import type { BatchRequest } from "./AssetDownload.ts"

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
 * Remembers which job was begun for which batch. `Archives` asks it before it starts a job, and tells it of a started
 * job before it looks at it for the first time.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobJournal {
  /** The job begun for this very batch, if there is one that may still be of use. */
  readonly lookup: (batch: BatchRequest) => Effect.Effect<Option.Option<JobId>, JournalError>
  readonly record: (batch: BatchRequest, jobId: JobId) => Effect.Effect<void, JournalError>
  /** The job is of no use any more: it failed, was canceled, or the server does not know it. */
  readonly forget: (jobId: JobId) => Effect.Effect<void, JournalError>
}

/**
 * The one that remembers nothing.
 *
 * @category constants
 * @since 0.1.0
 */
export const none: JobJournal = {
  lookup: () => Effect.succeedNone,
  record: () => Effect.void,
  forget: () => Effect.void
}

/**
 * The journal of the context; by default {@link none}: every batch starts a job. `Archives` takes the one it is run with,
 * or else the one its layer was built with. A job stays in it when its archive is ready, so that a run that ends while it
 * takes the bytes can go on: whoever has them says so by `forget`.
 *
 * @category services
 * @since 0.1.0
 */
export const JobJournal = Context.Reference<JobJournal>("@scenario-assets/core/JobJournal", {
  defaultValue: () => none
})

/**
 * What tells two batches apart: everything that is sent.
 *
 * @category getters
 * @since 0.1.0
 */
export const key = ({ fileNameTemplate, flat, selection }: BatchRequest): string =>
  JSON.stringify([fileNameTemplate, flat ?? false, selection.assetIds, selection.inferenceIds, selection.modelIds])

/**
 * A journal for the life of the layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<never> = Layer.sync(JobJournal, () => {
  const jobs = new Map<string, JobId>()
  return {
    lookup: (batch) => Effect.sync(() => Option.fromUndefinedOr(jobs.get(key(batch)))),
    record: (batch, jobId) => Effect.sync(() => void jobs.set(key(batch), jobId)),
    forget: (jobId) =>
      Effect.sync(() => {
        for (const [key, known] of jobs) if (known === jobId) jobs.delete(key)
      })
  }
})
