/** A fleet on a real Postgres, its workers in this process. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Selection } from "@scenario-assets/core"
import { ProjectId } from "@scenario-assets/core/Asset"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { Fleet, Migrations, type RunProgress } from "@scenario-assets/fleet"
import { Destination, DownloadRequest } from "@scenario-assets/node"
import { Effect, Fiber, Layer, Option, Stream } from "effect"
import * as EmulatedScenario from "../../../../test-support/EmulatedScenario.ts"
import * as Postgres from "../../../../test-support/Postgres.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const ids = Array.from({ length: 2500 }, (_, n) => `asset_${String(n).padStart(5, "0")}`)

const requestTo = (destination: DownloadRequest.Destination, assetIds: ReadonlyArray<string> = ids) =>
  Effect.map(Effect.orDie(Selection.make({ assetIds })), (selection) => ({
    wanted: DownloadRequest.Assets.make({ selection }),
    destination
  }))

/** The API, the fleet, and nothing in its tables. */
const world = (emulated: EmulatedScenario.Options = {}, options: Fleet.Options = {}) =>
  Effect.map(Postgres.Postgres, ({ database }) =>
    Layer.mergeAll(
      EmulatedScenario.layer({ archive: undefined, catalogue: { anyId: true }, ...emulated }),
      Layer.unwrap(
        Effect.map(database, (made) =>
          Layer.effect(
            Fleet.Fleet,
            Effect.andThen(Migrations.migrate, Fleet.make({ lease: "4 seconds", ...options }))
          ).pipe(Layer.provide(made.layer), Layer.orDie)
        )
      )
    )
  ).pipe(Layer.unwrap, Layer.fresh)

const requests = (target: Emulator.RecordedRequest["target"]) =>
  Effect.gen(function* () {
    const { requests } = yield* Emulator.Emulator
    return (yield* requests).filter((request) => request.target === target).length
  })

/** The first look at a run that says so. */
const until = (runId: string, isSo: (run: RunProgress.RunProgress) => boolean) =>
  Effect.gen(function* () {
    const { watch } = yield* Fleet.Fleet
    return yield* Effect.flatMap(Stream.runHead(Stream.filter(watch(runId), isSo)), Effect.fromOption)
  })

const end = (runId: string) =>
  Effect.gen(function* () {
    const { watch } = yield* Fleet.Fleet
    return Option.getOrThrow(yield* Stream.runLast(watch(runId)))
  })

const submit = (directory: string, assetIds?: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { submit } = yield* Fleet.Fleet
    return yield* submit(yield* requestTo(DownloadRequest.directory(directory), assetIds), yield* Fleet.account)
  })

const work = (options?: Fleet.WorkOptions) => Effect.flatMap(Fleet.Fleet, (fleet) => fleet.work(options))

const countIn = (directory: string) =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
    : 0

