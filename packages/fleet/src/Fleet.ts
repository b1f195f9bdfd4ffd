/**
 * Many machines that share the work of downloads. **Experimental**: it stands on modules of Effect that are marked unstable.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Redaction from "@scenario-assets/core/engine/Redaction"
import { ScenarioConfig } from "@scenario-assets/core/ScenarioConfig"
import * as Files from "@scenario-assets/node/engine/file/Files"
import * as Place from "@scenario-assets/node/engine/runs/Place"
import * as DownloadRequest from "@scenario-assets/node/runs/DownloadRequest"
import type { Account, RunId } from "@scenario-assets/node/runs/RunRecord"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, SqlError, UnknownError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import {
  DatabaseError,
  type DatabaseNotReady,
  NotForFleet,
  type PlaceBusy,
  type UnknownRun,
  type WorkerStopped
} from "./FleetError.ts"
import { asking } from "./internal/Asking.ts"
import * as Batch from "./internal/Batch.ts"
import type { Services } from "./internal/CarryOut.ts"
import * as Runs from "./internal/Runs.ts"
import { queue as queueTable } from "./internal/Schema.ts"
import * as Worker from "./internal/Worker.ts"
import * as Migrations from "./Migrations.ts"
import * as RunProgress from "./RunProgress.ts"

/** @category models @since 0.1.0 */
export type { Services as WorkServices } from "./internal/CarryOut.ts"
/** @category models @since 0.1.0 */
export type { WorkOptions } from "./internal/Worker.ts"

/**
 * Downloads that any number of workers share. A run is cut into batches of at most 1000 ids, each with a folder of its own where there
 * are several, and whoever has room takes the next one. What happens is in the database, so anybody who reaches it can watch.
 *
 * **When to use**
 *
 * Where one machine is too slow or may fail: its disk, its network, or the hours it takes. Otherwise `Downloads` does the same with less.
 *
 * **Gotchas**
 *
 * Every batch is carried out at least once. A second attempt finds the job of the first, and the files that are there, so what is done
 * twice is little; a second job is begun only where a worker dies between Scenario's answer and its record.
 *
 * @category services
 * @since 0.1.0
 */
export class Fleet extends Context.Service<
  Fleet,
  {
    /**
     * Writes a run down for the workers of an account, and gives its id at once. A directory is one that all workers reach, under the
     * same path; a relative one is taken from the directory of this process. Options of the request hold for each batch.
     */
    readonly submit: (
      request: DownloadRequest.DownloadRequest,
      account: Account
    ) => Effect.Effect<RunId, DownloadRequest.InvalidDownloadRequest | NotForFleet | PlaceBusy | DatabaseError>
    /**
     * Works until it is interrupted, and then gives its batches back. Waits while the database is away, and while the account is refused
     * (401, 402, 403), which costs no attempt. Fails where it can store nothing, as on a full disk.
     */
    readonly work: (options?: Worker.WorkOptions) => Effect.Effect<never, WorkerStopped, Services>
    /** How far a run is, each time that has changed, and last of all how it ended. Looks once a second. */
    readonly watch: (runId: string) => Stream.Stream<RunProgress.RunProgress, UnknownRun | DatabaseError>
    /** The newest 100 runs, the newest first. */
    readonly list: Effect.Effect<ReadonlyArray<RunProgress.RunProgress>, DatabaseError>
    /** Ends a run: what nobody has is not begun any more, and workers stop within a second. What is there stays. */
    readonly cancel: (runId: string) => Effect.Effect<RunProgress.RunProgress, UnknownRun | DatabaseError>
    /** Offers the batches that failed, or were cancelled, again; gives how many. Files that are there are not fetched again. */
    readonly retry: (runId: string) => Effect.Effect<number, UnknownRun | PlaceBusy | DatabaseError>
  }
>()("@scenario-assets/fleet/Fleet") {}

/**
 * What all who share a database must agree in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * How long a batch stays with a worker that is not heard of, before another one takes it. Default 1 minute; a process that hangs for
   * longer loses its batches.
   */
  readonly lease?: Duration.Input | undefined
  /** Attempts at a batch before it waits for `retry`. Default 5. */
  readonly maxAttempts?: number | undefined
}

/**
 * The account that a program is configured with.
 *
 * @category getters
 * @since 0.1.0
 */
export const account: Effect.Effect<Account, never, ScenarioConfig> = Effect.map(
  ScenarioConfig,
  ({ baseUrl, projectId }) => ({ baseUrl, projectId })
)

/**
 * The fleet of a database, whose tables `Migrations.migrate` has made. The connection must have the time zone UTC.
 *
 * **Example** (A worker)
 *
 * ```ts
 * import { PgClient } from "@effect/sql-pg"
 * import { Fleet } from "@scenario-assets/fleet"
 * import { NodeScenario } from "@scenario-assets/node"
 * import { Config, Effect, Layer } from "effect"
 *
 * const database = PgClient.layerConfig({
 *   url: Config.Redacted("DATABASE_URL"),
 *   startupParameters: Config.succeed({ timezone: "UTC" })
 * })
 * const worker = Effect.flatMap(Fleet.Fleet, (fleet) => fleet.work({ slots: 4 })).pipe(
 *   Effect.provide(Layer.merge(Layer.provide(Fleet.layer(), database), NodeScenario.layerConfig))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<Fleet, DatabaseError | DatabaseNotReady, SqlClient.SqlClient> => Layer.effect(Fleet, make(options))

/**
 * The service for tests without a database: give the operations your test needs. Calling one that was not given is a defect that names
 * it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTest = (operations: Partial<Fleet["Service"]>): Layer.Layer<Fleet> => {
  const missing = (name: keyof Fleet["Service"]) =>
    Effect.die(new Error(`Fleet.layerTest: the test called ${name} and gave no ${name}`))
  return Layer.succeed(Fleet, {
    submit: operations.submit ?? (() => missing("submit")),
    work: operations.work ?? (() => missing("work")),
    watch: operations.watch ?? (() => Stream.fromEffect(missing("watch"))),
    list: operations.list ?? missing("list"),
    cancel: operations.cancel ?? (() => missing("cancel")),
    retry: operations.retry ?? (() => missing("retry"))
  })
}

interface Named {
  readonly baseUrl: string
  readonly projectId?: string | undefined
}

/** A version in the name: who does not know what stands in a queue does not take it. */
const queueName = ({ baseUrl, projectId }: Named): string =>
  `scenario-assets/1/${createHash("sha256")
    .update(`${baseUrl}\n${projectId ?? ""}`)
    .digest("hex")
    .slice(0, 32)}`

