/**
 * From a batch to its jobs: one, unless the batch is refused for some of its ids. Then Scenario is asked which assets it knows, and
 * the rest is requested once; what cannot be asked for, models and inferences, is found by dividing.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { ApiError } from "../ApiError.ts"
import type { AssetId, InferenceId, JobId, ModelId } from "../Asset.ts"
import type { AssetCatalog } from "../AssetCatalog.ts"
import type { BatchRequest } from "../AssetDownload.ts"
import type { JobJournal, JournalError } from "../JobJournal.ts"
import type { ScenarioConfig } from "../ScenarioConfig.ts"
import { Selection } from "../Selection.ts"
import * as BatchKeys from "./BatchKeys.ts"

type Failure = ApiError | JournalError

/** An id of a batch that Scenario does not know. */
export type Id = AssetId | InferenceId | ModelId

/** A job for a batch, or for a part of it. */
export interface Begun {
  readonly selection: Selection
  readonly jobId: JobId
  readonly resumed: boolean
  readonly unrecorded?: JournalError
}

/** What came of a batch. */
export interface Answer {
  /** Several where it had to be divided. */
  readonly jobs: Arr.NonEmptyReadonlyArray<Begun>
  /** Parts that have no job: what others have is not lost by that. */
  readonly left: ReadonlyArray<{ readonly selection: Selection; readonly error: Failure }>
}

/** What all batches of a selection know. */
export interface Shared {
  /** A refusal that each of them would meet. */
  refusal: ApiError | undefined
  /** A request was accepted: those that come later need not wait for each other. */
  isProved: boolean
  /** How many requests may still be sent to find ids that cannot be looked up: each that is accepted is a job, and paid. */
  divisions: number
  /** How many questions may still be asked to find assets, where a question is refused for one of them. */
  lookups: number
  readonly one: Semaphore.Semaphore
}

/** Of a whole selection. */
const mostDivisions = 20
const mostLookups = 200

export const shared: Effect.Effect<Shared> = Effect.map(Semaphore.make(1), (one) => ({
  refusal: undefined,
  isProved: false,
  divisions: mostDivisions,
  lookups: mostLookups,
  one
}))

interface Services {
  readonly config: Pick<ScenarioConfig["Service"], "baseUrl" | "projectId">
  readonly catalog: AssetCatalog["Service"]
  readonly journal: JobJournal["Service"]
  /** Begins a job. */
  readonly request: (batch: BatchRequest) => Effect.Effect<JobId, ApiError>
}

interface Batch {
  readonly request: BatchRequest
  readonly shared: Shared
  /** Hears of ids that Scenario does not know. */
  readonly lost: (ids: ReadonlyArray<Id>) => Effect.Effect<void>
}

