/** What becomes of a run whose streams are closed, full, or read by nobody, and which end is told when several come at once. */
import { existsSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Preload from "./support/Preload.ts"

/** Runs the binary in bash, with such redirections behind it. */
const redirected =
  (redirection: string) =>
  (command: ReadonlyArray<string>): readonly [string, ...ReadonlyArray<string>] => [
    "bash",
    "-c",
    `set -o pipefail; "$@" ${redirection}`,
    "bash",
    ...command
  ]

describe.concurrent("a stream that cannot be written", () => {
  const full = existsSync("/dev/full") ? ["2> /dev/full"] : []

  it.live.each([...full, "2>&-", "<&-"])(
    "%s: a download goes on, and its exit code says what became of the files",
    (to) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make({ archive: { size: 100_000 } })
        const through = redirected(to)
        const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip"]
        const good = yield* emulated.run(args, { through })
        assert.deepStrictEqual([good.code, good.stdout], [0, "all.zip\n"], good.stderr)
        const failed = yield* emulated.run(["download", "model_fails", "--json"], { through })
        assert.strictEqual(failed.code, 3, failed.stderr)
        assert.deepInclude(Binary.lastLine(failed.stdout), { type: "error", exitCode: 3 })
      })
  )

  it.live("stderr whose reader is gone: a download goes on", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "200 millis" } })
      const running = yield* emulated.start(["download", Emulated.modelOf(emulated), "--archive", "all.zip"])
      running.process.stderr.destroy()
      const { code, stdout } = yield* running.ended
      assert.deepStrictEqual([code, stdout], [0, "all.zip\n"])
    })
  )

  it.live.runIf(full.length > 0)("stdout on a full disk is an error, 8, also where stderr is full too", () =>
    Effect.gen(function* () {
      const told = yield* Binary.run(["runs", "--json"], { through: redirected("> /dev/full") })
      assert.strictEqual(told.code, 8)
      assert.match(
        told.stderr,
        /scenario-assets: cannot write to stdout \(ENOSPC\); check where it is redirected to\n$/
      )
      for (const args of [["--version"], ["--help"], ["runs", "--json"]]) {
        const { code, stderr } = yield* Binary.run(args, { through: redirected("> /dev/full 2> /dev/full") })
        assert.deepStrictEqual([code, stderr], [8, ""], args.join(" "))
      }
    })
  )

  it.live.each([
    "--version",
    "--help",
    "runs --help",
    "completions bash",
    "runs --json",
    "nonsense --json",
    "download model_a --dry-run"
  ])("a reader of stdout that is gone ends %s without a stack", (command) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* Binary.run(command.split(" "), { through: redirected("| :") })
      assert.include([0, 141], code)
      assert.notMatch(stderr, /EPIPE|\bat |node:/)
    })
  )

  it.live("a reader that has seen enough, such as head, ends it without a word", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const running = yield* emulated.start(["download", Emulated.modelOf(emulated), "--json", "--quiet"])
      yield* running.until("stdout", /"planned"[^]*\n/)
      running.process.stdout.destroy()
      const { code, stderr } = yield* running.ended
      assert.deepStrictEqual([code, stderr], [141, ""])
    })
  )
})

/** The signal comes while a line of this type is being printed. */
const signalAt = (type: string) =>
  Preload.make(`const { stringify } = JSON
    JSON.stringify = (value, ...more) => {
      if (value?.type === "${type}") process.emit("SIGINT")
      return stringify(value, ...more)
    }`)

describe.concurrent("the last line of --json", () => {
  it.live("is a result, and 0, where the signal came when it was told", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const commands = [
        ["download", "--job", jobId, "--archive", "a.zip"],
        ["extract", "a.zip", "-o", "out"],
        ["list", "a.zip"],
        ["wait", jobId],
        ["runs"]
      ]
      for (const args of commands) {
        const { code, stderr, stdout } = yield* emulated.run([...args, "--json"], signalAt("result"))
        assert.deepInclude(Binary.lastLine(stdout), { type: "result" }, args.join(" "))
        assert.strictEqual(code, 0, args.join(" "))
        assert.notInclude(stderr, "Interrupted")
      }
    })
  )

  it.live("is the error that was told when the signal came, with its exit code", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const [args, exitCode] of [
        [["status", "job_nobody"], 6],
        [["download", "model_fails"], 3],
        [["status"], 2]
      ] as const) {
        const { code, stdout } = yield* emulated.run([...args, "--json"], signalAt("error"))
        assert.deepInclude(Binary.lastLine(stdout), { type: "error", exitCode })
        assert.strictEqual(code, exitCode)
      }
    })
  )

  it.live("is an interruption where nothing was told before", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const { code, stdout } = yield* emulated.run(
        ["download", Emulated.modelOf(emulated), "--json"],
        signalAt("status")
      )
      assert.deepInclude(Binary.lastLine(stdout), { type: "error", error: "Interrupted", exitCode: 130 })
      assert.strictEqual(code, 130)
    })
  )
})