const encode = Schema.encodeEffect(DownloadRequest.DownloadRequest)

/** Whoever is there says so every second. */
const shortestLease = Duration.seconds(3)

/** How long the queue keeps what is over. Our own tables keep it until somebody removes it. */
const kept = Duration.days(30)

/** How long a watcher bears that the database is away. */
const patience = Duration.minutes(2)

/**
 * Builds the service.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* ({ lease: given = "1 minute", maxAttempts = 5 }: Options = {}) {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  yield* Migrations.check
  const lease = Duration.fromInputUnsafe(given)
  if (Duration.isLessThan(lease, shortestLease)) {
    return yield* Effect.die(new RangeError(`Fleet: lease is ${Duration.format(lease)}, and at least 3 seconds`))
  }
  const store = yield* PersistedQueue.makeStoreSql({
    tableName: queueTable.table,
    lockExpiration: lease,
    lockRefreshInterval: Duration.divideUnsafe(lease, 4)
  }).pipe(
    // What it says twice a second while the database is away, a worker says once.
    Effect.provideService(References.MinimumLogLevel, "Error"),
    asking("open the queue"),
    Effect.catchDefect((defect) =>
      Effect.fail(
        new DatabaseError({
          operation: "open the queue",
          description: defect instanceof Error ? defect.message : String(defect),
          advice: "check that the role may make tables, and what the log of the database says",
          isPassing: false
        })
      )
    )
  )
  const factory = yield* PersistedQueue.makeFactory.pipe(
    Effect.provideService(PersistedQueue.PersistedQueueStore, store)
  )
  const queueOf = (account: Named) =>
    factory.make({
      name: queueName(account),
      schema: Batch.Item,
      maxAttempts,
      retrySchedule: Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("5 minutes")])
    })
  const offerTo =
    (queue: PersistedQueue.PersistedQueue<Batch.Item>): Runs.Offer =>
    (item) =>
      queue.offer(item, { id: Batch.idOf(item) }).pipe(
        Effect.asVoid,
        Effect.mapError((error) => {
          const cause = Cause.isCause(error.cause) ? Cause.squash(error.cause) : error.cause
          return isSqlError(cause)
            ? cause
            : new SqlError({ reason: new UnknownError({ cause, message: error.message }) })
        })
      )

  const get = (runId: string) => asking("read the run")(Runs.get(sql, runId))

  return Fleet.of({
    submit: Effect.fnUntraced(function* (request, account) {
      yield* Effect.mapError(
        encode(request),
        ({ message }) => new DownloadRequest.InvalidDownloadRequest({ description: Redaction.redact(message) })
      )
      const whole = Place.absolute(request)
      const batches = yield* Batch.split(whole)
      const queue = yield* queueOf(account)
      if (whole.destination._tag === "Directory") {
        yield* Effect.mapError(
          Files.makeDirectory(whole.destination.directory),
          ({ problem }) => new NotForFleet({ description: `${problem}; give a directory that all workers reach` })
        )
      }
      return yield* asking("submit the run")(Runs.submit(sql, offerTo(queue))(account, Place.of(whole), batches))
    }),
    work: Effect.fnUntraced(function* (options = {}) {
      const queue = yield* Effect.flatMap(account, queueOf)
      const cleanUp = store.cleanup({ timeToLive: kept, failedTimeToLive: kept })
      return yield* Worker.work({ sql, queue, cleanUp, lease }, options)
    }),
    watch: (runId) =>
      // The end is told also where no worker is left to write it down.
      asking("look at the batches")(Batch.reap(sql)).pipe(
        Effect.andThen(get(runId)),
        Effect.retry({
          while: (error) => error._tag === "DatabaseError" && error.isPassing,
          schedule: Schedule.upTo(Schedule.spaced("1 second"), { duration: patience })
        }),
        (look) => Stream.fromEffectSchedule(look, Schedule.spaced("1 second")),
        Stream.changesWith(isSame),
        Stream.takeUntil(RunProgress.isOver)
      ),
    list: asking("list the runs")(Runs.list(sql)),
    cancel: (runId) =>
      Effect.andThen(get(runId), Effect.andThen(asking("cancel the run")(Runs.cancel(sql, runId)), get(runId))),
    retry: Effect.fnUntraced(function* (runId) {
      const run = yield* get(runId)
      const queue = yield* queueOf(run)
      return yield* asking("offer the batches again")(Runs.retry(sql, offerTo(queue), run))
    })
  })
})

const isSame = (one: RunProgress.RunProgress, other: RunProgress.RunProgress): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
