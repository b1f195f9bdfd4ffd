/**
 * From a selection of any size to its archives: batches, jobs, waiting.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import * as ApiRetry from "./ApiRetry.ts"
import type { AssetId, InferenceId, JobId, ModelId } from "./Asset.ts"
import { AssetCatalog } from "./AssetCatalog.ts"
import { AssetDownload, type BatchRequest } from "./AssetDownload.ts"
import { type DownloadJob, isReady, type ReadyJob } from "./DownloadJob.ts"
import * as OptionCheck from "./http/OptionCheck.ts"
import * as Ahead from "./internal/Ahead.ts"
import * as BatchKeys from "./internal/BatchKeys.ts"
import * as BeginBatch from "./internal/BeginBatch.ts"
import { MissingDownloadUrl } from "./internal/JobReason.ts"
import { JobError } from "./JobError.ts"
import * as JobJournal from "./JobJournal.ts"
import * as JobPoller from "./JobPoller.ts"
import { ScenarioConfig } from "./ScenarioConfig.ts"
import * as Selection from "./Selection.ts"
import type * as Transfer from "./transfer/Transfer.ts"

/**
 * What is wanted, and how. Counts that are not whole or less than 1 are defects: a `RangeError` that names the option.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request extends BatchRequest {
  /** Ids in one batch; default and maximum 1000. */
  readonly batchSize?: number | undefined
  /** The most jobs that are begun ahead of the archives taken from the stream. Default 8. */
  readonly concurrency?: number | undefined
  /** How to wait for each job. */
  readonly poll?: JobPoller.Options | undefined
}

/**
 * An archive that can be fetched: its source gives the first link at once, and asks `getStatus` for fresh ones.
 *
 * @category models
 * @since 0.1.0
 */
export interface Archive {
  /** Which batch it holds, from 0. */
  readonly index: number
  readonly jobId: JobId
  readonly source: Transfer.Source<ApiError | JobError>
}

/** @category models @since 0.1.0 */
export type BatchError = ApiError | JobError | JobJournal.JournalError

/**
 * A batch, in everything that is told of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface OfBatch {
  /** Counted from 0. */
  readonly index: number
  /** How many ids it holds. */
  readonly idCount: number
}

/**
 * A job was begun for the batch, or one begun by an earlier run is resumed. It is in the journal, unless that
 * could not be written (`unrecorded`): then the next run will not find it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Requested extends OfBatch {
  readonly _tag: "Requested"
  /** What the job packs. */
  readonly selection: Selection.Selection
  readonly jobId: JobId
  readonly resumed: boolean
  readonly unrecorded?: JobJournal.JournalError
}

/**
 * Scenario does not know these ids of the batch. The others are requested without them.
 *
 * @category models
 * @since 0.1.0
 */
export interface NotFound extends OfBatch {
  readonly _tag: "NotFound"
  readonly ids: ReadonlyArray<AssetId | InferenceId | ModelId>
}

/**
 * What happens until the jobs of a selection are begun. After `Planned`, each batch begins with `Started` and ends with
 * `Requested` or `Failed`. A batch that Scenario takes only in parts goes on as the first of them; each of the others begins with
 * `Started` as well, under a number of its own behind those that were planned.
 *
 * @category models
 * @since 0.1.0
 */
export type BeginEvent =
  | { readonly _tag: "Planned"; readonly batches: number; readonly idCount: number }
  | (OfBatch & { readonly _tag: "Started" })
  /** A call of the API failed, and is repeated after a pause. */
  | (OfBatch & ApiRetry.ApiRetry & { readonly _tag: "Retrying"; readonly jobId?: JobId })
  | NotFound
  | Requested
  | (OfBatch & {
      readonly _tag: "Failed"
      readonly selection: Selection.Selection
      readonly error: BatchError
      readonly jobId?: JobId
    })

/**
 * What happens between a selection and its archives. Each batch goes on after `Requested`, and ends with `Ready` or `Failed`.
 *
 * @category models
 * @since 0.1.0
 */
export type ArchiveEvent =
  | BeginEvent
  /** The job is in another state, and has no archive yet. */
  | (OfBatch & { readonly _tag: "Waiting"; readonly jobId: JobId; readonly job: DownloadJob })
  | (OfBatch & { readonly _tag: "Ready"; readonly jobId: JobId; readonly archive: Archive })

/**
 * Selections to archives.
 *
 * @category services
 * @since 0.1.0
 */
