/**
 * The job journal as a small file, so that a run that was killed goes on with the jobs it has begun.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { dirname } from "node:path"
import { JobId } from "@scenario-assets/core/Asset"
import * as JobJournal from "@scenario-assets/core/JobJournal"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { FileError } from "./file/FileError.ts"
import * as Files from "./file/internal/Files.ts"
import * as Lock from "./file/internal/Lock.ts"

const Jobs = Schema.fromJsonString(
  Schema.Struct({ version: Schema.Literal(1), jobs: Schema.Record(Schema.String, JobId) })
)
const decode = Schema.decodeUnknownOption(Jobs)
const encode = Schema.encodeSync(Jobs)

/** How long another process may write before something must be wrong. */
const patience = Duration.seconds(10)

/**
 * A journal at a path: batches (their keys' SHA-256) and their job ids; no credential, no URL. Written
 * whole or not at all, by one process at a time, readable by its owner alone, and gone when no job is left in it. Of a damaged one
 * there is a warning, and it counts as empty.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (path: string): Layer.Layer<JobJournal.JobJournal> =>
  Layer.effect(
    JobJournal.JobJournal,
    Effect.gen(function* () {
      const one = yield* Semaphore.make(1)
      const nameOf = (batch: JobJournal.BatchKey): string => createHash("sha256").update(batch).digest("hex")

      let isTold = false
      const read = Effect.gen(function* () {
        const text = yield* Files.readText(path)
        const found = text === undefined ? Option.none() : decode(text)
        if (Option.isSome(found)) return found.value.jobs
        if (text !== undefined && !isTold) {
          isTold = true
          yield* Effect.logWarning(
            `The journal of jobs ${path} is damaged, or of another version: jobs that are only known there are started again.`
          )
        }
        const none: { readonly [key: string]: JobId } = {}
        return none
      })

      const update = (f: (jobs: { readonly [key: string]: JobId }) => { readonly [key: string]: JobId }) =>
        Effect.gen(function* () {
          yield* Files.makeDirectory(dirname(path))
          yield* turn
          const before = yield* read
          const jobs = f(before)
          if (Object.keys(jobs).length > 0) yield* Files.writeWhole(path, encode({ version: 1, jobs }))
          else if (Object.keys(before).length > 0) yield* Files.remove(path)
        }).pipe(Effect.scoped, one.withPermits(1), Effect.uninterruptible)

      /** What another process writes meanwhile would be lost. It takes a moment. */
      const turn = Effect.retry(Lock.acquire(path), {
        while: ({ code }) => code === "ELOCKED",
        schedule: Schedule.upTo(Schedule.jittered(Schedule.spaced("10 millis")), { duration: patience })
      })

      const failed = (what: string, jobId?: JobId) =>
        Effect.mapError((cause: FileError) => {
          const why =
            cause.code === "ELOCKED"
              ? `Another run has kept ${Lock.fileOf(path)} for ${Duration.format(patience)}; if none is left, remove that file.`
              : cause.message
          return new JobJournal.JournalError({
            message: `${what} ${why}`,
            cause,
            ...(jobId === undefined ? {} : { jobId })
          })
        })

      return {
        find: (batch) =>
          Effect.map(read, (jobs) => Option.fromUndefinedOr(jobs[nameOf(batch)])).pipe(
            failed("The journal of jobs cannot be read, and no job was started.")
          ),
        record: (batch, jobId) =>
          update((jobs) => ({ ...jobs, [nameOf(batch)]: jobId })).pipe(
            failed(`Job ${jobId} was started, but cannot be written to the journal; wait for it by its id.`, jobId)
          ),
        forget: (jobId) =>
          Effect.flatMap(read, (jobs) =>
            Object.values(jobs).includes(jobId)
              ? update((jobs) => Object.fromEntries(Object.entries(jobs).filter(([, known]) => known !== jobId)))
              : Effect.void
          ).pipe(failed(`Job ${jobId} cannot be removed from the journal.`, jobId))
      }
    })
  )
