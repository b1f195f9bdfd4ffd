import { readdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

/** Downloads an archive of 3 MiB, which must arrive whole; gives the lines of NDJSON. */
const succeeds = Effect.fnUntraced(function* (emulated: Emulated.Emulated) {
  const { code, stderr, stdout } = yield* emulated.run([
    "download",
    Emulated.modelOf(emulated),
    "--archive",
    "all.zip",
    "--json"
  ])
  assert.strictEqual(code, 0, stderr)
  const { archives } = Binary.lastLine(stdout) as {
    readonly archives: ReadonlyArray<{ readonly jobId: string; readonly path: string }>
  }
  assert.strictEqual(archives.length, 1)
  for (const { jobId, path: file } of archives) {
    Emulated.assertSameBytes(path.join(emulated.directory, file), yield* emulated.archive(jobId))
  }
  return { stdout, stderr }
})

describe.concurrent("faults on the way", () => {
  it.live("a host that sends nothing more, to archives and assets alike", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 2 * MiB } })
      const asset = emulated.emulator.catalogue.assets[0]?.id ?? ""
      for (const args of [
        ["download", Emulated.modelOf(emulated), "--archive", "all.zip"],
        ["asset", asset]
      ]) {
        yield* emulated.emulator.inject(Fault.stall("storage", 10_000))
        const { code, stderr, stdout } = yield* emulated.run([...args, "--idle-timeout", "4s", "--json"])
        assert.strictEqual(code, 0, stderr)
        assert.deepInclude(Binary.events(stdout, "retrying")[0], { offset: 10_000, fault: "no bytes for 4s" })
      }
    })
  )

  it.live("a time limit that the rate allowed does not keep: 9, and without them it goes on", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip"]
      const limited = yield* emulated.run([
        ...args,
        "--limit-rate",
        "500kB",
        "--time-limit",
        "1s",
        "--connections",
        "1"
      ])
      assert.strictEqual(limited.code, 9, limited.stderr)
      assert.match(limited.stderr, /time limit of 1s/)
      yield* succeeds(emulated)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )

  it.live("503 for the status, and connections that break in three ways: the archive still arrives", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      yield* emulated.emulator.inject(
        Fault.status("getStatus", 503),
        Fault.reset("storage", 1.5 * MiB),
        Fault.cut("storage", 200_000),
        Fault.drop("storage")
      )
      const { stderr, stdout } = yield* succeeds(emulated)
      assert.isAtLeast(Binary.events(stdout, "retrying").length, 3)
      assert.match(stderr, /job_\w+: [^\n]+; trying again in \d+m?s\n/)
      const ranges = (yield* emulated.requests("storage")).flatMap(({ headers }) => headers["range"] ?? [])
      assert.isAtLeast(ranges.length, 2, "from the byte reached")
    })
  )

  it.live("a host that gives each connection little: over several of them, whose bytes add up", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 16 * MiB } })
      yield* emulated.emulator.inject(Fault.throttle("storage", 8 * MiB, { times: "always" }))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      assert.isAtLeast(Math.max(...Binary.events(stdout, "segments").map((event) => Number(event["connections"]))), 2)
      assert.notInclude(stderr, "resuming after")
      const bytes = Binary.events(stdout, "progress").map((event) => Number(event["bytes"]))
      assert.deepStrictEqual(
        bytes,
        bytes.toSorted((a, b) => a - b)
      )
      assert.isAtMost(bytes.at(-1) ?? 0, 16 * MiB)
    })
  )

  it.live("a link that expires in between is replaced by a fresh one", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      // The second request waits long enough for the test to expire its link.
      yield* emulated.emulator.inject(Fault.cut("storage", 1.5 * MiB), Fault.delay("storage", "2 seconds", { skip: 1 }))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--json"]
      const running = yield* emulated.start(args)
      yield* running.until("stdout", /"type":"retrying"/)
      yield* emulated.emulator.expireUrls
      const { code, stderr, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stderr)
      assert.deepInclude(Binary.events(stdout, "refreshed")[0], { status: 403 })
      const jobId = Binary.jobIn(stdout)
      Emulated.assertSameBytes(path.join(emulated.directory, "all.zip"), yield* emulated.archive(jobId))
    })
  )

  it.live("one of two archives fails: the other one is saved, and both are told", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000 } })
      const stdin = Array.from({ length: 1001 }, (_, index) => `asset_${index}`).join("\n")
      const failure = { outcome: "failure", details: { error: "out of disk space" } } as const
      const args = ["download", "-", "--archive", "all.zip", "--concurrency", "1"]

      yield* emulated.emulator.scriptJobs({}, failure)
      const plain = yield* emulated.run(args, { stdin })
      assert.strictEqual(plain.code, 3, plain.stderr)
      assert.strictEqual(plain.stdout, "all-1.zip\n")
      assert.match(plain.stderr, /scenario-assets: batch 2: Job job_\w+ failed at Scenario: "out of disk space"/)
      assert.match(plain.stderr, /scenario-assets: 1 of 2 archives could not be downloaded\n/)
      assert.include(readdirSync(emulated.directory), plain.stdout.trim())

      // The same command again leaves what is saved as it is, and tries the other one once more.
      yield* emulated.emulator.scriptJobs(failure)
      const json = yield* emulated.run([...args, "--json"], { stdin })
      assert.strictEqual(json.code, 3)
      const error = Binary.lastLine(json.stdout)
      assert.deepInclude(error, { type: "error", error: "Failures", exitCode: 3 })
      const { archives, failed } = error as {
        readonly archives: ReadonlyArray<object>
        readonly failed: ReadonlyArray<object>
      }
      assert.lengthOf(archives, 1)
      assert.deepInclude(archives[0], { path: plain.stdout.trim(), alreadyThere: true })
      assert.deepInclude(failed[0], { of: "batch 2", error: "JobError" })

      const last = yield* emulated.run(args, { stdin })
      assert.strictEqual(last.code, 0, last.stderr)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 4, "the first batch was requested once")
    })
  )

  it.live("one of two batches is refused with 403: the other one is saved", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000 } })
      const stdin = Array.from({ length: 1001 }, (_, index) => `asset_${index}`).join("\n")
      yield* emulated.emulator.inject(Fault.status("requestBatch", 403))
      const args = ["download", "-", "--archive", "all.zip", "--concurrency", "1"]
      const { code, stderr, stdout } = yield* emulated.run(args, { stdin })
      assert.deepStrictEqual([code, stdout], [4, "all-2.zip\n"], stderr)
      assert.match(stderr, /scenario-assets: batch 1: No access to the requested ids \(403\); check the project/)

      const detached = yield* emulated.run([...args, "--detach"], { stdin })
      assert.strictEqual(detached.code, 0, detached.stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 3, "the batch that was saved is not requested again")
    })
  )

  it.live("an archive with a name of its own replaces nothing, unless it may", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const file = path.join(emulated.directory, "all.zip")
      writeFileSync(file, "something else")
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip"]
      const refused = yield* emulated.run(args)
      assert.deepStrictEqual([refused.code, refused.stdout], [8, ""])
      assert.match(refused.stderr, /all\.zip: it already exists \(EEXIST\)[^]*\nTo replace it: --force\n/)
      assert.deepStrictEqual(yield* emulated.requests("requestBatch"), [], "and no job was started in vain")

      const forced = yield* emulated.run([...args, "--force", "--json"])
      assert.strictEqual(forced.code, 0, forced.stderr)
      Emulated.assertSameBytes(file, yield* emulated.archive(Binary.jobIn(forced.stdout)))
    })
  )

  it.live("the same command twice at once: the second run says so, and leaves all to the first", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      yield* emulated.emulator.inject(Fault.stall("storage", 2 * MiB))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--json"]
      const first = yield* emulated.start(args)
      const jobId = Binary.jobIn(yield* first.until("stdout", /"type":"progress"/))
      const second = yield* emulated.run(args)
      assert.strictEqual(second.code, 5)
      assert.match(
        second.stderr,
        /A download to \S+all\.zip is under way: another run \(process \d+\); wait for it to end, or stop it\./
      )
      yield* first.kill("SIGINT")
      assert.strictEqual((yield* first.ended).code, 130)

      const third = yield* emulated.run(args)
      assert.strictEqual(third.code, 0, third.stderr)
      Emulated.assertSameBytes(path.join(emulated.directory, "all.zip"), yield* emulated.archive(jobId))
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )

  it.live("jobs begun by somebody else", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const { code, stderr, stdout } = yield* emulated.run([
        "download",
        "--job",
        jobId,
        "-o",
        "b",
        "--archive",
        "c.zip"
      ])
      assert.deepStrictEqual([code, stdout], [0, "b/c.zip\n"], stderr)
      Emulated.assertSameBytes(path.join(emulated.directory, "b", "c.zip"), yield* emulated.archive(jobId))
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )

  it.live("a network that is bad again and again is told five times, and then only counted", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB } })
      yield* emulated.emulator.inject(Fault.reset("storage", 200_000, { times: 8 }))
      const { stderr, stdout } = yield* succeeds(emulated)
      assert.lengthOf(Binary.events(stdout, "retrying"), 8)
      assert.lengthOf(stderr.match(/; trying again in /g) ?? [], 5)
      assert.lengthOf(stderr.match(/\(further retries are shown with --verbose only\)\n/g) ?? [], 1)
    })
  )
})
