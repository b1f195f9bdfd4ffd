/**
 * A worker: takes batches as it has slots for them, keeps them while it works, and gives back what it cannot end. What it says of its
 * batches goes to the database once a second.
 */
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as Cause from "effect/Cause"
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
import type { SqlError } from "effect/sql/SqlError"
import { type DatabaseError, patiently, toDatabaseError, WorkerStopped } from "../FleetError.ts"
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
  /** What it is called in logs and in the database. Default: host, process and a random part. */
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
  readonly maxAttempts: number
}

/** An attempt that failed: its words go to the queue, which writes them down. */
class AttemptFailed extends Schema.TaggedError<AttemptFailed>()("AttemptFailed", { message: Schema.String }) {}

/** A batch that is under way here. */
interface Slot {
  files: number
  bytes: number
  readonly end: Deferred.Deferred<"lost" | "cancelled">
}

/** Of a whole worker. */
const usualConnections = 16

/** How long a worker pauses whose account is refused: longer each time. */
const shortestPause = Duration.seconds(30)
const longestPause = Duration.minutes(5)

export const work = Effect.fnUntraced(function* (
  { cleanUp, lease, maxAttempts, queue, sql }: Setup,
  { healthInterval = "1 minute", name, slots = 4 }: WorkOptions
): Effect.fn.Return<never, WorkerStopped, CarryOut.Services | Scope.Scope> {
  const { baseUrl, projectId = "" } = yield* ScenarioConfig
  const worker = name ?? `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`
  const seconds = Duration.toSeconds(lease)
  const running = new Map<string, Slot>()
  const gate = yield* Latch.make(true)
  const stopped = yield* Deferred.make<never, WorkerStopped>()
  let paused: string | undefined
  let pauses = 0
  const total = { complete: 0, failed: 0 }

  /** What must be written down before anybody goes on. */
  const surely = <A>(operation: string, statement: Effect.Effect<A, SqlError>) =>
    statement.pipe(Effect.mapError(toDatabaseError(operation)), patiently(lease))

  const pause = Effect.fnUntraced(function* (reason: string) {
    if (paused !== undefined) return
    paused = reason
    yield* gate.close
    const time = Duration.min(Duration.times(shortestPause, 2 ** pauses++), longestPause)
    yield* Effect.annotateLogs(Effect.logWarning("A worker is paused"), { worker, reason, for: Duration.format(time) })
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

  const attempt = (item: Batch.Item, claim: string, slot: Slot, isLast: boolean, request: Batch.Claimed["request"]) => {
    const { batch, runId } = item
    const write = (ended: Batch.Ended) => surely("write down what became of a batch", Batch.end(sql, claim, ended))
    return CarryOut.carryOut({
      runId,
      // As many as one process would have, unless somebody says otherwise.
      request: { connections: Math.max(1, Math.floor(usualConnections / slots)), ...request },
      journal: Journal.make(sql, runId, lease),
      mayStartAnew: Effect.orElseSucceed(Batch.mayStartAnew(sql, claim), () => false),
      onProgress: (files, bytes) => {
        slot.files = files
        slot.bytes = bytes
      }
    }).pipe(
      Effect.map((report) => ({ worst: CarryOut.worst(report.failures.map(({ error }) => error)), report })),
      Effect.catch((error) =>
        Effect.succeed({ worst: { error, verdict: CarryOut.verdictOf(error) }, report: undefined })
      ),
      Effect.catchDefect((defect) =>
        Effect.fail(new AttemptFailed({ message: defect instanceof Error ? defect.message : String(defect) }))
      ),
      Effect.raceFirst(Effect.map(Deferred.await(slot.end), (end) => ({ worst: undefined, report: undefined, end }))),
      Effect.flatMap(
        Effect.fnUntraced(function* (result): Effect.fn.Return<void, AttemptFailed | DatabaseError, Scope.Scope> {
          if ("end" in result) {
            if (result.end === "cancelled") yield* write({ state: "cancelled" })
            return
          }
          const { report, worst } = result
          const counts =
            report === undefined
              ? undefined
              : { files: report.files, bytes: report.bytes, notFound: report.notFound.count }
          if (worst === undefined) {
            yield* write({ state: "complete", counts })
            total.complete++
            pauses = 0
            return
          }
          const { message } = worst.error
          switch (worst.verdict) {
            case "final":
              yield* write({ state: "failed", message, counts })
              total.failed++
              return
            case "attempt":
              return yield* new AttemptFailed({ message })
            case "pause":
              yield* write({ state: "waiting", message, counts })
              yield* pause(message)
              return yield* Effect.interrupt
            case "stop":
              yield* write({ state: "waiting", message, counts })
              yield* Deferred.fail(stopped, new WorkerStopped({ worker, reason: message }))
              return yield* Effect.interrupt
          }
        })
      ),
      Effect.catchTag("AttemptFailed", (error) =>
        Effect.suspend(() => {
          if (isLast) total.failed++
          return Effect.andThen(write({ state: isLast ? "failed" : "waiting", message: error.message }), error)
        })
      ),
      Effect.onInterrupt(() =>
        // Nobody else need wait for the end of the lease.
        Batch.end(sql, claim, { state: "waiting" }).pipe(Effect.timeoutOption("5 seconds"), Effect.ignore)
      ),
      Effect.annotateLogs({ worker, run: runId, batch })
    )
  }

  const handle = (item: Batch.Item, { attempts }: { readonly attempts: number }) =>
    Effect.gen(function* () {
      if (paused !== undefined) return yield* Effect.interrupt
      const claim = randomUUID()
      const isLast = attempts >= maxAttempts
      const slot: Slot = { files: 0, bytes: 0, end: yield* Deferred.make<"lost" | "cancelled">() }
      const claimed = yield* Batch.claim(sql, item, { claim, worker, attempt: attempts, isLast, lease: seconds }).pipe(
        Effect.catchTag("SqlError", (error) => Effect.fail(toDatabaseError("take a batch")(error)))
      )
      if (claimed === undefined) return
      yield* Effect.acquireUseRelease(
        Effect.sync(() => running.set(claim, slot)),
        () => attempt(item, claim, slot, isLast, claimed.request),
        () => Effect.sync(() => running.delete(claim))
      )
    })

  const slotLoop = gate.await.pipe(
    Effect.andThen(Effect.exit(queue.take(handle))),
    Effect.flatMap((exit) => {
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return Effect.void
      const error = Cause.squash(exit.cause)
      return Effect.annotateLogs(Effect.logWarning("An attempt at a batch has failed"), {
        worker,
        reason: error instanceof Error ? error.message : String(error)
      }).pipe(Effect.andThen(Effect.sleep("1 second")))
    }),
    Effect.forever
  )

  let isAway = false
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
    if (isAway) yield* Effect.annotateLogs(Effect.logInfo("The database is back"), { worker })
    isAway = false
  }).pipe(
    Effect.catchTag("SqlError", (error) => {
      if (isAway) return Effect.void
      isAway = true
      const { message } = toDatabaseError("write down what a worker does")(error)
      return Effect.annotateLogs(Effect.logWarning(message), { worker })
    })
  )

  const account = projectId === "" ? baseUrl : `${baseUrl}, project ${projectId}`
  const health = Effect.suspend(() =>
    Effect.annotateLogs(Effect.logInfo(isAway ? "A worker waits for the database" : "A worker is well"), {
      worker,
      account,
      slots,
      busy: running.size,
      ...total,
      ...(paused === undefined ? {} : { paused })
    })
  )

  yield* Effect.annotateLogs(Effect.logInfo("A worker has started"), { worker, account, slots })
  yield* Effect.addFinalizer(() =>
    sql`DELETE FROM scenario_assets_workers WHERE worker = ${worker}`.pipe(
      Effect.timeoutOption("5 seconds"),
      Effect.ignore
    )
  )
  yield* Effect.forkScoped(Effect.repeat(beat, Schedule.spaced("1 second")))
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(cleanUp), Schedule.spaced("1 hour")))
  yield* Effect.forkScoped(Effect.schedule(health, Schedule.spaced(healthInterval)))
  return yield* Effect.raceFirst(
    Effect.andThen(Effect.replicateEffect(slotLoop, slots, { concurrency: "unbounded", discard: true }), Effect.never),
    Deferred.await(stopped)
  )
}, Effect.scoped)
