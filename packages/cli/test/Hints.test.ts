/** What an error says to do next, and that doing it helps. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

/** A command that fails: its code, its hints, and the run it is, if it is written down. */
const failing = Effect.fnUntraced(function* (
  emulated: Emulated.Emulated,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
) {
  const { code, stderr, stdout } = yield* emulated.run([...args, "--json"], { env })
  assert.notStrictEqual(code, 0, stderr)
  const { hints, runId } = Binary.lastLine(stdout)
  return { code, hints, runId: String(runId), stderr }
})

const resumes = Effect.fnUntraced(function* (emulated: Emulated.Emulated, runId: string) {
  const { code, stderr } = yield* emulated.run(["runs", "resume", runId])
  assert.strictEqual(code, 0, stderr)
})

describe.concurrent("hints", () => {
  it.live.each([
    [401, 4, "resume"],
    [402, 1, "resume"],
    [403, 4, "resume in the same project"]
  ] as const)("a run refused with %d resumes once that is fixed", ([status, exitCode, what]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.status("requestBatch", status))
      const { code, hints, runId } = yield* failing(emulated, ["download", Emulated.modelOf(emulated)])
      assert.deepStrictEqual([code, hints], [exitCode, [`To ${what}: scenario-assets runs resume ${runId}`]])
      yield* resumes(emulated, runId)
    })
  )

  it.live("a run that keeps an archive, with a key that is wrong", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const args = ["download", "--job", jobId, "--archive", "all.zip"]
      const { code, hints, runId } = yield* failing(emulated, args, { SCENARIO_API_SECRET: "wrong" })
      assert.deepStrictEqual([code, hints], [4, [`To resume: scenario-assets runs resume ${runId}`]])
      yield* resumes(emulated, runId)
    })
  )

  it.live("a job of its own that is gone is started again", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.status("getStatus", 404, { times: 20 }))
      const own = yield* failing(emulated, ["download", Emulated.modelOf(emulated)])
      assert.deepStrictEqual(
        [own.code, own.hints],
        [6, [`To start it again: scenario-assets runs resume ${own.runId}`]],
        own.stderr
      )
      yield* emulated.emulator.clearFaults
      yield* resumes(emulated, own.runId)
    })
  )

  it.live("ids that nobody knows: resuming would not help, and the run can be removed from the list", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const args of [
        ["--job", "job_nobody"],
        ["model_nobody", "--archive", "all.zip"]
      ]) {
        const other = yield* failing(emulated, ["download", ...args])
        const forget = `scenario-assets runs forget ${other.runId}`
        const baseUrl = args.includes("--job") ? "" : "Also check the base URL: Scenario's ends in /v1. "
        assert.deepStrictEqual(
          [other.code, other.hints],
          [6, [`${baseUrl}If an id is wrong, remove the run from the list: ${forget}`]]
        )
        assert.strictEqual((yield* emulated.run(forget.split(" ").slice(1))).code, 0)
      }
    })
  )

  it.live("a job of others that failed is not started again by resuming", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const own = yield* failing(emulated, ["download", "model_fails"])
      assert.deepStrictEqual(own.hints, [`To start it again: scenario-assets runs resume ${own.runId}`])
      const jobId = yield* emulated.begin("model_fails")
      const other = yield* failing(emulated, ["download", "--job", jobId])
      assert.deepStrictEqual([other.code, other.hints], [3, []])
    })
  )

  it.live("a deadline: of a run, it goes on; of a job, its download waits for it", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const detached = yield* emulated.run(["download", Emulated.modelOf(emulated), "--detach"])
      const runId = detached.stdout.trim()
      const ofRun = yield* failing(emulated, ["wait", runId, "--deadline", "100ms"])
      assert.deepStrictEqual([ofRun.code, ofRun.hints], [9, [`To wait again: scenario-assets runs resume ${runId}`]])
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const ofJob = yield* failing(emulated, ["wait", jobId, "--deadline", "100ms"])
      assert.deepStrictEqual(
        [ofJob.code, ofJob.hints],
        [9, [`To wait again: scenario-assets download --job ${jobId} --deadline 2h`]]
      )
    })
  )

  it.live.each([
    // A job of the run's own is begun once more by itself.
    ["an entry", [1, 3].map((skip) => Fault.corrupt("storage", 100_000, { skip })), []],
    ["a page in its place", [Fault.html("storage")], []],
    ["a kept one", [Fault.wrongChecksum("storage", { times: 3 })], ["--archive", "all.zip"]]
  ] as const)("an archive that arrived damaged, %s: resuming fetches it again", ([, faults, more]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 1_000_000, entries: 4 } })
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      for (const wanted of [[Emulated.modelOf(emulated)], ["--job", jobId]]) {
        yield* emulated.emulator.inject(...faults)
        const args = ["download", ...wanted, "-o", `out-${wanted.length}`, ...more]
        const { code, hints, runId, stderr } = yield* failing(emulated, args)
        assert.deepStrictEqual([code, hints], [7, [`To resume: scenario-assets runs resume ${runId}`]], stderr)
        yield* emulated.emulator.clearFaults
        yield* resumes(emulated, runId)
      }
    })
  )

  it.live("an archive that its host no longer has: another job makes it again, where it is the run's own", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      yield* emulated.emulator.inject(Fault.status("storage", 404, { times: 3 }))
      const own = yield* failing(emulated, ["download", Emulated.modelOf(emulated)])
      assert.deepStrictEqual(
        [own.code, own.hints],
        [6, [`To start it again: scenario-assets runs resume ${own.runId}`]],
        own.stderr
      )
      const other = yield* failing(emulated, ["download", "--job", jobId])
      assert.deepStrictEqual([other.code, other.hints], [6, []], other.stderr)
      yield* emulated.emulator.clearFaults
      yield* resumes(emulated, own.runId)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 4, "one of somebody else, and three of the run")
    })
  )

  it.live.each([
    ["download --job", "model_a", "a model; try: scenario-assets download model_a"],
    ["download --job", "asset_a", "an asset; try: scenario-assets asset asset_a"],
    ["download --job", "inf_a", "an inference; try: scenario-assets download inf_a"],
    ["download --job", "proj_a", "a project; pass it with --project."]
  ] as const)("%s %s, which is not known: what it looks like, and what takes that", ([command, id, what]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { code, hints, stderr } = yield* failing(emulated, [...command.split(" "), id])
      assert.deepStrictEqual([code, hints], [6, [`${id} looks like the id of ${what}`]], stderr)
      assert.include(stderr, ` ${id} in this project (404)`)
    })
  )

  it.live("an id that looks like another kind is asked for all the same, where a flag says what it is", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true } })
      const { code, stderr } = yield* emulated.run(["download", "--asset", "model_a"])
      assert.strictEqual(code, 0, stderr)
    })
  )

  it.live.each([
    ["SCENARIO_API_KEY", "SCENARIO_API_SECRET"],
    ["SCENARIO_API_SECRET", "SCENARIO_API_KEY"],
    ["SCENARIO_SDK_API_KEY", "SCENARIO_SDK_API_SECRET"]
  ] as const)("%s alone: which half is missing, and only then the way without both", ([set, missing]) =>
    Effect.gen(function* () {
      const env = { [missing]: "", [set]: Canary.key }
      const { code, stderr } = yield* Binary.run(["status", "job_a"], { env })
      assert.strictEqual(code, 4)
      assert.match(
        stderr,
        new RegExp(
          `^scenario-assets: ${set} is set and ${missing} is missing; set ${missing} too, ` +
            `or unset ${set} to use stored credentials\\.\nOr store them: scenario-assets auth login`
        )
      )
    })
  )

  it.live("a line of a list that is no id: as the kind that is named, it is taken", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      const list = path.join(cwd, "ids.txt")
      const read = (text: string) => {
        writeFileSync(list, text)
        return Binary.run(["download", "--dry-run", "-q", "--from-file", list], { cwd })
      }
      const frog = yield* read("asset_a\nfrog\n")
      assert.match(frog.stderr, /ids.txt, line 2: "frog" [^\n]*'job ID' in a file\n/)
      assert.strictEqual((yield* read("asset_a\nmodel frog\n")).stdout, "batch 1: 2 ids\n")
      const several = yield* read("asset_a,asset_b\n")
      assert.match(
        several.stderr,
        /line 1, has several ids; write one per line, or name the columns in the first line \(id,name\)\n/
      )
      assert.strictEqual((yield* read("asset_a\nasset_b\n")).stdout, "batch 1: 2 ids\n")
      assert.strictEqual((yield* read("id,name\nasset_a,asset_b\n")).stdout, "batch 1: 1 id\n")
    })
  )

  it.live("a value that looks like a flag: in the words that are named, it is taken", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      const args = ["download", "asset_a", "--dry-run", "-q", "--archive", "a.zip"]
      const refused = yield* Binary.run([...args, "-o", "-h"], { cwd })
      const [, words = ""] = /is its value, write (\S+)\n/.exec(refused.stderr) ?? []
      const taken = yield* Binary.run([...args, words], { cwd })
      assert.deepStrictEqual([taken.code, taken.stdout], [0, "batch 1: 1 id: -h/a.zip\n"], taken.stderr)

      const none = yield* Binary.run(["wait", "-hot"], { cwd })
      const [, command = ""] = /write it after --: scenario-assets (.+)\n/.exec(none.stderr) ?? []
      const known = yield* Binary.run(command.split(" "), { cwd, env: { SCENARIO_BASE_URL: "http://127.0.0.1:1" } })
      assert.strictEqual(known.code, 4, "the id is taken, and credentials are what is missing")
    })
  )
})
