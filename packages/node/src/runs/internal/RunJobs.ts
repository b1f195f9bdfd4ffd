/** The jobs of a run in a file of lines, to which one is added for each job: a journal for `Archives`. */
import { createHash } from "node:crypto"
import { AssetId, InferenceId, JobId, ModelId } from "@scenario-assets/core/Asset"
import { type BatchKey, type JobJournal, JournalError, type Recorded as Job } from "@scenario-assets/core/JobJournal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { FileError } from "../../file/FileError.ts"
import * as Files from "../../file/internal/Files.ts"
import type { RunJob } from "../RunRecord.ts"

const Id = Schema.Union([AssetId, InferenceId, ModelId])

const Line = Schema.fromJsonString(
  Schema.Union([
    /** A job was begun for the batch with this digest, or one that another run had begun was taken over. */
    Schema.Struct({ batch: Schema.String, jobId: JobId, unknown: Schema.optionalKey(Schema.Array(Id)) }),
    /** It is of no use any more. */
    Schema.Struct({ forgotten: JobId }),
    /** The batch was begun anew, which it may be once. */
    Schema.Struct({ anew: Schema.String }),
    /** What became of the archive of a job. */
    Schema.Struct({ ended: JobId, state: Schema.Literals(["saved", "failed"]) })
  ])
)
type Line = typeof Line.Type
const decode = Schema.decodeOption(Line)
const encode = Schema.encodeSync(Line)

/** What is recorded of jobs. */
export interface Recorded {
  /** In the order of the batches. */
  readonly all: () => ReadonlyArray<RunJob>
  /** The same with those that are of no use any more, such as failed ones. */
  readonly ever: () => ReadonlyArray<RunJob>
  readonly stateOf: (jobId: JobId) => RunJob["state"]
}

export interface RunJobs extends Recorded {
  readonly journal: JobJournal["Service"]
  /** Records what became of the archive of a job. */
  readonly ended: (jobId: JobId, state: "saved" | "failed") => Effect.Effect<void, FileError>
  /** Whether the batch with this number was never begun anew; from now on it was. */
  readonly mayStartAnew: (batch: number) => Effect.Effect<boolean, FileError>
  /** Records what could not be recorded before. */
  readonly catchUp: Effect.Effect<void, FileError>
}

/** What some lines say together. */
interface Known {
  readonly jobs: Map<string, Job>
  /** Those that are of no use any more. */
  readonly useless: ReadonlyArray<{ readonly batch: string; readonly jobId: JobId }>
  readonly anew: Set<string>
  readonly states: Map<JobId, RunJob["state"]>
}

const digest = (batch: BatchKey): string => createHash("sha256").update(batch).digest("hex")

/** A line that was cut off by a kill is passed over. */
const readLines = (path: string): Effect.Effect<ReadonlyArray<Line>, FileError> =>
  Effect.map(Files.readText(path), (text) =>
    (text ?? "").split("\n").flatMap((line) => Option.toArray(line === "" ? Option.none() : decode(line)))
  )

const know = (lines: ReadonlyArray<Line>): Known => {
  const forgotten = new Set(lines.flatMap((line) => ("forgotten" in line ? [line.forgotten] : [])))
  const begun = lines.filter((line) => "jobId" in line)
  const jobs = new Map<string, Job>()
  for (const { batch, jobId, unknown = [] } of begun) if (!forgotten.has(jobId)) jobs.set(batch, { jobId, unknown })
  return {
    jobs,
    useless: begun.filter(({ jobId }) => forgotten.has(jobId)),
    anew: new Set(lines.flatMap((line) => ("anew" in line ? [line.anew] : []))),
    states: new Map(lines.flatMap((line) => ("ended" in line ? [[line.ended, line.state]] : [])))
  }
}

const recorded = ({ jobs, states, useless }: Known, digests: ReadonlyArray<string>): Recorded => {
  const isBatch = new Set(digests)
  const stateOf = (jobId: JobId) => states.get(jobId) ?? "started"
  const all = () =>
    // Behind the batches come parts of those that had to be divided.
    [...digests, ...[...jobs.keys()].filter((key) => !isBatch.has(key))].flatMap((key, batch) => {
      const job = jobs.get(key)
      return job === undefined ? [] : [{ batch, jobId: job.jobId, state: stateOf(job.jobId) }]
    })
  const failed = () =>
    useless.flatMap(({ batch: key, jobId }) => {
      const batch = digests.indexOf(key)
      return batch === -1 ? [] : [{ batch, jobId, state: "failed" as const }]
    })
  return { stateOf, all, ever: () => [...failed(), ...all()].toSorted((a, b) => a.batch - b.batch) }
}