describe.skipIf(!Postgres.isInstalled)("A fleet (needs postgresql)", { timeout: 240_000 }, () => {
  layer(Postgres.layer, { timeout: 180_000, excludeTestServices: true })((it) => {
    it.effect("shares the batches of a run among its workers, each into a folder of its own", () =>
      Effect.gen(function* () {
        const directory = TestDirectory.make()
        const runId = yield* submit(directory)
        assert.strictEqual((yield* until(runId, () => true)).state, "waiting")
        const a = yield* Effect.forkScoped(work({ slots: 1, name: "a" }))
        const b = yield* Effect.forkScoped(work({ slots: 1, name: "b" }))
        const run = yield* end(runId)
        assert.deepInclude(run, { state: "complete", files: 2500, ids: 2500, notFound: 0, troubles: [] })
        assert.deepInclude(run.batches, { total: 3, complete: 3 })
        assert.deepStrictEqual(
          [1, 2, 3].map((n) => countIn(join(directory, String(n)))),
          [1000, 1000, 500]
        )
        assert.strictEqual(yield* requests("requestBatch"), 3)
        assert.deepStrictEqual(
          (yield* (yield* Fleet.Fleet).list).map(({ runId }) => runId),
          [runId]
        )
        yield* Fiber.interruptAll([a, b])
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("refuses what would write to the same place, and what only one machine can do", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const account = yield* Fleet.account
        const directory = TestDirectory.make()
        const runId = yield* submit(directory)
        const busy = yield* Effect.flip(submit(`${directory}/`))
        assert.strictEqual(busy._tag, "PlaceBusy")
        assert.include(busy.message, runId)
        assert.strictEqual((yield* Effect.flip(submit(join(directory, "1"))))._tag, "PlaceBusy", "one in the other")
        const archive = yield* requestTo(DownloadRequest.archiveFiles("a.zip"))
        assert.match((yield* Effect.flip(fleet.submit(archive, account))).message, /directory that all workers reach/)
        const { state } = yield* fleet.cancel(runId)
        assert.strictEqual(state, "cancelled")
        const other = yield* submit(directory)
        assert.strictEqual((yield* Effect.flip(fleet.retry(runId)))._tag, "PlaceBusy")
        yield* fleet.cancel(other)
        for (const asked of [fleet.cancel("run_x"), fleet.retry("run_x"), Stream.runDrain(fleet.watch("run_x"))]) {
          assert.strictEqual((yield* Effect.flip(asked))._tag, "UnknownRun")
        }
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("stops what is cancelled, and goes on with it after a retry, with the same job", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const { clearFaults, inject } = yield* Emulator.Emulator
        const directory = TestDirectory.make()
        yield* inject(Fault.throttle("storage", 400_000, { times: 1000 }))
        const runId = yield* submit(directory)
        yield* Effect.forkScoped(work({ slots: 1 }))
        yield* until(runId, ({ files }) => files > 0)
        yield* fleet.cancel(runId)
        const cancelled = yield* end(runId)
        assert.deepInclude(cancelled.batches, { cancelled: 3, complete: 0 })
        yield* clearFaults
        assert.strictEqual(yield* fleet.retry(runId), 3)
        const run = yield* end(runId)
        assert.deepInclude(run, { state: "complete", files: 2500 })
        assert.strictEqual(yield* requests("requestBatch"), 3)
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("tries a failed job again, lists what has failed for good, and offers it again", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const { scriptJobs } = yield* Emulator.Emulator
        const directory = TestDirectory.make()
        const failing = { states: [], outcome: "failure" } as const
        yield* scriptJobs(failing, failing)
        const runId = yield* submit(directory, ids.slice(0, 10))
        yield* Effect.forkScoped(work())
        const failed = yield* end(runId)
        assert.deepInclude(failed, { state: "incomplete", files: 0 })
        const [trouble] = failed.troubles
        assert.deepInclude(trouble, { batch: 0, state: "failed", attempts: 2 })
        assert.match(trouble?.message ?? "", /failure|failed/)
        assert.strictEqual(yield* fleet.retry(runId), 1)
        const run = yield* end(runId)
        assert.deepInclude(run, { state: "complete", files: 10, troubles: [] })
        assert.strictEqual(countIn(directory), 10, "one batch has no folder of its own")
        assert.strictEqual(yield* requests("requestBatch"), 3)
      }).pipe(Effect.scoped, Effect.provide(world({}, { maxAttempts: 2 })))
    )

    it.effect("goes on with what is offered again before its worker has let go of it", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const { clearFaults, inject } = yield* Emulator.Emulator
        yield* inject(Fault.throttle("storage", 400_000, { times: 1000 }))
        const runId = yield* submit(TestDirectory.make(), ids.slice(0, 1000))
        yield* Effect.forkScoped(work())
        yield* until(runId, ({ files }) => files > 0)
        yield* fleet.cancel(runId)
        yield* fleet.retry(runId)
        yield* clearFaults
        assert.deepInclude(yield* end(runId), { state: "complete", files: 1000 })
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("tells the end of a batch whose last worker could not say it", () =>
      Effect.gen(function* () {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database
        yield* Effect.gen(function* () {
          yield* Migrations.migrate
          const fleet = yield* Fleet.make()
          const account = { baseUrl: "http://127.0.0.1:9/v1", projectId: undefined }
          const request = yield* requestTo(DownloadRequest.directory(TestDirectory.make()), ids.slice(0, 3))
          const runId = yield* fleet.submit(request, account)
          yield* postgres.query(database, ["UPDATE scenario_assets_queue SET state = 'failed'"])
          const last = Option.getOrThrow(yield* Stream.runLast(fleet.watch(runId)))
          assert.strictEqual(last.state, "incomplete")
          assert.match(last.troubles[0]?.message ?? "", /was lost in the last attempt/)
          assert.strictEqual(yield* fleet.retry(runId), 1)
        }).pipe(Effect.provide(database.layer))
      }).pipe(Effect.scoped)
    )

    it.effect("does not pause for a 403 that is about the ids of a batch", () =>
      Effect.gen(function* () {
        const { inject } = yield* Emulator.Emulator
        yield* inject(Fault.status("requestBatch", 403, { times: 100 }))
        const runId = yield* submit(TestDirectory.make(), ids.slice(0, 3))
        yield* Effect.forkScoped(work())
        const run = yield* end(runId)
        assert.deepInclude(run, { state: "incomplete", paused: [] })
        assert.deepInclude(run.troubles[0], { state: "failed", attempts: 1 })
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("has a worker that stops where the directory is not there, and takes no attempt for it", () =>
      Effect.gen(function* () {
        const directory = join(TestDirectory.make(), "mount")
        const runId = yield* submit(directory, ids.slice(0, 3))
        rmSync(directory, { recursive: true })
        const stopped = yield* Effect.flip(work())
        assert.match(stopped.message, /mount does not exist here; mount it, or cancel run_/)
        assert.deepInclude(yield* until(runId, () => true), { state: "waiting" })
        mkdirSync(directory)
        yield* Effect.forkScoped(work())
        assert.deepInclude(yield* end(runId), { state: "complete", files: 3 })
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("says how many ids are unknown, also where none is known", () =>
      Effect.gen(function* () {
        const directory = TestDirectory.make()
        const { catalogue } = yield* Emulator.Emulator
        const known = catalogue.assets.slice(0, 3).map(({ id }) => id)
        yield* Effect.forkScoped(work())
        const run = yield* end(yield* submit(join(directory, "some"), [...known, "asset_none"]))
        assert.deepInclude(run, { state: "complete", files: 3, notFound: 1 })
        const none = yield* end(yield* submit(join(directory, "none"), ["asset_none"]))
        assert.deepInclude(none, { state: "complete", files: 0, notFound: 1 })
      }).pipe(Effect.scoped, Effect.provide(world({ catalogue: {} })))
    )

    it.effect("pauses while the account is refused, which costs no attempt", () =>
      Effect.gen(function* () {
        const { inject } = yield* Emulator.Emulator
        yield* inject(Fault.status("requestBatch", 402, { times: 100 }))
        const runId = yield* submit(TestDirectory.make())
        yield* Effect.forkScoped(work())
        const run = yield* until(runId, ({ batches, paused }) => paused.length > 0 && batches.running === 0)
        assert.deepInclude(run.batches, { waiting: 3 })
        assert.match(run.paused[0] ?? "", /402/)
        const before = yield* requests("requestBatch")
        assert.isAtMost(before, 4)
        yield* Effect.sleep("2 seconds")
        assert.strictEqual(yield* requests("requestBatch"), before)
        for (const { attempts } of run.troubles) assert.strictEqual(attempts, 0)
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("has workers that stop where nothing can be stored, and give their batches back", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const request = yield* requestTo(DownloadRequest.store("shop://nothing"), ids.slice(0, 3))
        const runId = yield* fleet.submit(request, yield* Fleet.account)
        const stopped = yield* Effect.flip(fleet.work())
        assert.strictEqual(stopped._tag, "WorkerStopped")
        assert.match(stopped.message, /there is no such bucket/)
        const run = yield* until(runId, () => true)
        assert.deepInclude(run, { state: "waiting", workers: 0 })
        // One bad place does not stop workers for ever.
        yield* Effect.flip(fleet.work())
        assert.deepInclude(yield* end(runId), { state: "incomplete" })
      }).pipe(
        Effect.scoped,
        Effect.provide(
          world(
            {
              destinations: Destination.Destinations.layer({
                "shop:": ({ href }) =>
                  Effect.fail(
                    Destination.DestinationError.of({
                      operation: "store files in",
                      place: href,
                      description: "there is no such bucket",
                      isFatal: true
                    })
                  )
              })
            },
            { maxAttempts: 2 }
          )
        )
      )
    )

    it.effect("gives back what an interrupted worker has, at once", () =>
      Effect.gen(function* () {
        const { clearFaults, inject } = yield* Emulator.Emulator
        yield* inject(Fault.throttle("storage", 400_000, { times: 1000 }))
        const runId = yield* submit(TestDirectory.make(), ids.slice(0, 1000))
        const first = yield* Effect.forkScoped(work())
        yield* until(runId, ({ files }) => files > 0)
        yield* Fiber.interrupt(first)
        const { state } = yield* until(runId, () => true)
        assert.strictEqual(state, "waiting")
        yield* clearFaults
        yield* Effect.forkScoped(work())
        const run = yield* end(runId)
        assert.deepInclude(run, { state: "complete", files: 1000 })
        assert.strictEqual(yield* requests("requestBatch"), 1)
      }).pipe(Effect.scoped, Effect.provide(world({}, { lease: "10 minutes" })))
    )

    it.effect("bears that the database is away", () =>
      Effect.gen(function* () {
        const postgres = yield* Postgres.Postgres
        const { clearFaults, inject } = yield* Emulator.Emulator
        yield* inject(Fault.throttle("storage", 400_000, { times: 1000 }))
        const runId = yield* submit(TestDirectory.make())
        yield* Effect.forkScoped(work())
        const watching = yield* Effect.forkScoped(end(runId))
        yield* until(runId, ({ files }) => files > 0)
        yield* postgres.stop
        yield* clearFaults
        yield* Effect.sleep("3 seconds")
        yield* postgres.start
        const run = yield* Fiber.join(watching)
        assert.deepInclude(run, { state: "complete", files: 2500 })
        assert.strictEqual(yield* requests("requestBatch"), 3)
      }).pipe(Effect.scoped, Effect.provide(world({}, { lease: "30 seconds" })))
    )

    it.effect("leaves alone what is of another project", () =>
      Effect.gen(function* () {
        const fleet = yield* Fleet.Fleet
        const account = yield* Fleet.account
        const request = yield* requestTo(DownloadRequest.directory(TestDirectory.make()), ids.slice(0, 3))
        const other = yield* fleet.submit(request, { ...account, projectId: ProjectId.make("proj_other") })
        const own = yield* submit(TestDirectory.make(), ids.slice(0, 3))
        yield* Effect.forkScoped(work())
        assert.strictEqual((yield* end(own)).state, "complete")
        assert.deepInclude(yield* until(other, () => true), { state: "waiting", workers: 0, projectId: "proj_other" })
      }).pipe(Effect.scoped, Effect.provide(world()))
    )

    it.effect("is not opened on tables that are missing or old, without rights, or in another time zone", () =>
      Effect.gen(function* () {
        const postgres = yield* Postgres.Postgres
        const database = yield* postgres.database
        const open = (of: Postgres.Database) =>
          Effect.flip(Effect.scoped(Effect.asVoid(Layer.build(Layer.fresh(Layer.provide(Fleet.layer(), of.layer))))))
        assert.deepInclude(yield* open(database), { _tag: "DatabaseNotReady", kind: "migrations" })
        yield* Effect.provide(Migrations.migrate, database.layer)
        yield* postgres.role("worker")
        const worker = postgres.as(database, "worker")
        const refused = yield* open(worker)
        assert.deepInclude(refused, { _tag: "DatabaseNotReady", kind: "grants" })
        assert.match(refused.message, /role worker is not allowed SELECT on scenario_assets_runs/)
        yield* postgres.query(database, Migrations.grants("worker"))
        yield* Effect.scoped(Layer.build(Layer.fresh(Layer.provide(Fleet.layer(), worker.layer))))
        yield* postgres.query(database, ["DELETE FROM scenario_assets_queue_migrations WHERE migration_id = 2"])
        assert.deepInclude(yield* open(worker), { kind: "migrations" })
        const elsewhere = postgres.as(database, "worker", "Europe/Paris")
        assert.deepInclude(yield* open(elsewhere), { kind: "timezone" })
      }).pipe(Effect.scoped)
    )
  })
})
