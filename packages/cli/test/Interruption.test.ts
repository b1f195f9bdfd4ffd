import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { open } from "node:fs/promises"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Unfinished from "../../../test-support/Unfinished.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

/** Starts a download that gets stuck after 6.5 of 7 MiB, and waits until all but the last MiB of them are on the disk. */
const stuck = Effect.gen(function* () {
  const emulated = yield* Emulated.make({ archive: { size: 7 * MiB } })
  yield* emulated.emulator.inject(Fault.stall("storage", 6.5 * MiB))
  const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--archive", "all.zip", "--json"]
  const running = yield* emulated.start(args)
  const printed = yield* running.until("stdout", /"type":"progress","id":"\w+","bytes":(?:5[7-9]|6\d)\d{5}/)
  const jobId = Binary.jobIn(printed)
  const file = path.join(emulated.directory, "out", "all.zip")
  return { emulated, args, running, jobId, file }
})

/** Runs the same command again: the same job, the rest of the bytes, the same archive. Gives where the rest began. */
const goesOn = Effect.fnUntraced(function* ({ args, emulated, file, jobId }: Effect.Success<typeof stuck>) {
  const { code, stderr, stdout } = yield* emulated.run(args)
  assert.strictEqual(code, 0, stderr)
  assert.deepInclude(Binary.events(stdout, "requested")[0], { jobId, resumed: true })
  assert.deepInclude(Binary.lastLine(stdout), { type: "result" })
  Emulated.assertSameBytes(file, yield* emulated.archive(jobId))
  assert.deepStrictEqual(readdirSync(path.dirname(file)), ["all.zip"], "nothing else is left")

  assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1, "one job")
  assert.deepStrictEqual(yield* emulated.requests("unknown"), [], "nothing that could cancel a job")
  const ranges = (yield* emulated.requests("storage")).flatMap(({ headers }) => headers["range"] ?? [])
  assert.strictEqual(ranges.length, 1, "one request for the rest")
  assert.match(stderr, new RegExp(`\\n${jobId}: resuming after [\\d.]+ MB\\n`))
  return Number(/^bytes=(\d+)-/.exec(ranges[0] ?? "")?.[1])
})

describe.concurrent("interruption", () => {
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129]
  ] as const) {
    it.live(`${signal}: ${exitCode} at once, a part that stays, the command to resume; and then it resumes`, () =>
      Effect.gen(function* () {
        const download = yield* stuck
        const { file, running } = download
        yield* running.kill(signal)
        const { code, stderr, stdout } = yield* running.ended
        assert.strictEqual(code, exitCode)
        assert.match(stderr, /\nInterrupted\. Jobs [^\n]*\. To resume: scenario-assets runs resume run_\w+\n$/)
        assert.deepInclude(Binary.lastLine(stdout), { type: "error", error: "Interrupted", exitCode })
        assert.isFalse(existsSync(file))
        const kept = statSync(Unfinished.partOf(file)).size
        const begun = yield* goesOn(download)
        assert.isAtMost(begun, kept)
        assert.isAtMost(kept - begun, MiB, "what was kept is not fetched again")
      })
    )
  }

  it.live("SIGKILL: the same command goes on as well", () =>
    Effect.gen(function* () {
      const download = yield* stuck
      const { file, running } = download
      yield* running.kill("SIGKILL")
      assert.strictEqual((yield* running.ended).signal, "SIGKILL")
      assert.isFalse(existsSync(file))
      const kept = statSync(Unfinished.partOf(file)).size
      const begun = yield* goesOn(download)
      assert.isAtMost(begun, kept)
      assert.isAtMost(kept - begun, 5 * MiB, "a few MiB travel again")
      assert.isAtLeast(begun, 1)
    })
  )

  it.live("while a job is waited for: it is resumed, and not canceled", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "2 seconds", states: ["queued"] } })
      const args = ["download", Emulated.modelOf(emulated)]
      const running = yield* emulated.start(args)
      yield* running.until("stderr", /Job queued/)
      yield* running.kill("SIGINT")
      assert.deepStrictEqual((yield* running.ended).code, 130)
      const again = yield* emulated.run(args)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.match(again.stderr, /^Resuming run run_\w+ \(1 id\)…\nResuming job job_/)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )

  it.live("wait: the way to wait again", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const running = yield* emulated.start(["wait", jobId])
      yield* running.until("stderr", /Job queued/)
      yield* running.kill("SIGINT")
      const { code, stderr, stdout } = yield* running.ended
      assert.deepStrictEqual([code, stdout], [130, ""])
      assert.include(
        stderr,
        `\nInterrupted. The job continues at Scenario. To wait again: scenario-assets wait ${jobId}\n`
      )
    })
  )

  it.live("a second signal ends it at once, even while the disk hangs", () =>
    Effect.gen(function* () {
      const fifo = path.join(TestDirectory.make(), "ids")
      execFileSync("mkfifo", [fifo])
      const running = yield* Binary.start(["download", "--from-file", fifo])
      // Opens when the binary has opened it, which from then on hangs in a read that nothing can interrupt.
      const writer = yield* Effect.promise(() => open(fifo, "w"))
      yield* Effect.addFinalizer(() => Effect.promise(() => writer.close()))
      yield* running.kill("SIGINT")
      yield* running.until("stderr", /^Interrupted\. /)
      yield* running.kill("SIGINT")
      const { code, signal } = yield* running.ended
      assert.isTrue(signal === "SIGINT" || code === 130, `${signal} ${code}`)
    })
  )
})