/** The jobs of a run that is not under way here. */
export const read = (path: string, batches: ReadonlyArray<BatchKey>): Effect.Effect<Recorded, FileError> =>
  Effect.map(readLines(path), (lines) => recorded(know(lines), batches.map(digest)))

/** Where the jobs of a run are, and whether they can be recorded there. */
export interface Place {
  readonly path: string | undefined
  readonly isWritable: boolean
}

/** Those of a run, and, to be taken over, those of `others`. */
export const open = Effect.fnUntraced(function* (
  { isWritable, path }: Place,
  others: ReadonlyArray<string>,
  batches: ReadonlyArray<BatchKey>
): Effect.fn.Return<RunJobs, FileError> {
  const ownLines = path === undefined ? [] : yield* readLines(path)
  const otherLines = yield* Effect.forEach(others, (other) => Effect.orElseSucceed(readLines(other), () => []))
  const own = know(ownLines)
  // What one of them has forgotten is forgotten for all.
  const elsewhere = know([...otherLines.flat(), ...ownLines])
  const digests = batches.map(digest)
  const one = yield* Semaphore.make(1)

  /** What could not be recorded yet. */
  const pending: Array<Line> = []

  /** On the disk before anybody goes on. */
  const write = Effect.suspend(() => {
    if (!isWritable || path === undefined || pending.length === 0) return Effect.void
    const lines = [...pending]
    return Files.open(path, "a", 0o600).pipe(
      Effect.flatMap((handle) =>
        Effect.andThen(
          // A line that was cut off by a kill ends here.
          Files.attempt("record a job in", path, () =>
            handle.appendFile(lines.map((line) => `\n${encode(line)}\n`).join(""))
          ),
          Files.sync(path, handle, "data")
        )
      ),
      Effect.scoped,
      Effect.andThen(Effect.sync(() => void pending.splice(0, lines.length)))
    )
  }).pipe(one.withPermits(1), Effect.uninterruptible)

  const add = (line: Line) =>
    Effect.suspend(() => {
      pending.push(line)
      return write
    })

  const failed = (what: string, jobId?: JobId) =>
    Effect.mapError(
      (cause: FileError) =>
        new JournalError({
          message: `${what} ${cause.problem}.`,
          cause,
          ...(jobId === undefined ? {} : { jobId })
        })
    )

  const record = (key: string, job: Job) =>
    Effect.suspend(() => {
      own.jobs.set(key, job)
      const { jobId, unknown } = job
      return add({ batch: key, jobId, ...(unknown.length === 0 ? {} : { unknown }) })
    })

  return {
    ...recorded(own, digests),
    ended: (jobId, state) =>
      Effect.suspend(() => {
        own.states.set(jobId, state)
        return add({ ended: jobId, state })
      }),
    mayStartAnew: (batch) =>
      Effect.suspend(() => {
        const key = digests[batch]
        if (key === undefined || own.anew.has(key)) return Effect.succeed(false)
        own.anew.add(key)
        return Effect.as(add({ anew: key }), true)
      }),
    catchUp: write,
    journal: {
      find: (batch) =>
        Effect.suspend(() => {
          const key = digest(batch)
          const known = own.jobs.get(key)
          if (known !== undefined) return Effect.succeedSome(known)
          const found = elsewhere.jobs.get(key)
          // It stays recorded for the run that began it, where the next one finds it too.
          return found === undefined
            ? Effect.succeedNone
            : Effect.as(Effect.ignore(record(key, found)), Option.some(found))
        }),
      record: (batch, job) =>
        Effect.suspend(() => record(digest(batch), job)).pipe(
          failed(
            `Job ${job.jobId} exists, but cannot be recorded, so that no later run will find it; keep its id and fetch it by that.`,
            job.jobId
          )
        ),
      forget: (jobId) =>
        Effect.suspend(() => {
          for (const { jobs } of [own, elsewhere])
            for (const [key, known] of jobs) if (known.jobId === jobId) jobs.delete(key)
          return add({ forgotten: jobId })
        }).pipe(failed(`Job ${jobId} cannot be removed from the record of the run.`))
    }
  }
})
