/**
 * Waiting for a job: a stream of its states, and the end of it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { ApiError } from "./ApiError.ts"
import * as ApiRetry from "./ApiRetry.ts"
import type { JobId } from "./Asset.ts"
import { AssetDownload } from "./AssetDownload.ts"
import { type DownloadJob, isReady, phase, type ReadyJob } from "./DownloadJob.ts"
import * as OptionCheck from "./http/OptionCheck.ts"
import { DeadlineExceeded, MissingDownloadUrl } from "./internal/JobReason.ts"
import { isKnown } from "./internal/KnownJobStatus.ts"
import { JobError } from "./JobError.ts"
import * as Metrics from "./Metrics.ts"

/**
 * How to wait.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The pauses between looks; its input is the job as last seen, or nothing after a look that failed. When it ends, the
   * waiting ends with `DeadlineExceeded`. Default {@link defaultSchedule}.
   */
  readonly schedule?: Schedule.Schedule<unknown, DownloadJob | undefined> | undefined
  /**
   * How long to wait in all, with one last look at the end of it. A look that hangs is given up at the deadline; one that has
   * begun right before it, or at it, has 5 seconds. Default 30 minutes. Less than 0 is a defect, a `RangeError`.
   */
  readonly deadline?: Duration.Input | undefined
  /**
   * Whether the job may be so new that the server does not know it yet: then `404` before it was first seen is forgiven a few
   * times. Default `true`; `false` is for an id that somebody gives, which may be mistyped.
   */
  readonly justBegun?: boolean | undefined
}

/**
 * The first look is at once, the second after a second, and each pause is 1.5 times the one before, up to 15 seconds;
 * each is varied by a fifth up or down.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultSchedule: Schedule.Schedule<Duration.Duration> = Schedule.min([
  Schedule.exponential("1 second", 1.5),
  Schedule.spaced("15 seconds")
]).pipe(Schedule.jittered)

/** The pause where nothing better is known: the state is one we do not know. */
const slow = Duration.seconds(15)

/** How long, in milliseconds, the last look may take. */
const lastLook = 5000

/** How many looks in a row may go wrong in each way before the waiting ends with what went wrong. */
const tolerated = { notFound: 5, malformed: 5, lost: 10, missingUrl: 5 }

/**
 * Waits for jobs.
 *
 * Forgiven, a few times in a row: `404` before the job was first seen (`justBegun`), an answer that cannot be understood, a lost or
 * failing server (10 looks, each of which `AssetDownload` repeats by itself), and a finished job without a URL. Unknown
 * states are waited through slowly and warned of once. Everything else, such as `401` and `403`, ends the waiting.
 *
 * @category services
 * @since 0.1.0
 */
export class JobPoller extends Context.Service<
  JobPoller,
  {
    /**
     * The distinct states of a job, from the first look to the first state that lasts: a finished job with its URL, a
     * failed or a canceled one. Those are values, not errors, of this stream. It fails where waiting itself does.
     */
    readonly states: (jobId: JobId, options?: Options) => Stream.Stream<DownloadJob, ApiError | JobError>
    /** The finished job. A failed or canceled one is a `JobError`. */
    readonly wait: (jobId: JobId, options?: Options) => Effect.Effect<ReadyJob, ApiError | JobError>
  }
>()("@scenario-assets/core/JobPoller") {}