export class Archives extends Context.Service<
  Archives,
  {
    /**
     * All that happens, in the order it happens. One batch that fails does not stop the others; the stream itself never
     * fails. After a refusal that all share (401, 402, or a 403 that is about no id) the batches not yet begun fail with it,
     * unsent. A batch that is refused for some of its ids (404, 403) is requested once without them: unknown assets are found by
     * `AssetCatalog.get`, models and inferences by requesting parts, at most 20 times.
     */
    readonly events: (request: Request) => Stream.Stream<ArchiveEvent>
    /**
     * Starts the jobs and looks at none of them: the same as `events`, up to where the waiting would begin. With a
     * journal that lasts, `events` of the same request resumes them, also in another process.
     */
    readonly begin: (request: Request) => Stream.Stream<BeginEvent>
    /**
     * The archives alone, each as soon as it is ready. Where batches failed, the stream fails with the first of their
     * errors, after it has given all archives that can be had.
     */
    readonly stream: (request: Request) => Stream.Stream<Archive, BatchError>
    /** The archive of a job begun earlier. Where nobody knows it, that is found out by one look, unless it is `justBegun`. */
    readonly ofJob: (jobId: JobId, poll?: JobPoller.Options) => Effect.Effect<Archive, ApiError | JobError>
  }
>()("@scenario-assets/core/Archives") {}