/** Begins the jobs of a batch that the journal does not know. Each is in the journal before anybody hears of it. */
export const make =
  ({ catalog, config, journal, request }: Services) =>
  ({ lost, request: whole, shared }: Batch): Effect.Effect<Answer, Failure> => {
    const keyOf = (selection: Selection) => BatchKeys.of(config, { ...whole, selection })

    const ask = (selection: Selection) =>
      Effect.suspend(() =>
        shared.refusal === undefined ? request({ ...whole, selection }) : Effect.fail(shared.refusal)
      ).pipe(
        Effect.tap(() => Effect.sync(() => (shared.isProved = true))),
        Effect.tapError((error) => (isOfAll(error) ? stop(error) : Effect.void))
      )

    /** Nobody is asked any more. */
    const stop = (refusal: ApiError) =>
      Effect.sync(() => {
        shared.refusal = refusal
      })

    /** Recorded under the key of a selection, of which those that nobody knows are left out. */
    const begin = (of: Selection, selection: Selection, unknown: ReadonlyArray<Id>): Effect.Effect<Begun, ApiError> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const jobId = yield* restore(ask(selection))
          const recorded = yield* Effect.result(journal.record(keyOf(of), { jobId, unknown }))
          const begun: Begun = {
            selection,
            jobId,
            resumed: false,
            ...(Result.isFailure(recorded) ? { unrecorded: recorded.failure } : {})
          }
          return begun
        })
      ).pipe(answeredWithin(patience))

    /** The same for a part, which the journal may know. */
    const beginPart = Effect.fnUntraced(function* (selection: Selection) {
      const known = yield* journal.find(keyOf(selection))
      if (Option.isNone(known)) return yield* begin(selection, selection, [])
      const begun: Begun = { selection, jobId: known.value.jobId, resumed: true }
      return begun
    })

    /**
     * Which of some assets Scenario does not know. Whether it leaves them out of its answer or refuses the question is documented
     * nowhere. None where that would be too many questions.
     */
    const unknownOf = (ids: ReadonlyArray<AssetId>): Effect.Effect<ReadonlyArray<AssetId> | undefined, ApiError> =>
      Effect.gen(function* () {
        const found = yield* Effect.result(Stream.runCollect(catalog.get(ids)))
        if (Result.isSuccess(found)) {
          const known = new Set<string>(found.success.map(({ id }) => id))
          return ids.filter((id) => !known.has(id))
        }
        if (!isOfIds(found.failure)) return yield* found.failure
        if (ids.length === 1) return ids
        if (shared.lookups < 2) return undefined
        shared.lookups -= 2
        const [first, second] = halves(ids)
        const one = yield* unknownOf(first)
        const other = yield* unknownOf(second)
        return one === undefined || other === undefined ? undefined : [...one, ...other]
      })

    /** Whether anything of the project may be seen. Where not, a refusal is about no id. */
    const isAllowed = Stream.runDrain(Stream.take(catalog.list(), 1)).pipe(
      Effect.as(true),
      Effect.catchIf(isOfIds, () => Effect.succeed(false))
    )

    const only = (begun: Begun): Answer => ({ jobs: [begun], left: [] })

    /** What came of parts, one after another; fails where none has a job. */
    const together = Effect.fnUntraced(function* (
      parts: ReadonlyArray<Selection>,
      work: (part: Selection) => Effect.Effect<Answer, Failure>
    ): Effect.fn.Return<Answer, Failure> {
      const tried = yield* Effect.forEach(parts, (part) =>
        Effect.map(Effect.result(work(part)), (result) => ({ part, result }))
      )
      const answers = tried.flatMap(({ result }) => (Result.isSuccess(result) ? [result.success] : []))
      const failed = tried.flatMap(({ part, result }) =>
        Result.isFailure(result) ? [{ selection: part, error: result.failure }] : []
      )
      const jobs = answers.flatMap(({ jobs }) => jobs)
      if (Arr.isReadonlyArrayNonEmpty(jobs)) return { jobs, left: [...answers.flatMap(({ left }) => left), ...failed] }
      return yield* Effect.fail(failed[0]?.error ?? (yield* Effect.die("a batch without parts")))
    })

    /** Finds the ids that a refusal is about by requesting halves. Where both are refused it is about no id. */
    const divide = (selection: Selection, refusal: ApiError): Effect.Effect<Answer, Failure> =>
      Effect.gen(function* () {
        const parts = halvesToTry(selection)
        if (parts === undefined || shared.divisions < parts.length) return yield* refusal
        shared.divisions -= parts.length
        const answer = yield* Effect.tapError(
          together(parts, (part) => Effect.map(beginPart(part), only)),
          (error) => (isRefusal(error) && error.reason._tag === "Forbidden" ? stop(error) : Effect.void)
        )
        const [rest] = answer.left
        if (rest === undefined || !isRefusal(rest.error)) return answer
        const ids = idsOf(rest.selection)
        if (ids.length === 1) {
          yield* lost(ids)
          return { jobs: answer.jobs, left: [] }
        }
        const found = yield* Effect.result(divide(rest.selection, rest.error))
        return Result.isFailure(found)
          ? { jobs: answer.jobs, left: [{ selection: rest.selection, error: found.failure }] }
          : { jobs: Arr.appendAll(answer.jobs, found.success.jobs), left: found.success.left }
      })

    /** Two jobs in the place of one that would be too large, and more where these are. */
    const halve = (selection: Selection, refusal: ApiError): Effect.Effect<Answer, Failure> => {
      const parts = halvesOf(selection)
      return parts === undefined ? Effect.fail(refusal) : together(parts, beginAll)
    }

    const beginAll = (selection: Selection): Effect.Effect<Answer, Failure> =>
      Effect.catchTag(Effect.map(beginPart(selection), only), "ApiError", (error) => settle(selection, error))

    /** What is done about a refusal. */
    const settle = (selection: Selection, refusal: ApiError): Effect.Effect<Answer, Failure> =>
      Effect.gen(function* () {
        if (shared.refusal !== undefined) return yield* refusal
        if (isTooLarge(refusal)) return yield* halve(selection, refusal)
        if (!isOfIds(refusal)) return yield* refusal
        if (refusal.reason._tag === "Forbidden" && !(yield* isAllowed)) {
          yield* stop(refusal)
          return yield* refusal
        }
        const unknown = selection.assetIds.length === 0 ? [] : yield* unknownOf(selection.assetIds)
        if (unknown === undefined) return yield* refusal
        if (unknown.length === 0) return yield* divide(selection, refusal)
        yield* lost(unknown)
        const rest = without(selection, unknown)
        if (rest === undefined) return yield* refusal
        const known = yield* journal.find(keyOf(rest))
        if (Option.isSome(known)) return only({ selection: rest, jobId: known.value.jobId, resumed: true })
        return yield* begin(selection, rest, unknown).pipe(
          Effect.map(only),
          Effect.catchTag("ApiError", (error) =>
            isTooLarge(error) ? halve(rest, error) : isOfIds(error) ? divide(rest, error) : Effect.fail(error)
          )
        )
      })

    const beginWhole = begin(whole.selection, whole.selection, []).pipe(
      Effect.map(only),
      Effect.catchTag("ApiError", (error) => settle(whole.selection, error))
    )
    const unlessProved = Effect.suspend(() => (shared.isProved ? Effect.succeed(undefined) : beginWhole))
    /** Until a request is accepted they are sent one after another: what refuses the first may refuse them all. */
    return Effect.flatMap(
      Effect.suspend(() => (shared.isProved ? unlessProved : shared.one.withPermits(1)(unlessProved))),
      (answer) => (answer === undefined ? beginWhole : Effect.succeed(answer))
    )
  }

