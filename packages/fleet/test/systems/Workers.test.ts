/** Workers as processes on a real Postgres: killed, frozen, stopped, cancelled; and every batch ends once, with one job. */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import * as EmulatorServer from "@scenario-assets/node/testing/EmulatorServer"
import { Effect } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import * as Postgres from "../../../../test-support/Postgres.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as FleetProcess from "../support/FleetProcess.ts"
import * as ObjectStore from "../support/ObjectStore.ts"

const batches = 6
const ids = Array.from({ length: batches * 1000 }, (_, n) => `asset_${String(n).padStart(5, "0")}`).join("\n")

const emulator = EmulatorServer.layer({
  credentials: { key: Canary.key, secret: Canary.secret },
  signaturePrefix: Canary.signature,
  job: { states: [] },
  archive: undefined,
  catalogue: { anyId: true }
})

/** Slow enough to be caught in the middle. */
const slowly = Fault.throttle("storage", 300_000, { times: 10_000 })

const world = Effect.gen(function* () {
  const postgres = yield* Postgres.Postgres
  const { config, ...emulator } = yield* Emulator.Emulator
  const database = yield* postgres.database
  const options = { database, baseUrl: config.apiUrl }
  assert.strictEqual((yield* FleetProcess.run(["migrate"], options)).code, 0)
  // Whoever works is not whoever owns the tables.
  const name = `worker_${database.name}`
  yield* postgres.role(name)
  const { stdout } = yield* FleetProcess.run(["migrate", "--role", name], options)
  yield* postgres.query(database, stdout.trim().split("\n"))
  const own = { ...options, database: postgres.as(database, name) }
  const directory = TestDirectory.make()
  return {
    ...emulator,
    postgres,
    database,
    directory,
    start: (args: ReadonlyArray<string>, more: Partial<FleetProcess.Options> = {}) =>
      FleetProcess.start(args, { ...own, ...more }),
    run: (args: ReadonlyArray<string>, more: Partial<FleetProcess.Options> = {}) =>
      FleetProcess.run(args, { ...own, ...more }),
    worker: (name: string, env: Readonly<Record<string, string>> = {}) =>
      FleetProcess.start(["work", "--slots", "2", "--lease", "5s", "--name", name], { ...own, env }),
    submit: (...place: ReadonlyArray<string>) =>
      Effect.map(FleetProcess.run(["submit", "-", ...place], { ...own, stdin: ids }), ({ code, stderr, stdout }) => {
        assert.strictEqual(code, 0, stderr)
        return stdout.trim()
      })
  }
})

type World = Effect.Success<typeof world>

/** A run whose workers are in the middle of their transfers. */
const underWay = Effect.fnUntraced(function* (here: World, ...names: ReadonlyArray<string>) {
  yield* here.inject(slowly)
  const runId = yield* here.submit("-o", here.directory)
  const workers = yield* Effect.forEach(names, (name) => here.worker(name))
  yield* Effect.forEach(workers, (worker) => worker.until(/A job has ended/), { discard: true })
  const of = (index: number) => workers[index] ?? assert.fail("there is no such worker")
  return { runId, first: of(0), last: of(names.length - 1) }
})

/** Complete, every file once, one job a batch, and no secret in the database. */
const assertComplete = Effect.fnUntraced(function* ({ database, postgres, requests, run }: World, runId: string) {
  const { code, stderr, stdout } = yield* run(["watch", runId, "--json"])
  assert.strictEqual(code, 0, stderr)
  const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
  assert.deepInclude(last, { type: "result", state: "complete", files: batches * 1000 })
  assert.deepInclude(last.batches, { total: batches, complete: batches })
  const begun = (yield* requests).filter(({ target }) => target === "requestBatch")
  assert.lengthOf(begun, batches, "one job for each batch")
  writeFileSync(join(TestDirectory.make(), "dump.sql"), yield* postgres.dump(database))
})

const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

const assertFiles = (directory: string) => {
  const files = filesIn(directory)
  assert.lengthOf(files, batches * 1000)
  assert.lengthOf(new Set(files.map(({ name, parentPath }) => join(parentPath, name))), batches * 1000)
  assert.deepStrictEqual(
    files.filter(({ name, parentPath }) => /\.tmp$| \(2\)/.test(name) || parentPath.includes(".scenario-assets")),
    []
  )
}

