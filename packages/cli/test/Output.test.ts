import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

describe.concurrent("output", () => {
  it.live("--json: every line of stdout is an event, and the last one the result", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3_000_000 } })
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const lines = Binary.jsonLines(stdout)
      const types = lines.map(({ type }) => String(type)).filter((type) => type !== "segments")
      assert.deepStrictEqual(
        types.filter((type, index) => type !== types[index - 1]),
        ["run", "planned", "batch", "requested", "status", "ready", "progress", "completed", "result"]
      )
      for (const event of lines.slice(0, -1)) assert.match(String(event["time"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      assert.notInclude(stdout, "Signature")

      const jobId = Binary.jobIn(stdout)
      assert.deepStrictEqual(Binary.lastLine(stdout), {
        type: "result",
        archives: [{ jobId, path: "all.zip", bytes: 3_000_000, resumedFrom: 0, alreadyThere: false, verified: [] }]
      })
    })
  )

  it.live("off a terminal there are plain lines; --quiet leaves none of them, --verbose has every step", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "200 millis" } })
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip"]
      const runs = yield* Effect.all(
        [[], ["--quiet"], ["--verbose"]].map((more) => emulated.run([...args, ...more], { cwd: TestDirectory.make() })),
        { concurrency: 2 }
      )
      for (const { code, stderr, stdout } of runs) {
        assert.strictEqual(code, 0, stderr)
        assert.strictEqual(stdout, "all.zip\n")
        assert.notInclude(stderr, "\u001b")
        assert.notInclude(stderr, "\r")
      }
      const [plain = "", quiet = "", verbose = ""] = runs.map(({ stderr }) => stderr)
      assert.match(
        plain,
        /^Requesting 1 id from Scenario…\n(?:batch 1 [^\n]+\n)?Started job (\w+)\n(?:(?:Job (?:queued|in-progress|success): \1|\1 [^\n]+)\n)+1 archive, [^\n]+\n$/
      )
      assert.strictEqual(quiet, "")
      assert.match(verbose, /\nall\.zip: [\d.]+ [kM]B\n/)
      const lines = verbose.split("\n")
      assert.strictEqual(new Set(lines).size, lines.length, "no line twice")
    })
  )

  it.live("status and wait print the state of a job; a failed one is a result of status, and an error of wait", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin("model_fails")
      const [status, wait] = yield* Effect.all(
        [emulated.run(["status", jobId, "--json"]), emulated.run(["wait", jobId])],
        { concurrency: 2 }
      )
      assert.strictEqual(status.code, 0, status.stderr)
      assert.deepStrictEqual(Binary.lastLine(status.stdout), {
        type: "result",
        jobId,
        jobStatus: "failure",
        phase: "failed",
        ready: false,
        details: { error: "The archive could not be made: out of disk space" }
      })
      assert.deepStrictEqual([wait.code, wait.stdout], [3, "failure\n"])
      assert.match(wait.stderr, /scenario-assets: Job job_\w+ failed at Scenario/)

      const id = yield* emulated.begin(Emulated.modelOf(emulated))
      const ready = yield* emulated.run(["wait", id])
      assert.deepStrictEqual([ready.code, ready.stdout], [0, "success\n"])
      assert.include(ready.stderr, `to download: scenario-assets download --job ${id}\n`)
    })
  )

  it.live("what the library warns of is a warning, and no line of a log", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour", states: ["gathering-\u001b[31mstardust"] } })
      const running = yield* emulated.start(["download", Emulated.modelOf(emulated), "--quiet"])
      const stderr = yield* running.until("stderr", /\n/)
      assert.match(
        stderr,
        /^warning: Job job_\w+ is in a state unknown to this version \(gathering-\\u001b\[31mstardust\)[^\n]*\n$/
      )
    })
  )

  it.live("a reader that is slow gets every line, also of an error", () =>
    Effect.gen(function* () {
      const words = Array.from({ length: 20_000 }, (_, index) => `word_${index}`)
      const running = yield* Binary.start(["doctor", ...words, "--json"])
      running.process.stdout.pause()
      yield* running.until("stderr", /--help'\.\n$/)
      running.process.stdout.resume()
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 2)
      assert.include(
        Binary.lastLine(stdout)["messages"],
        `too many words: ${words.map((word) => `"${word}"`).join(" ")}`
      )
    })
  )
})