/**
 * Builds the service on `AssetDownload`; the options given here are the defaults of each wait.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  defaults: Options = {}
): Effect.fn.Return<JobPoller["Service"], never, AssetDownload> {
  const { getStatus } = yield* AssetDownload
  const usual = deadlineOf(defaults) ?? Duration.minutes(30)

  /** Jobs that were seen to end: later looks, as for a fresh link, are no news. */
  const ended = new Set<JobId>()

  const states = (jobId: JobId, options: Options = {}): Stream.Stream<DownloadJob, ApiError | JobError> =>
    Stream.unwrap(
      Effect.gen(function* () {
        const deadline = Duration.toMillis(deadlineOf(options) ?? usual)
        const next = yield* Schedule.toStep(options.schedule ?? defaults.schedule ?? defaultSchedule)
        const justBegun = options.justBegun ?? defaults.justBegun ?? true
        const start = yield* Clock.currentTimeMillis

        const step = Effect.fnUntraced(function* (before: Progress) {
          yield* Effect.sleep(before.pause)
          const left = start + deadline - (yield* Clock.currentTimeMillis)
          const look = yield* getStatus(jobId).pipe(
            Effect.result,
            Effect.timeoutOrElse({ duration: Math.max(left, lastLook), orElse: () => Effect.succeed(undefined) })
          )
          const after =
            look === undefined
              ? { ...before, ...nothingSeen }
              : Result.isSuccess(look)
                ? yield* seen(jobId, before, look.success)
                : yield* missed(before, look.failure, justBegun)
          const now = yield* Clock.currentTimeMillis
          const elapsed = now - start
          if (after.ended) {
            if (after.job !== undefined && !ended.has(jobId)) {
              ended.add(jobId)
              yield* tellEnd(after.job, elapsed)
            }
            return [after.news, Option.none<Progress>()] as const
          }

          const overdue = (endedBy: "deadline" | "schedule") =>
            new JobError({
              jobId,
              reason: new DeadlineExceeded({
                elapsed: Duration.millis(elapsed),
                endedBy,
                ...(after.job === undefined ? {} : { lastStatus: after.job.jobStatus }),
                ...(after.failure === undefined ? {} : { lastError: after.failure })
              })
            })
          if (look === undefined || elapsed >= deadline) return yield* unlinked(jobId, after) ?? overdue("deadline")
          const [, delay] = yield* next(now, Result.isSuccess(look) ? look.success : undefined).pipe(
            Pull.catchDone(() => Effect.fail(unlinked(jobId, after) ?? overdue("schedule")))
          )
          const wish = Math.ceil(Math.max(Duration.toMillis(delay), Duration.toMillis(after.atLeast)))
          const pause = Math.min(wish, deadline - elapsed)
          if (Result.isFailure(look)) {
            const tries = after.notFound + after.malformed + after.lost
            const retry = { error: look.failure, tries, pause: Duration.millis(pause) }
            yield* Effect.flatMap(ApiRetry.Listener, (listener) => listener(retry))
          }
          return [after.news, Option.some({ ...after, pause })] as const
        })

        return Stream.paginate<Progress, DownloadJob, ApiError | JobError>(begin, step)
      })
    ).pipe(Stream.withSpan("JobPoller.wait", { attributes: { "scenario.job.id": jobId } }))

  const wait = Effect.fnUntraced(function* (jobId: JobId, options?: Options) {
    const last = yield* Stream.runLast(states(jobId, options))
    // The stream ends by a failure or with a state that lasts, never without one.
    const job = yield* Effect.orDie(Effect.fromOption(last))
    return isReady(job)
      ? job
      : yield* JobError.fromJob(job) ?? new JobError({ jobId, reason: new MissingDownloadUrl({ job }) })
  })

  return JobPoller.of({ states, wait })
})

/**
 * The service; the options are the defaults of each wait.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<JobPoller, never, AssetDownload> =>
  Layer.effect(JobPoller, make(options))

/**
 * The service for tests without an API: give the operations your test needs. Calling one that was not given is a defect that
 * names it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (operations: Partial<JobPoller["Service"]>): Layer.Layer<JobPoller> => {
  const missing = (name: keyof JobPoller["Service"]) =>
    Effect.die(new Error(`JobPoller.layerTest: the test called ${name} and gave no ${name}`))
  return Layer.succeed(JobPoller, {
    states: operations.states ?? (() => Stream.fromEffect(missing("states"))),
    wait: operations.wait ?? (() => missing("wait"))
  })
}

const option = OptionCheck.of("JobPoller")
const deadlineOf = ({ deadline }: Options) => option.pause("deadline", deadline)

/** What is known between two looks. */
interface Progress {
  readonly pause: number
  readonly job: DownloadJob | undefined
  readonly warned: boolean
  /** Why the last look failed, if it did. */
  readonly failure: ApiError | undefined
  /** Looks in a row that went wrong, in each way. */
  readonly notFound: number
  readonly malformed: number
  readonly lost: number
  readonly missingUrl: number
}