describe.skipIf(!Postgres.isInstalled)("Workers (needs postgresql)", { timeout: 240_000 }, () => {
  layer(Postgres.layer, { timeout: 180_000, excludeTestServices: true })((it) => {
    it.effect("go on with what one had that was killed, and what another gives back at SIGTERM", () =>
      Effect.gen(function* () {
        const here = yield* world
        const { first: one, last: two, runId } = yield* underWay(here, "one", "two")
        yield* one.signal("SIGKILL")
        yield* two.signal("SIGTERM")
        const { code, stderr } = yield* two.ended
        assert.strictEqual(code, 143)
        assert.match(stderr, /were given back/)
        const { stdout } = yield* here.run(["list"])
        assert.match(stdout, /running/, "one was killed, and nobody knows it yet")
        yield* here.clearFaults
        yield* here.worker("three")
        yield* assertComplete(here, runId)
        assertFiles(here.directory)
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.effect("lose what they have while they are frozen, and do no harm when they thaw", () =>
      Effect.gen(function* () {
        const here = yield* world
        const { first: frozen, runId } = yield* underWay(here, "frozen")
        yield* frozen.signal("SIGSTOP")
        yield* here.clearFaults
        const other = yield* here.worker("other")
        yield* other.until(new RegExp(`(A download has ended[^]*){${batches}}`))
        yield* frozen.signal("SIGCONT")
        yield* assertComplete(here, runId)
        yield* frozen.signal("SIGTERM")
        assert.strictEqual((yield* frozen.ended).code, 143)
        assertFiles(here.directory)
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.effect("are cancelled and go on after a retry, also one that is frozen, and one that is dead", () =>
      Effect.gen(function* () {
        const here = yield* world
        const { first: frozen, last: dead, runId } = yield* underWay(here, "frozen", "dead")
        yield* frozen.signal("SIGSTOP")
        yield* dead.signal("SIGKILL")
        assert.strictEqual((yield* here.run(["cancel", runId])).code, 0)
        // Nobody is left to say that it ends.
        const cancelled = yield* here.run(["watch", runId])
        assert.strictEqual(cancelled.code, 1)
        assert.match(cancelled.stderr, /was cancelled after 0 of 6 batches; to go on, run: scenario-assets-fleet retry/)
        yield* frozen.signal("SIGCONT")
        yield* here.clearFaults
        const retried = yield* here.run(["retry", runId])
        assert.match(retried.stderr, /6 batches are offered again/)
        yield* assertComplete(here, runId)
        assertFiles(here.directory)
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.effect("store into a bucket, and go on with what one had that was killed", () =>
      Effect.gen(function* () {
        const here = yield* world
        const store = yield* ObjectStore.make
        yield* here.inject(slowly)
        const runId = yield* here.submit("--to", `s3://${ObjectStore.bucket}/renders`)
        const one = yield* here.worker("one", store.env)
        yield* one.until(/A job has ended/)
        yield* one.signal("SIGKILL")
        yield* here.clearFaults
        yield* here.worker("two", store.env)
        yield* assertComplete(here, runId)
        const keys = yield* store.keys
        assert.lengthOf(
          keys.filter((key) => !key.endsWith("scenario-manifest.json")),
          batches * 1000
        )
        assert.lengthOf(
          keys.filter((key) => key.endsWith("scenario-manifest.json")),
          batches
        )
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.effect("bear that the database is away for longer than their lease", () =>
      Effect.gen(function* () {
        const here = yield* world
        const { runId } = yield* underWay(here, "one", "two")
        yield* here.postgres.stop
        yield* Effect.sleep("8 seconds")
        yield* here.postgres.start
        yield* here.clearFaults
        yield* assertComplete(here, runId)
        assertFiles(here.directory)
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )

    it.effect("says what is wrong before it takes a batch, and shows no password", () =>
      Effect.gen(function* () {
        const postgres = yield* Postgres.Postgres
        const { config } = yield* Emulator.Emulator
        const database = yield* postgres.database
        const options = { database, baseUrl: config.apiUrl }
        const pending = yield* FleetProcess.run(["work"], options)
        assert.strictEqual(pending.code, 2)
        assert.match(pending.stderr, /run scenario-assets-fleet migrate/)
        yield* FleetProcess.run(["migrate"], options)
        yield* postgres.role("nobody_special")
        const refused = yield* FleetProcess.run(["work"], {
          ...options,
          database: postgres.as(database, "nobody_special")
        })
        assert.strictEqual(refused.code, 2)
        assert.match(refused.stderr, /role nobody_special is not allowed/)
        const wrong = yield* FleetProcess.run(["list"], { ...options, env: { PGPASSWORD: "wrong" } })
        assert.match(wrong.stderr, /password authentication failed for user "owner"; check the user and its password/)
        const held = { ...database, url: database.url.replace("owner@", `owner:${Postgres.password}@`) }
        const printed = yield* FleetProcess.run(["list"], { ...options, database: held })
        assert.strictEqual(printed.code, 2)
        assert.match(printed.stderr, /--database holds a password/)
        for (const [args, words] of [
          [["submit", "asset_a"], /pass a directory that all workers reach with --output/],
          [["submit", "-o", "x"], /no ids are given/],
          [["submit", "asset_a", "--to", "ftp://x"], /does not begin with s3:/],
          [["submit", "run_261130_bakolu", "-o", "x"], /retry/],
          [["watch", "run_261130_bakolu"], /There is no run/],
          [["cancel", "run_261130_bakolu"], /There is no run/],
          [["retry", "nothing"], /There is no run/],
          [["submit", "asset_a", "--to", "s3://"], /names no bucket/],
          [["work", "--slots", "0"], /slots/],
          [["work", "--lease", "1s"], /less than 3s/],
          [["work", "--name", ""], /--name is empty/]
        ] as const) {
          const { code, stderr } = yield* FleetProcess.run(args, options)
          assert.match(stderr, words, args.join(" "))
          assert.notStrictEqual(code, 0)
        }
      }).pipe(Effect.scoped, Effect.provide(emulator))
    )
  })
})