/** How long an interrupted program waits for the answer to a request that may have begun a job. */
const patience = Duration.seconds(5)

/** Goes on for so long when it is interrupted, and to the end of what cannot be interrupted. */
const answeredWithin =
  (limit: Duration.Duration) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkChild(effect), (fiber) =>
        Effect.onInterrupt(restore(Fiber.join(fiber)), () =>
          Effect.andThen(Effect.timeoutOption(Fiber.await(fiber), limit), Fiber.interrupt(fiber))
        )
      )
    )

/** A refusal that every further batch would meet. A 403 may be about the ids of one. */
const isOfAll = ({ reason }: ApiError): boolean => reason._tag === "Unauthorized" || reason._tag === "QuotaExceeded"

/** A refusal that may be about single ids. */
const isOfIds = ({ reason }: ApiError): boolean => reason._tag === "NotFound" || reason._tag === "Forbidden"

const isRefusal = (error: Failure): error is ApiError => error._tag === "ApiError" && isOfIds(error)

/** Whether 1000 counts the ids or what they stand for is documented nowhere, nor is how it is said. */
const isTooLarge = ({ reason }: ApiError): boolean =>
  reason._tag === "Rejected" &&
  (reason.response.status === 413 ||
    (reason.response.status === 400 &&
      /\blimited to\b|\btoo (?:large|many|big)\b|\bat most \d/i.test(reason.response.body)))

const idsOf = ({ assetIds, inferenceIds, modelIds }: Selection): ReadonlyArray<Id> => [
  ...assetIds,
  ...inferenceIds,
  ...modelIds
]

const halves = <A>(all: ReadonlyArray<A>): readonly [ReadonlyArray<A>, ReadonlyArray<A>] => {
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)]
}

/** None where nothing is left. */
export const without = ({ assetIds, inferenceIds, modelIds }: Selection, some: Iterable<Id>): Selection | undefined => {
  const ids = new Set(some)
  const left = {
    assetIds: assetIds.filter((id) => !ids.has(id)),
    inferenceIds: inferenceIds.filter((id) => !ids.has(id)),
    modelIds: modelIds.filter((id) => !ids.has(id))
  }
  return Object.values(left).some(({ length }) => length > 0) ? new Selection(left) : undefined
}

/** What is in these ids, and what is not; where each has something. */
const cut = (selection: Selection, ids: ReadonlySet<Id>): readonly [Selection, Selection] | undefined => {
  const others = new Set(idsOf(selection).filter((id) => !ids.has(id)))
  const [first, second] = [without(selection, others), without(selection, ids)]
  return first === undefined || second === undefined ? undefined : [first, second]
}

const halvesOf = (selection: Selection) => cut(selection, new Set(halves(idsOf(selection))[0]))

/** Halves of the ids that cannot be looked up; the assets, which are known, go with the first. None where there is nothing to find. */
const halvesToTry = (selection: Selection) => {
  const unsure: ReadonlyArray<Id> = [...selection.inferenceIds, ...selection.modelIds]
  const [first] = unsure.length === 1 ? [[]] : halves(unsure)
  return unsure.length === 0 ? undefined : cut(selection, new Set([...selection.assetIds, ...first]))
}
