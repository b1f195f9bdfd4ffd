/**
 * A worker: takes batches as it has slots for them, keeps them while it works, and gives back what it cannot end. What it says of its
 * batches goes to the database once a second.
 */
import { randomUUID } from "node:crypto"
import { existsSync } from "node:fs"
import { availableParallelism, hostname } from "node:os"
import { ApiError } from "@scenario-assets/core/ApiError"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import type { DownloadRequest } from "@scenario-assets/node/runs/DownloadRequest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import { type DatabaseError, WorkerStopped } from "../FleetError.ts"
import { asking, patiently } from "./Asking.ts"
import * as Batch from "./Batch.ts"
import * as CarryOut from "./CarryOut.ts"
import * as Journal from "./Journal.ts"

/**
 * How a worker works.
 *
 * @category models
 * @since 0.1.0
 */
export interface WorkOptions {
  /** Batches at once; waiting for their jobs counts. Default 4. */
  readonly slots?: number | undefined
  /** What it is called in logs and in the database; no two have the same. Default: host, process and a random part. */
  readonly name?: string | undefined
  /** How often it says that it is well. Default 1 minute. */
  readonly healthInterval?: Duration.Input | undefined
}

export interface Setup {
  readonly sql: SqlClient.SqlClient
  readonly queue: PersistedQueue.PersistedQueue<Batch.Item>
  /** Removes what the queue has kept of batches that are over. */
  readonly cleanUp: Effect.Effect<void, PersistedQueue.PersistedQueueError>
  /** How long a batch stays with a worker that says nothing. */
  readonly lease: Duration.Duration
}

/** An attempt that failed: its words go to the queue, which writes them down. The worker stops, or goes on. */
class AttemptFailed extends Schema.TaggedError<AttemptFailed>()("AttemptFailed", {
  message: Schema.String,
  stops: Schema.Boolean
}) {}

/** A batch that is under way here. */
interface Slot {
  files: number
  bytes: number
  readonly end: Deferred.Deferred<"lost" | "cancelled">
}

/** Of a whole worker. */
const usualConnections = 16
const mostThreads = 4

/** How long a worker pauses whose account is refused: longer each time. */
const shortestPause = Duration.seconds(30)
const longestPause = Duration.minutes(5)

/** A worker that has written nothing down for so many milliseconds waits for the database. */
const silence = 10_000