/**
 * Builds the service. A job is in the `JobJournal` before anybody hears of it, and one found there is resumed; where that turns out
 * to be of no use, another is begun in its place.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<Archives["Service"], never, Requirements> = Effect.gen(function* () {
  const config = yield* ScenarioConfig
  const { requestBatch } = yield* AssetDownload
  const poller = yield* JobPoller.JobPoller
  const journal = yield* JobJournal.JobJournal
  /** A job that stays in the journal costs the next run one look, and no job. */
  const forget = (jobId: JobId) => Effect.catch(journal.forget(jobId), (error) => Effect.logDebug(error.message))

  /** Whoever is told of a job, or interrupts this, finds it in the journal. */
  const begin = BeginBatch.make({
    catalog: yield* AssetCatalog,
    config,
    journal,
    request: requestBatch
  })

  const archive = (index: number, { downloadUrl: url, jobId }: ReadyJob): Archive => ({
    index,
    jobId,
    source: { url, refresh: Effect.map(poller.wait(jobId, { justBegun: false }), (job) => job.downloadUrl) }
  })

  /** A batch from its beginning to its last event, which `after` makes of its job. */
  const carry = <A>({ nextIndex, of, request, shared }: Batch, tell: Ahead.Tell<A | BeginEvent>, after: After<A>) => {
    const whole: Part = { of, selection: request.selection, job: {} }

    const take = (part: Part, job: BeginBatch.Begun) => {
      part.job = { jobId: job.jobId }
      part.selection = job.selection
      return Effect.tapError(after({ _tag: "Requested", ...part.of, ...job }), (error) =>
        isUseless(error) ? forget(job.jobId) : Effect.void
      )
    }

    const tellUnknown = (ids: ReadonlyArray<BeginBatch.Id>) =>
      ids.length === 0 ? Effect.void : tell({ _tag: "NotFound", ...of, ids })

    /** Whatever goes wrong with it is its last event. */
    const settled = <E extends BatchError>(part: Part, work: Effect.Effect<A | BeginEvent, E>) =>
      work.pipe(
        Effect.catch((error) => {
          const { job, of, selection } = part
          return Effect.succeed<A | BeginEvent>({ _tag: "Failed", ...of, ...job, selection, error })
        }),
        Effect.provideService(ApiRetry.Listener, (retry) =>
          tell({ _tag: "Retrying", ...part.of, ...part.job, ...retry })
        )
      )

    return settled(
      whole,
      Effect.gen(function* (): Effect.fn.Return<A | BeginEvent, BatchError> {
        yield* tell({ _tag: "Started", ...of })
        const known = yield* journal.find(BatchKeys.of(config, request))
        if (Option.isSome(known)) {
          const { jobId, unknown } = known.value
          yield* tellUnknown(unknown)
          const selection = BeginBatch.without(request.selection, unknown) ?? request.selection
          const last = yield* Effect.result(take(whole, { jobId, resumed: true, selection }))
          if (Result.isSuccess(last)) return last.success
          if (!isUseless(last.failure)) return yield* Effect.fail(last.failure)
          whole.job = {}
        }
        const {
          jobs: [first, ...others],
          left
        } = yield* begin({ request, shared, lost: tellUnknown })
        const partOf = (selection: Selection.Selection): Part => {
          return { of: { index: nextIndex(), idCount: selection.size }, selection, job: {} }
        }
        const parts = [
          ...others.map((job) => {
            const part = partOf(job.selection)
            return { part, work: take(part, job) }
          }),
          ...left.map(({ error, selection }) => ({ part: partOf(selection), work: Effect.fail<BatchError>(error) }))
        ]
        yield* Effect.forEach(parts, ({ part }) => tell({ _tag: "Started", ...part.of }), { discard: true })
        let open = 1 + parts.length
        // None waits for another: the last one to end is the last event of the batch.
        const ends = yield* Effect.forEach(
          [{ part: whole, work: take(whole, first) }, ...parts],
          ({ part, work }) =>
            Effect.flatMap(settled(part, work), (event) =>
              --open === 0 ? Effect.succeed([event]) : Effect.as(tell(event), [])
            ),
          { concurrency: "unbounded" }
        )
        const [last] = ends.flat()
        return last ?? (yield* Effect.die("a batch without an end"))
      }).pipe(
        Effect.withSpan("Archives.batch", {
          attributes: { "scenario.batch.index": of.index, "scenario.batch.size": of.idCount }
        })
      )
    )
  }

  /** All batches of a request. */
  const carryAll = <A>(request: Request, after: (tell: Ahead.Tell<A>) => After<A>): Stream.Stream<A | BeginEvent> => {
    const { fileNameTemplate, flat, selection } = request
    const batches = Selection.batches(selection, option.count("batchSize", request.batchSize, 1))
    const concurrency = option.count("concurrency", request.concurrency, 1) ?? 8
    const planned: BeginEvent = { _tag: "Planned", batches: batches.length, idCount: selection.size }
    let count = batches.length
    return Stream.concat(
      Stream.succeed(planned),
      Stream.unwrap(
        Effect.map(BeginBatch.shared, (shared) =>
          Ahead.stream<Selection.Selection, A | BeginEvent>(batches, concurrency, (selection, index, tell) =>
            carry(
              {
                of: { index, idCount: selection.size },
                request: { selection, fileNameTemplate, flat },
                shared,
                nextIndex: () => count++
              },
              tell,
              after(tell)
            )
          )
        )
      )
    )
  }

  /** A job from its first state to its archive. */
  const follow =
    (poll: JobPoller.Options | undefined) =>
    (tell: Ahead.Tell<ArchiveEvent>): After<ArchiveEvent> =>
      Effect.fnUntraced(function* (requested) {
        const { idCount, index, jobId } = requested
        yield* tell(requested)
        const last = yield* poller.states(jobId, poll).pipe(
          Stream.tap((job) =>
            isReady(job) || JobError.fromJob(job) !== undefined
              ? Effect.void
              : tell({ _tag: "Waiting", index, idCount, jobId, job })
          ),
          Stream.runLast
        )
        // The states end by a failure or with one that lasts, never without one.
        const job = yield* Effect.orDie(Effect.fromOption(last))
        if (isReady(job)) return { _tag: "Ready", index, idCount, jobId, archive: archive(index, job) } as const
        return yield* JobError.fromJob(job) ?? new JobError({ jobId, reason: new MissingDownloadUrl({ job }) })
      })

  const events = (request: Request) => Stream.suspend(() => carryAll(request, follow(request.poll)))

  return Archives.of({
    events,
    begin: (request) => Stream.suspend(() => carryAll<BeginEvent>(request, () => Effect.succeed)),
    stream: (request) =>
      Stream.suspend(() => {
        let failure: BatchError | undefined
        return events(request).pipe(
          Stream.flatMap((event) => {
            if (event._tag === "Failed") failure ??= event.error
            return event._tag === "Ready" ? Stream.succeed(event.archive) : Stream.empty
          }),
          Stream.concat(Stream.suspend(() => (failure === undefined ? Stream.empty : Stream.fail(failure))))
        )
      }),
    ofJob: (jobId, poll) =>
      Effect.map(poller.wait(jobId, { ...poll, justBegun: poll?.justBegun ?? false }), (job) => archive(0, job))
  })
})

/**
 * The service.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Archives, never, Requirements> = Layer.effect(Archives, make)

type Requirements = AssetCatalog | AssetDownload | JobPoller.JobPoller | JobJournal.JobJournal | ScenarioConfig

const option = OptionCheck.of("Archives")

/** A batch to be carried out. */
interface Batch {
  readonly of: OfBatch
  readonly request: BatchRequest
  readonly shared: BeginBatch.Shared
  /** The number of another part of it. */
  readonly nextIndex: () => number
}

/** What is known of a batch, or of a part of one, when something is told of it. */
interface Part {
  readonly of: OfBatch
  selection: Selection.Selection
  job: { readonly jobId?: JobId }
}

/** Makes the last event of a batch, of its job. */
type After<A> = (requested: Requested) => Effect.Effect<A, ApiError | JobError>

/** Whether a job that ended like this is of no use to a later run. */
const isUseless = (error: BatchError): boolean =>
  (error._tag === "ApiError" && error.reason._tag === "NotFound") ||
  (error._tag === "JobError" && (error.reason._tag === "JobFailed" || error.reason._tag === "JobCanceled"))
