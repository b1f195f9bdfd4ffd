import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

type Fields = Readonly<Record<string, unknown>>

/** What `runs` knows. */
const listed = (emulated: Emulated.Emulated): Effect.Effect<ReadonlyArray<Fields>> =>
  Effect.map(emulated.run(["runs", "--json"], { env: noCredentials }), ({ code, stderr, stdout }) => {
    assert.strictEqual(code, 0, stderr)
    return Binary.lastLine(stdout)["runs"] as ReadonlyArray<Fields>
  })

const noCredentials = { SCENARIO_API_KEY: "", SCENARIO_API_SECRET: "" }

/** The ids of the runs that are recorded. */
const recorded = ({ runs }: Emulated.Emulated): ReadonlyArray<string> =>
  readdirSync(runs).filter((name) => name.startsWith("run_"))

/** The only record there is: its head, and what was asked for. */
const recordOf = (emulated: Emulated.Emulated) => {
  const [runId = "", ...others] = recorded(emulated)
  assert.deepStrictEqual(others, [])
  const folder = path.join(emulated.runs, runId)
  const file = path.join(folder, "head.json")
  return {
    folder,
    file,
    runId,
    text: readFileSync(file, "utf8"),
    request: readFileSync(path.join(folder, "request.json"), "utf8")
  }
}

/** The only job that a run has begun, whatever became of it. */
const jobOf = (emulated: Emulated.Emulated): string => {
  const [, jobId = ""] =
    /"jobId":"(\w+)"/.exec(readFileSync(path.join(recordOf(emulated).folder, "jobs.jsonl"), "utf8")) ?? []
  return jobId
}

/** From another directory. */
const resume = (emulated: Emulated.Emulated, ...words: ReadonlyArray<string>) =>
  emulated.run(["runs", "resume", ...words], { cwd: TestDirectory.make("elsewhere") })

const files = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => /\.(?:png|zip)$/.test(name))

