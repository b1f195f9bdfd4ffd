import { execFile } from "node:child_process"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Archives, Asset, FileNameTemplate, JobJournal, ScenarioConfig, Selection } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { JobJournalFile } from "@scenario-assets/node"
import { Effect, Fiber, Logger, Option, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Downloading from "./support/Downloading.ts"

const jobId = Asset.JobId.make("job_1")
const otherJob = Asset.JobId.make("job_2")

const request = (assetId: string) =>
  Effect.map(Selection.make({ assetIds: [assetId] }), (selection) => ({
    selection,
    fileNameTemplate: FileNameTemplate.defaultTemplate
  }))

const batch = (assetId: string) =>
  Effect.map(request(assetId), (request) =>
    JobJournal.key({ baseUrl: ScenarioConfig.defaultBaseUrl, projectId: undefined }, request)
  )

/** What one run does with the journal at a path. */
const run = <A, E>(path: string, effect: (journal: JobJournal.JobJournal["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(JobJournal.JobJournal, effect).pipe(Effect.provide(JobJournalFile.layer(path)))

const place = () => join(TestDirectory.make("journal"), "deep", "jobs.json")

describe("JobJournalFile", () => {
  it.effect("remembers a job from one run to the next, until it is forgotten", () =>
    Effect.gen(function* () {
      const path = place()
      const one = yield* batch("asset_1")
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.none())
      yield* run(path, (journal) => journal.record(one, jobId))
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.some(jobId))
      yield* run(path, (journal) => journal.forget(jobId))
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.none())
      assert.isFalse(existsSync(path), "nothing is left behind")
    })
  )

  it.effect("keeps all of many that are recorded at once", () =>
    Effect.gen(function* () {
      const path = place()
      const batches = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, index) => `asset_${index}`),
        batch
      )
      yield* run(path, (journal) =>
        Effect.forEach(batches, (one, index) => journal.record(one, Asset.JobId.make(`job_${index}`)), {
          concurrency: "unbounded"
        })
      )
      const found = yield* run(path, (journal) => Effect.forEach(batches, journal.find))
      assert.deepStrictEqual(
        found,
        batches.map((_, index) => Option.some(Asset.JobId.make(`job_${index}`)))
      )
    })
  )

  it.live("keeps what several processes record at the same time", () =>
    Effect.gen(function* () {
      const path = place()
      const program = fileURLToPath(new URL("./support/recorder.ts", import.meta.url))
      const start = String(Date.now() + 1500)
      const count = 30
      const record = (name: string) =>
        Effect.callback<string>((resume) => {
          execFile(process.execPath, [program, path, name, start, String(count)], (error, _, stderr) =>
            resume(Effect.succeed(error === null ? "" : stderr))
          )
        })
      const names = ["a", "b", "c"]
      assert.deepStrictEqual(yield* Effect.forEach(names, record, { concurrency: "unbounded" }), ["", "", ""])
      const { jobs }: { readonly jobs: { readonly [key: string]: string } } = JSON.parse(readFileSync(path, "utf8"))
      const expected = names.flatMap((name) =>
        Array.from({ length: count }, (_, n) => n).flatMap((n) => (n % 3 === 0 ? [] : [`job_${name}_${n}`]))
      )
      assert.sameMembers(Object.values(jobs), expected)
      assert.deepStrictEqual(readdirSync(dirname(path)), ["jobs.json"])
    })
  )

  it.live("waits for its turn, and goes on where who had it is gone", () =>
    Effect.gen(function* () {
      const path = place()
      const [one, two] = [yield* batch("asset_1"), yield* batch("asset_2")]
      yield* run(path, (journal) => journal.record(one, jobId))
      writeFileSync(`${path}.part.lock`, `${hostname()} ${process.ppid}`)
      const second = yield* Effect.forkChild(run(path, (journal) => journal.record(two, otherJob)))
      yield* Effect.sleep("200 millis")
      assert.notInclude(readFileSync(path, "utf8"), otherJob)
      writeFileSync(`${path}.part.lock`, `${hostname()} 999999999`)
      yield* Fiber.join(second)
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.some(jobId))
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(two)), Option.some(otherJob))
    })
  )

  it.effect("says which file stands in the way of its turn", () =>
    Effect.gen(function* () {
      const path = place()
      yield* run(path, (journal) => Effect.flatMap(batch("asset_1"), (one) => journal.record(one, jobId)))
      writeFileSync(`${path}.part.lock`, "elsewhere.test 1")
      const two = yield* batch("asset_2")
      const waiting = yield* Effect.forkChild(Effect.flip(run(path, (journal) => journal.record(two, otherJob))))
      while (waiting.pollUnsafe() === undefined) {
        yield* TestClock.adjust("100 millis")
        yield* TestClock.withLive(Effect.sleep(1))
      }
      const { message } = yield* Fiber.join(waiting)
      assert.include(message, otherJob)
      assert.include(message, `${path}.part.lock`)
    })
  )

  it.effect("forgets one job and keeps the others", () =>
    Effect.gen(function* () {
      const path = place()
      const [one, two] = [yield* batch("asset_1"), yield* batch("asset_2")]
      yield* run(path, (journal) =>
        Effect.andThen(journal.record(one, jobId), Effect.andThen(journal.record(two, otherJob), journal.forget(jobId)))
      )
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.none())
      assert.deepStrictEqual(yield* run(path, (journal) => journal.find(two)), Option.some(otherJob))
    })
  )

  it.effect(
    "holds no credential, is its owner's alone, and takes a damaged file for an empty one, with a warning",
    () =>
      Effect.gen(function* () {
        const path = place()
        const one = yield* batch("asset_1")
        yield* run(path, (journal) => journal.record(one, jobId))
        assert.strictEqual(statSync(path).mode & 0o777, 0o600)
        const text = readFileSync(path, "utf8")
        for (const canary of [Canary.key, Canary.secret, Canary.basic]) assert.notInclude(text, canary)
        writeFileSync(path, text.slice(0, 10))
        const told: Array<string> = []
        const logger = Logger.make(({ message }) => void told.push(String(message)))
        yield* run(path, (journal) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* journal.find(one), Option.none())
            assert.deepStrictEqual(yield* journal.find(one), Option.none())
          })
        ).pipe(Effect.provide(Logger.layer([logger])))
        assert.lengthOf(told, 1)
        assert.match(String(told[0]), /^The journal of jobs \S+jobs\.json is damaged/)
        yield* run(path, (journal) => journal.record(one, jobId))
        assert.deepStrictEqual(yield* run(path, (journal) => journal.find(one)), Option.some(jobId))
      })
  )

  it.live("has the job whose request was not yet answered when the program was interrupted", () =>
    Effect.gen(function* () {
      const path = place()
      yield* Effect.gen(function* () {
        const emulator = yield* Emulator.Emulator
        const archives = yield* Archives.Archives
        const wanted = yield* request(emulator.catalogue.assets[0]?.id ?? "")
        yield* emulator.inject(Fault.delay("requestBatch", "300 millis"))
        const running = yield* Effect.forkChild(Stream.runDrain(archives.events(wanted)))
        yield* Effect.repeat(emulator.requests, {
          until: ({ length }) => length > 0,
          schedule: Schedule.spaced("5 millis")
        })
        yield* Fiber.interrupt(running)
        const events = yield* Stream.runCollect(archives.begin(wanted))
        assert.deepInclude(events.at(-1), { _tag: "Requested", resumed: true })
        assert.lengthOf(yield* emulator.requests, 1)
      }).pipe(Effect.provide(Downloading.layer({ journal: path })))
    })
  )

  it.effect("that cannot be written says so, and names the job", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("journal")
      writeFileSync(join(directory, "file"), "")
      const one = yield* batch("asset_1")
      const error = yield* Effect.flip(
        run(join(directory, "file", "jobs.json"), (journal) => journal.record(one, jobId))
      )
      assert(error._tag === "JournalError")
      assert.include(error.message, jobId)
      assert.strictEqual(error.jobId, jobId)
    })
  )
})