export const work = Effect.fnUntraced(function* (
  { cleanUp, lease, queue, sql }: Setup,
  { healthInterval = "1 minute", name, slots = 4 }: WorkOptions
): Effect.fn.Return<never, WorkerStopped, CarryOut.Services | Scope.Scope> {
  const { baseUrl, projectId = "" } = yield* ScenarioConfig
  const worker = name ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`
  const seconds = Duration.toSeconds(lease)
  const threads = Math.max(1, Math.floor(Math.min(mostThreads, availableParallelism()) / slots))
  const running = new Map<string, Slot>()
  const gate = yield* Latch.make(true)
  const stopped = yield* Deferred.make<never, WorkerStopped>()
  let paused: string | undefined
  let pauses = 0
  let lastBeat = yield* Clock.currentTimeMillis
  let isAway = false
  const total = { complete: 0, failed: 0 }
  const warn = (message: string, notes: object = {}) =>
    Effect.annotateLogs(Effect.logWarning(message), { worker, ...notes })

  const stop = (reason: string) => Deferred.fail(stopped, new WorkerStopped({ worker, reason }))

  const pause = Effect.fnUntraced(function* (reason: string) {
    if (paused !== undefined) return
    paused = reason
    yield* gate.close
    const time = Duration.min(Duration.times(shortestPause, 2 ** pauses++), longestPause)
    yield* warn("The worker is paused", { reason, for: Duration.format(time) })
    yield* Effect.sleep(time).pipe(
      Effect.andThen(
        Effect.suspend(() => {
          paused = undefined
          return gate.open
        })
      ),
      Effect.forkScoped
    )
  })

  /** Carries a batch out, and writes down what became of it. Where the database is away for long, that waits. */
  const attempt = (item: Batch.Item, claim: string, slot: Slot, request: DownloadRequest) => {
    const { runId } = item
    const write = (ended: Batch.Ended) =>
      Batch.end(sql, claim, ended).pipe(asking("record the end of a batch"), patiently(Duration.times(lease, 10)))
    const whenKept = Batch.isKept(sql, claim).pipe(
      asking("look for a batch"),
      Effect.orElseSucceed(() => true),
      Effect.flatMap((kept) => (kept ? Effect.void : Effect.andThen(Deferred.succeed(slot.end, "lost"), Effect.never)))
    )
    const carriedOut = CarryOut.carryOut({
      runId,
      // As many as one process would have, unless somebody says otherwise.
      request: { connections: Math.max(1, Math.floor(usualConnections / slots)), ...request },
      journal: Journal.make(sql, runId, lease),
      threads,
      whenKept,
      onProgress: (files, bytes) => {
        slot.files = files
        slot.bytes = bytes
      }
    }).pipe(
      Effect.map((report) => ({ errors: report.failures.map(({ error }) => error), report })),
      Effect.catch((error) => Effect.succeed({ errors: [error], report: undefined })),
      Effect.flatMap(({ errors, report }) =>
        Effect.map(CarryOut.judge(errors, request), (worst) => ({ worst, report }))
      ),
      Effect.catchDefect((defect) => new AttemptFailed({ message: wordsOf(defect), stops: false }))
    )
    const settle = Effect.fnUntraced(function* (
      end: Effect.Success<typeof carriedOut> | "lost" | "cancelled"
    ): Effect.fn.Return<void, AttemptFailed | DatabaseError, Scope.Scope> {
      if (end === "lost") return yield* Effect.logWarning("A batch was lost to another worker")
      if (end === "cancelled") {
        yield* Effect.logInfo("A batch was cancelled")
        // It may have been offered again meanwhile.
        return yield* Effect.interrupt
      }
      const { report, worst } = end
      const counts =
        report === undefined ? undefined : { files: report.files, bytes: report.bytes, notFound: report.notFound.count }
      // All that is known of the batch is there.
      const isEmpty = worst !== undefined && isNotFound(worst.error) && (counts?.notFound ?? 0) > 0
      if (worst === undefined || isEmpty) {
        yield* write({ state: "complete", counts })
        total.complete++
        pauses = 0
        return
      }
      const message = plain(worst.error.message)
      if (worst.verdict === "final") {
        yield* write({ state: "failed", message, counts })
        total.failed++
        return yield* Effect.logWarning(`A batch has failed: ${message}`)
      }
      const isUncounted = worst.verdict === "pause" || worst.verdict === "stop"
      yield* write({ state: "waiting", message, counts, isUncounted })
      if (worst.verdict === "pause") yield* pause(message)
      else if (worst.verdict === "stop") yield* stop(message)
      else return yield* new AttemptFailed({ message, stops: worst.verdict === "place" })
      return yield* Effect.interrupt
    })
    return Effect.raceFirst(carriedOut, Deferred.await(slot.end)).pipe(
      Effect.tapErrorTag("AttemptFailed", ({ message }) => write({ state: "waiting", message })),
      Effect.flatMap(settle),
      Effect.onInterrupt(() =>
        // Nobody else need wait for the end of the lease.
        Batch.end(sql, claim, { state: "waiting", isUncounted: true }).pipe(
          Effect.timeoutOption("5 seconds"),
          Effect.ignore
        )
      )
    )
  }

  const handle = (item: Batch.Item, { attempts }: { readonly attempts: number }) =>
    Effect.gen(function* () {
      if (paused !== undefined) return yield* Effect.interrupt
      const claim = randomUUID()
      const slot: Slot = { files: 0, bytes: 0, end: yield* Deferred.make<"lost" | "cancelled">() }
      const claimed = yield* asking("take a batch")(
        Batch.claim(sql, item, { claim, worker, attempt: attempts, lease: seconds })
      )
      if (claimed === undefined) return
      const { place, request } = claimed
      if (request === undefined) {
        const message = "The request cannot be read; is it one of another version?"
        return yield* asking("record the end of a batch")(Batch.end(sql, claim, { state: "failed", message }))
      }
      // Where it is not mounted, files would go to the disk of this machine.
      if (request.destination._tag === "Directory" && !existsSync(place)) {
        yield* asking("give a batch back")(Batch.end(sql, claim, { state: "waiting", isUncounted: true }))
        yield* stop(`The directory ${place} does not exist here; mount it, or cancel ${item.runId}.`)
        return yield* Effect.interrupt
      }
      yield* Effect.acquireUseRelease(
        Effect.sync(() => running.set(claim, slot)),
        () => Effect.andThen(Effect.logInfo("A batch was taken"), attempt(item, claim, slot, request)),
        () => Effect.sync(() => running.delete(claim))
      )
    }).pipe(
      Effect.tapErrorTag("AttemptFailed", ({ message }) => Effect.logWarning(`An attempt has failed: ${message}`)),
      // It is no fault of the batch: it is given back, and costs no attempt.
      Effect.catchTag("DatabaseError", ({ message }) => Effect.andThen(Effect.logWarning(message), Effect.interrupt)),
      Effect.annotateLogs({ worker, run: item.runId, batch: item.batch + 1, attempt: attempts })
    )

  const slotLoop = gate.await.pipe(
    Effect.andThen(Effect.exit(queue.take(handle))),
    Effect.flatMap((exit) => {
      if (Exit.isSuccess(exit)) return Effect.void
      // What was given back is there to be taken at once.
      const rest = Effect.sleep("1 second")
      if (Cause.hasInterruptsOnly(exit.cause)) return rest
      const error = Cause.squash(exit.cause)
      if (error instanceof AttemptFailed) return error.stops ? stop(error.message) : rest
      return Effect.andThen(warn(wordsOf(error)), rest)
    }),
    Effect.forever
  )

  const beat = Effect.gen(function* () {
    const mine = [...running]
    const counts = mine.map(([claim, { bytes, files }]) => ({ claim, files, bytes }))
    const kept = mine.length === 0 ? [] : yield* Batch.keep(sql, counts, seconds)
    const isCancelled = new Map(kept.map(({ claim, is_cancelled }) => [claim, is_cancelled]))
    for (const [claim, { end }] of mine) {
      const found = isCancelled.get(claim)
      if (found !== false && running.has(claim)) yield* Deferred.succeed(end, found === true ? "cancelled" : "lost")
    }
    yield* sql`
      INSERT INTO scenario_assets_workers (worker, base_url, project_id, slots, busy, paused)
      VALUES (${worker}, ${baseUrl}, ${projectId}, ${slots}, ${running.size}, ${paused ?? null}::text)
      ON CONFLICT (worker) DO UPDATE SET busy = excluded.busy, paused = excluded.paused, seen_at = now()`
    yield* Batch.reap(sql)
    lastBeat = yield* Clock.currentTimeMillis
    if (isAway) yield* Effect.annotateLogs(Effect.logInfo("The database is back"), { worker })
    isAway = false
  }).pipe(
    asking("record what the worker does"),
    Effect.catchCause((cause) => {
      if (isAway) return Effect.void
      isAway = true
      return warn(wordsOf(Cause.squash(cause)))
    })
  )

  const account = projectId === "" ? baseUrl : `${baseUrl}, project ${projectId}`
  const health = Effect.gen(function* () {
    const isWell = (yield* Clock.currentTimeMillis) - lastBeat < silence
    yield* Effect.annotateLogs(Effect.logInfo(isWell ? "The worker is healthy" : "The worker waits for the database"), {
      worker,
      account,
      slots,
      busy: running.size,
      ...total,
      ...(paused === undefined ? {} : { paused })
    })
  })

  const hourly = Effect.andThen(
    Effect.ignore(cleanUp),
    Effect.ignore(sql`DELETE FROM scenario_assets_workers WHERE seen_at < now() - interval '1 day'`)
  )

  yield* Effect.annotateLogs(Effect.logInfo("The worker has started"), { worker, account, slots })
  yield* Effect.addFinalizer(() =>
    sql`DELETE FROM scenario_assets_workers WHERE worker = ${worker}`.pipe(
      Effect.timeoutOption("5 seconds"),
      Effect.ignore
    )
  )
  yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced("1 second")))
  yield* Effect.forkScoped(Effect.repeat(hourly, Schedule.spaced("1 hour")))
  yield* Effect.forkScoped(Effect.schedule(health, Schedule.spaced(healthInterval)))
  return yield* Effect.raceFirst(
    Effect.andThen(Effect.replicateEffect(slotLoop, slots, { concurrency: "unbounded", discard: true }), Effect.never),
    Deferred.await(stopped)
  )
}, Effect.scoped)

const isNotFound = (error: { readonly _tag: string }): boolean =>
  error instanceof ApiError && error.operation === "requestBatch" && error.reason._tag === "NotFound"

/** What may be stored: without links and credentials, and without what Postgres takes for the end of a text. */
const plain = (text: string): string => Redaction.redact(text).replaceAll("\u0000", "")

const wordsOf = (error: unknown): string => plain(error instanceof Error ? error.message : String(error))