describe.concurrent("runs", () => {
  it.live(
    "killed before the first look at the job is answered: listed as stopped, and resumed from elsewhere, with one job",
    () =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        yield* emulated.emulator.inject(Fault.stall("getStatus", 0))
        const args = ["download", "-", "-o", "out", "--manifest", "files.jsonl", "--deadline", "5m"]
        const running = yield* emulated.start(args, { stdin: `${Emulated.modelOf(emulated)}\n` })
        yield* running.until("stderr", /Started job/)
        const { file, runId, text } = recordOf(emulated)
        assert.match(runId, /^run_\d{6}_[a-z]{6}$/)
        assert.strictEqual(statSync(file).mode & 0o777, 0o600)
        assert.deepInclude((yield* listed(emulated))[0], { runId, state: "running", pid: running.process.pid })
        const busy = yield* resume(emulated, runId)
        assert.deepStrictEqual([busy.code, busy.stdout], [5, ""])
        assert.include(
          busy.stderr,
          `is under way: ${runId} (process ${running.process.pid}); wait for it to end, or stop it.\n`
        )

        // Another process has its number by now, or it is not told which one it is.
        const { process: by, ...rest } = JSON.parse(text)
        const { startTime, ...numbered } = by
        const stateBy = (process: Fields) => {
          writeFileSync(file, JSON.stringify({ ...rest, process }))
          return Effect.map(listed(emulated), ([run]) => run?.["state"])
        }
        if (process.platform === "linux") {
          assert.strictEqual(yield* stateBy({ ...by, startTime: startTime - 1 }), "stopped")
        }
        assert.strictEqual(yield* stateBy(numbered), "running")
        writeFileSync(file, text)

        yield* running.kill("SIGKILL")
        yield* running.ended
        const out = path.join(emulated.directory, "out")
        const [stopped] = yield* listed(emulated)
        const what = Emulated.modelOf(emulated)
        assert.deepInclude(stopped, { runId, state: "stopped", what, path: out })
        const plain = yield* emulated.run(["runs"])
        assert.match(plain.stdout, new RegExp(`^${runId}\tstopped\t[^\t]*Z\t${what}\t\t${out}\t\n$`))
        assert.strictEqual(plain.stderr, `To resume: scenario-assets runs resume ${runId}\n`)

        const { code, stderr, stdout } = yield* resume(emulated, runId)
        assert.deepStrictEqual([code, stdout], [0, `${out}\n`], stderr)
        assert.match(stderr, new RegExp(`^Resuming run ${runId}: ${what} to ${out}\nResuming job job_`))
        assert.lengthOf(files(out), 3)
        assert.isTrue(existsSync(path.join(emulated.directory, "files.jsonl")))
        assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
        assert.deepInclude((yield* listed(emulated))[0], { runId, state: "done" })

        const again = yield* resume(emulated, runId)
        assert.deepStrictEqual([again.code, again.stdout], [0, ""])
        assert.strictEqual(again.stderr, `Run ${runId} is already done: ${out}\n`)
        assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
      })
  )

  it.live("interrupted: the command in the message resumes it; the same command again is the same run", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 4 * MiB } })
      yield* emulated.emulator.inject(Fault.stall("storage", 2.5 * MiB), Fault.stall("storage", 1.2 * MiB, { skip: 1 }))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--json"]
      const ids: Array<string> = []
      for (const more of [[], ["--idle-timeout", "1m"]]) {
        const running = yield* emulated.start([...args, ...more])
        yield* running.until("stdout", /"type":"progress"/)
        yield* running.kill("SIGINT")
        const { stderr, stdout } = yield* running.ended
        const [, runId = ""] = /\. To resume: scenario-assets runs resume (run_\w+)\n$/.exec(stderr) ?? []
        assert.strictEqual(Binary.events(stdout, "run")[0]?.["runId"], runId)
        assert.deepInclude((yield* listed(emulated))[0], { runId, state: "interrupted" })
        ids.push(runId)
      }
      assert.strictEqual(new Set(ids).size, 1)

      // In this directory it need not be named.
      const { code, stderr, stdout } = yield* emulated.run(["runs", "resume"])
      const file = path.join(emulated.directory, "all.zip")
      assert.deepStrictEqual([code, stdout], [0, `${file}\n`], stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
      Emulated.assertSameBytes(file, yield* emulated.archive(jobOf(emulated)))
    })
  )

  it.live("a failure that passes: the record says why, and the error how to resume", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.drop("storage"))
      const args = ["download", Emulated.modelOf(emulated), "--retries", "0", "--json"]
      const first = yield* emulated.run(args)
      assert.strictEqual(first.code, 5)
      const error = Binary.lastLine(first.stdout)
      const runId = String(error["runId"])
      const jobId = Binary.jobIn(first.stdout)
      assert.deepInclude(error, { jobId, hints: [`To resume: scenario-assets runs resume ${runId}`] })
      assert.match(first.stderr, new RegExp(`^scenario-assets: Job ${jobId}: Transfer: http://`, "m"))
      const [failed] = yield* listed(emulated)
      assert.deepInclude(failed, { runId, state: "failed" })
      assert.match(String(failed?.["message"]), /sent no more bytes after 0/)
      assert.strictEqual((yield* resume(emulated, runId)).code, 0)
      assert.lengthOf(files(emulated.directory), 3)
    })
  )

  it.live("done ones: the newest 100 are kept; unfinished ones stay, and what is damaged is passed over", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const args = ["download", Emulated.modelOf(emulated), "-o", "out"]
      assert.strictEqual((yield* emulated.run(args)).code, 0)
      const { file, runId, text } = recordOf(emulated)
      const request = recordOf(emulated).request
      const put = (id: string, head: string) => {
        mkdirSync(path.join(emulated.runs, id), { recursive: true })
        writeFileSync(path.join(emulated.runs, id, "head.json"), head)
        writeFileSync(path.join(emulated.runs, id, "request.json"), request)
      }
      const record = JSON.parse(text)
      const put2020 = (id: string, fields: Fields) => {
        const since = "2020-01-01T00:00:00.000Z"
        put(id, JSON.stringify({ ...fields, runId: id, started: since, process: { ...record.process, since } }))
      }
      for (let n = 0; n < 104; n++) {
        const [a, b] = [n % 26, Math.floor(n / 26)].map((letter) => String.fromCharCode(97 + letter))
        put2020(`run_200101_baba${a}${b}`, record)
      }
      const { end: _, ...killed } = record
      put2020("run_190101_bababa", killed)
      put("run_190101_broken", "{")

      assert.strictEqual((yield* emulated.run([...args, "--detach"])).code, 0)
      const again = yield* emulated.run(["runs", "--all"])
      const lines = again.stdout.trim().split("\n")
      // The unfinished one was for the same files, and so it is resumed.
      assert.match(lines[0] ?? "", /^run_190101_bababa\tdetached\t/)
      assert.lengthOf(lines, 101)
      assert.isTrue(existsSync(file), runId)
      const few = yield* emulated.run(["runs"])
      assert.lengthOf(few.stdout.trim().split("\n"), 20)
      assert.match(few.stderr, /^20 of 101 runs; to list all: scenario-assets runs --all\n/)
    })
  )

  it.live("--detach begins all jobs and ends; wait waits for them, and resume takes the files", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({
        catalogue: { anyId: true },
        archive: { size: 40_000, entries: 2 },
        job: { pace: 300 }
      })
      const ids = Array.from({ length: 1500 }, (_, index) => `asset_${index}`)
      const stdin = ids.join("\n")
      const args = ["download", "-", "-o", "out", "--detach"]
      const detached = yield* emulated.run(args, { stdin })
      assert.strictEqual(detached.code, 0, detached.stderr)
      const runId = detached.stdout.trim()
      assert.match(runId, /^run_\w+$/)
      assert.match(
        detached.stderr,
        /^Requesting 1500 ids from Scenario in 2 batches…\n(?:0\/2 done[^\n]*\n)?(?:Started job job_\w+\n){2}To download the files: scenario-assets runs resume run_\w+\n$/
      )
      assert.lengthOf(yield* emulated.requests("requestBatch"), 2)
      assert.deepStrictEqual(yield* emulated.requests("getStatus"), [], "none is looked at")
      assert.deepInclude((yield* listed(emulated))[0], { runId, state: "detached", what: "1500 ids" })

      // The same ids in any order are the same run, and the same jobs.
      const again = yield* emulated.run([...args, "--json"], { stdin: ids.toReversed().join("\n") })
      const { jobs, runId: same } = Binary.lastLine(again.stdout)
      assert.strictEqual(same, runId)
      assert.deepStrictEqual(
        (jobs as ReadonlyArray<Fields>).map(({ batch, resumed }) => [batch, resumed]),
        [
          [1, true],
          [2, true]
        ]
      )

      const waited = yield* emulated.run(["wait", runId], { cwd: TestDirectory.make() })
      assert.strictEqual(waited.code, 0, waited.stderr)
      assert.match(waited.stdout, /^(?:job_\w+: success\n){2}$/)
      assert.include(waited.stderr, `\nReady; to download: scenario-assets runs resume ${runId}\n`)
      const taken = yield* resume(emulated, runId)
      assert.strictEqual(taken.code, 0, taken.stderr)
      assert.match(taken.stderr, /(?:Resuming job job_\w+\n[^]*){2}\n4 files, /)
      assert.lengthOf(files(path.join(emulated.directory, "out")), 2, "both archives have the same two")
      assert.lengthOf(yield* emulated.requests("requestBatch"), 2)
    })
  )

  it.live("resume starts a job again whose archive is damaged, and leaves the other one as it is", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000 } })
      const stdin = Array.from({ length: 1500 }, (_, index) => `asset_${index}`).join("\n")
      const detached = yield* emulated.run(["download", "-", "--detach"], { stdin })
      yield* emulated.emulator.inject(Fault.status("storage", 404))
      const { code, stderr } = yield* resume(emulated, detached.stdout.trim())
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 3)
      assert.match(stderr, / Starting a new job for it\n/)
    })
  )

  it.live("the same command after a run that is done begins a new job, and fetches nothing that is there", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const args = ["download", Emulated.modelOf(emulated), "-o", "out"]
      assert.strictEqual((yield* emulated.run(args)).code, 0)
      const again = yield* emulated.run(args)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.match(again.stderr, /^Requesting [^\n]*\nStarted job [^]*\(all already existed\) in /)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 2)
      assert.lengthOf(recorded(emulated), 2)
    })
  )

  it.live("killed when all is saved and nothing says so: what the run has brought is done, whoever began the job", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      for (const [wanted, place] of [
        [["--job", jobId], "a"],
        [[Emulated.modelOf(emulated)], "b"]
      ] as const) {
        const args = ["download", ...wanted, "-o", place, "--archive", "all.zip"]
        assert.strictEqual((yield* emulated.run(args)).code, 0)
        const { file, folder, runId, text } = recordOf(emulated)
        const { end: _, ...killed } = JSON.parse(text)
        writeFileSync(file, JSON.stringify(killed))
        const bytes = readFileSync(path.join(emulated.directory, place, "all.zip"))
        const jobs = (yield* emulated.requests("requestBatch")).length
        // Its job may be gone by then.
        if (place === "b") yield* emulated.emulator.inject(Fault.status("getStatus", 404))
        const resumed = yield* resume(emulated, runId)
        const archive = path.join(emulated.directory, place, "all.zip")
        assert.deepStrictEqual([resumed.code, resumed.stdout], [0, `${archive}\n`], resumed.stderr)
        assert.include(resumed.stderr, `${archive} already exists\n`)
        Emulated.assertSameBytes(archive, bytes)
        assert.lengthOf(yield* emulated.requests("requestBatch"), jobs)
        assert.deepInclude((yield* listed(emulated))[0], { runId, state: "done" })
        rmSync(folder, { recursive: true })
      }

      // What somebody else has put there is not.
      writeFileSync(path.join(emulated.directory, "all.zip"), "")
      const refused = yield* emulated.run(["download", "--job", jobId, "--archive", "all.zip"])
      assert.strictEqual(refused.code, 8)
      assert.match(refused.stderr, /\nTo replace it: --force\n$/)
      assert.deepStrictEqual(recorded(emulated), [], "a run that is refused is none")
    })
  )

  it.live("without an id: the latest of this directory, by its name; no other where that one still runs", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const model = Emulated.modelOf(emulated)
      const args = ["download", model, "--detach", "-o"]
      const older = (yield* emulated.run([...args, "a"])).stdout.trim()
      yield* emulated.emulator.inject(Fault.stall("storage", 10))
      const running = yield* emulated.start(["download", model, "-o", path.join(emulated.directory, "b/c")])
      yield* running.until("stderr", /Started job/)
      const newer = recorded(emulated).find((runId) => runId !== older) ?? ""
      const busy = yield* emulated.run(["runs", "resume"])
      assert.deepStrictEqual([busy.code, busy.stdout], [5, ""])
      assert.include(busy.stderr, `is under way: ${newer} (process ${running.process.pid})`)

      const file = path.join(emulated.runs, newer, "head.json")
      const text = readFileSync(file, "utf8")
      const record = JSON.parse(text)
      yield* running.kill("SIGKILL")
      yield* running.ended
      // On another machine; and in another container, which may have the same name.
      for (const by of [{ host: "other" }, ...(process.platform === "linux" ? [{ namespace: "pid:[1]" }] : [])]) {
        writeFileSync(file, JSON.stringify({ ...record, process: { ...record.process, ...by } }))
        const elsewhere = yield* emulated.run(["runs", "resume", "--json"])
        assert.strictEqual(elsewhere.code, 5, elsewhere.stderr)
        assert.match(
          elsewhere.stderr,
          /the machine \S+, or in another container, and may still be running there\.\n[^\n]* runs resume run_\w+ --take-over\n$/
        )
      }

      writeFileSync(file, text)
      for (const [runId, place] of [
        [newer, path.join(emulated.directory, "b/c")],
        [older, path.join(emulated.directory, "a")]
      ]) {
        const taken = yield* emulated.run(["runs", "resume"])
        assert.deepStrictEqual([taken.code, taken.stdout], [0, `${place}\n`], taken.stderr)
        assert.include(taken.stderr, `Resuming run ${runId}: ${model} to ${place}\n`)
      }
    })
  )

  it.live("resume takes what changes nothing of the files: how long, how fast, by how many connections", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 300_000 } })
      yield* emulated.emulator.inject(Fault.drop("storage"))
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip", "--retries", "0"]
      assert.strictEqual((yield* emulated.run([...args, "--limit-rate", "1k", "--deadline", "5m"])).code, 5)
      const { runId } = recordOf(emulated)
      const faster = ["--limit-rate", "100MB", "--connections", "2"]
      const { code, stderr } = yield* resume(emulated, runId, ...faster)
      assert.strictEqual(code, 0, stderr)
      const request = JSON.parse(recordOf(emulated).request)
      assert.deepInclude(request, { limitRate: 100_000_000, connections: 2, deadline: 300_000 })
    })
  )

  it.live("where nothing can be recorded there is a warning, and all else is as usual", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const file = path.join(TestDirectory.make(), "file")
      writeFileSync(file, "")
      const env = { XDG_STATE_HOME: file }
      const model = Emulated.modelOf(emulated)
      const whole = yield* emulated.run(["download", model, "-o", "a"], { env })
      assert.deepStrictEqual([whole.code, whole.stdout], [0, "a\n"], whole.stderr)
      assert.match(
        whole.stderr,
        /(?:^|\n)warning: this run will not be listed by 'scenario-assets runs'\. [^\n]*ENOTDIR[^\n]*\n/
      )

      const detached = yield* emulated.run(["download", model, "-o", "b", "--detach"], { env })
      assert.strictEqual(detached.code, 0, detached.stderr)
      const jobId = detached.stdout.trim()
      assert.isTrue(
        detached.stderr.endsWith(`\nTo download the files: scenario-assets download --job ${jobId} --output b\n`)
      )
    })
  )

  it.live("unknown ones, none at all, and forgotten ones", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const usage = yield* emulated.run(["download", "model_a", "--manifest", "-", "--json"])
      assert.strictEqual(usage.code, 2, usage.stderr)
      const none = yield* emulated.run(["runs"])
      assert.deepStrictEqual([none.code, none.stdout], [0, ""])
      assert.strictEqual(none.stderr, "No download has been started on this machine yet\n")
      for (const words of [
        ["runs", "resume", "run_nope"],
        ["runs", "forget", "../x"],
        ["wait", "run_261231_bababa"],
        ["wait", "run_nope"]
      ]) {
        const unknown = yield* emulated.run([...words, "--json"])
        assert.strictEqual(unknown.code, 6, unknown.stderr)
        assert.match(unknown.stderr, /: There is no run "[^"]+" on this machine\.\nTo list the runs: scenario-assets /)
        assert.deepInclude(Binary.lastLine(unknown.stdout), { error: "RunNotFound", exitCode: 6 })
      }

      yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "out", "--detach"])
      const { runId } = recordOf(emulated)
      const elsewhere = yield* resume(emulated)
      assert.strictEqual(elsewhere.code, 6)
      assert.include(elsewhere.stderr, `give the id of another: ${runId} (${path.join(emulated.directory, "out")}).`)
      const above = yield* emulated.run(["runs", "resume"], { cwd: path.dirname(emulated.directory) })
      assert.strictEqual(above.code, 6, above.stderr)
      const forgotten = yield* emulated.run(["runs", "forget", runId])
      assert.strictEqual(forgotten.code, 0, forgotten.stderr)
      assert.deepStrictEqual(recorded(emulated), [])
    })
  )

  it.live("a record holds what was asked for, and no secret", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 3 * MiB } })
      yield* emulated.emulator.inject(Fault.status("storage", 403, { times: "always" }))
      const args = ["download", "--asset", "b", "--asset", "b", "--model", "c", "--flat", "-o", "out"]
      const more = ["--include", "*.png", "--limit-rate", "1MB", "--manifest", "files.jsonl"]
      const ended = yield* emulated.run([...args, ...more])
      assert.strictEqual(ended.code, 5, ended.stderr)
      const { folder, request, text } = recordOf(emulated)
      for (const name of readdirSync(folder)) {
        assert.deepStrictEqual(Canary.find(readFileSync(path.join(folder, name))), [], name)
      }
      assert.deepInclude(JSON.parse(text), { baseUrl: emulated.emulator.config.apiUrl })
      assert.deepStrictEqual(JSON.parse(request), {
        wanted: {
          _tag: "Assets",
          selection: { assetIds: ["b"], inferenceIds: [], modelIds: ["c"] },
          fileNameTemplate: "<generator>-<prompt>-<num>-<seed>",
          flat: true
        },
        destination: {
          _tag: "Directory",
          directory: path.join(emulated.directory, "out"),
          include: ["*.png"],
          exclude: [],
          ifDiffers: "keep"
        },
        concurrency: 4,
        limitRate: 1_000_000,
        annotations: { manifest: path.join(emulated.directory, "files.jsonl") }
      })
    })
  )
})