const begin: Progress = {
  pause: 0,
  job: undefined,
  warned: false,
  failure: undefined,
  notFound: 0,
  malformed: 0,
  lost: 0,
  missingUrl: 0
}

interface Step extends Progress {
  readonly news: ReadonlyArray<DownloadJob>
  readonly ended: boolean
  readonly atLeast: Duration.Duration
}

/** What a look is worth that has shown nothing. */
const nothingSeen = { news: [], ended: false, atLeast: Duration.zero } as const

/** A job that has finished, and only has no link yet, is not waited for because it goes on. */
const unlinked = (jobId: JobId, { job, missingUrl }: Progress): JobError | undefined =>
  job !== undefined && missingUrl > 0 ? new JobError({ jobId, reason: new MissingDownloadUrl({ job }) }) : undefined

/** A job is no longer waited for, because it has ended. */
const tellEnd = Effect.fnUntraced(function* ({ jobId, jobStatus }: DownloadJob, millis: number) {
  yield* Effect.annotateCurrentSpan("scenario.job.status", jobStatus)
  yield* Metric.update(Metric.withAttributes(Metrics.jobs, { state: jobStatus }), 1)
  yield* Metric.update(Metrics.jobWait, millis / 1000)
  yield* Effect.annotateLogs(Effect.logInfo("A job has ended"), { jobId, jobStatus, waited: `${millis} ms` })
})

/** A look that showed the job. */
const seen = Effect.fnUntraced(function* (
  jobId: JobId,
  before: Progress,
  job: DownloadJob
): Effect.fn.Return<Step, JobError> {
  const unknown = !isKnown(job.jobStatus)
  if (unknown && !before.warned) {
    yield* Effect.logWarning(`Job ${jobId} is in a state unknown to this version (${job.jobStatus}); still waiting`)
  }
  const finished = phase(job.jobStatus) === "ready"
  const missingUrl = finished && !isReady(job) ? before.missingUrl + 1 : 0
  if (missingUrl > tolerated.missingUrl) return yield* new JobError({ jobId, reason: new MissingDownloadUrl({ job }) })
  const isNews =
    before.job === undefined || before.job.jobStatus !== job.jobStatus || isReady(before.job) !== isReady(job)
  return {
    ...begin,
    job,
    warned: before.warned || unknown,
    missingUrl,
    news: isNews ? [job] : [],
    ended: finished ? isReady(job) : phase(job.jobStatus) !== "pending",
    atLeast: unknown ? slow : Duration.zero
  }
})

/** A look that failed: forgiven a few times in a row, or the end. */
const missed = (before: Progress, error: ApiError, justBegun: boolean): Effect.Effect<Step, ApiError> => {
  const { reason } = error
  const after: Step = {
    ...before,
    failure: error,
    notFound: before.notFound + (reason._tag === "NotFound" ? 1 : 0),
    malformed: before.malformed + (reason._tag === "InvalidResponse" ? 1 : 0),
    lost: before.lost + (reason._tag !== "InvalidResponse" && error.isRetryable ? 1 : 0),
    ...nothingSeen,
    atLeast:
      "retryAfter" in reason && reason.retryAfter !== undefined
        ? Duration.min(reason.retryAfter, Duration.minutes(2))
        : Duration.zero
  }
  const forgiven =
    reason._tag === "NotFound"
      ? justBegun && before.job === undefined && after.notFound <= tolerated.notFound
      : reason._tag === "InvalidResponse"
        ? after.malformed <= tolerated.malformed
        : error.isRetryable && after.lost <= tolerated.lost
  return forgiven
    ? Effect.as(Effect.logDebug(`A look at the job failed and is forgiven: ${error.message}`), after)
    : Effect.fail(error)
}
