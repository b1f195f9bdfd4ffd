/** What can be seen of runs, and done about their records. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Width from "../src/text/Width.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Terminal from "./support/Terminal.ts"

type Fields = Readonly<Record<string, unknown>>

const idsOf = ({ runs }: Emulated.Emulated): ReadonlyArray<string> =>
  existsSync(runs) ? readdirSync(runs).filter((name) => name.startsWith("run_")) : []

const detach = (emulated: Emulated.Emulated, ...args: ReadonlyArray<string>) =>
  Effect.map(
    emulated.run(["download", Emulated.modelOf(emulated), "--detach", ...args]),
    ({ code, stderr, stdout }) => {
      assert.strictEqual(code, 0, stderr)
      return stdout.trim()
    }
  )

const headFile = ({ runs }: Emulated.Emulated, runId: string): string => path.join(runs, runId, "head.json")

/** Changes a head as another machine, or another time, would have written it. */
const rewrite = (emulated: Emulated.Emulated, runId: string, change: (head: Fields) => Fields): void => {
  const file = headFile(emulated, runId)
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))))
}

/** As if another machine were carrying it out, or had been when it was switched off. */
const elsewhere = (emulated: Emulated.Emulated, runId: string): void =>
  rewrite(emulated, runId, ({ end: _, process, ...head }) => ({
    ...head,
    process: { ...(process as Fields), host: "build-7" }
  }))

/** As if it had ended so many days ago. */
const age = (emulated: Emulated.Emulated, runId: string, days: number): void => {
  const then = new Date(Date.now() - days * 86_400_000).toISOString()
  rewrite(emulated, runId, (head) => ({
    ...head,
    process: { ...(head["process"] as Fields), since: then },
    end: { ...(head["end"] as Fields), at: then }
  }))
}

const resultOf = (emulated: Emulated.Emulated, ...args: ReadonlyArray<string>) =>
  Effect.map(emulated.run([...args, "--json"]), ({ code, stderr, stdout }) => {
    assert.strictEqual(code, 0, stderr)
    return Binary.lastLine(stdout)
  })

describe.concurrent("the records of runs", () => {
  it.live.each([80, 120])("fit a terminal of %d columns: a header, ~ for home, why below, names escaped", (columns) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const home = path.dirname(emulated.directory)
      yield* emulated.emulator.inject(Fault.status("requestBatch", 401, { times: "always" }))
      const failing = yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "failed", "--json"])
      const failed = String(Binary.lastLine(failing.stdout)["runId"])
      yield* emulated.emulator.clearFaults
      age(emulated, failed, 3)
      const detached = yield* detach(emulated, "-o", `${"long/".repeat(30)}b\u001b[31m`)
      const screen = yield* Terminal.start([process.execPath, Binary.bin, "runs"], {
        columns,
        rows: 20,
        cwd: emulated.directory,
        env: { ...Binary.environment(), ...emulated.env, HOME: home, TERM: "xterm-256color" }
      })
      const {
        screen: { lines },
        printed
      } = yield* screen.ended
      assert.notInclude(printed, "\u001b[31m")
      assert.match(lines[0] ?? "", /^ID +STATE +AGE {2}WHAT +FILES {2}PLACE$/)
      assert.match(lines[1] ?? "", new RegExp(`^${detached}  detached  +\\d+[sm]  model_\\S+ +-  ~/\\S*…\\S*$`))
      assert.match(lines[2] ?? "", new RegExp(`^${failed}  failed +3d  model_\\S+ +-  ~/\\S*$`))
      assert.match(lines[3] ?? "", /^ {2}requestBatch: the credentials were /)
      assert.strictEqual(lines[4], `To resume: scenario-assets runs resume ${detached}`)
      assert.lengthOf(lines, 5)
      for (const line of lines) assert.isAtMost(Width.of(line), columns, line)
    })
  )

  it.live("a run that a later one for the same files supersedes is offered no more, and --all names it", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const first = yield* detach(emulated, "-o", "out", "--include", "*.png")
      const other = yield* detach(emulated, "-o", "other")
      const done = yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "out", "--force"])
      assert.strictEqual(done.code, 0, done.stderr)
      const shown = yield* emulated.run(["runs"])
      assert.notInclude(shown.stdout, first)
      assert.strictEqual(
        shown.stderr,
        `2 of 3 runs; to list all: scenario-assets runs --all\nTo resume: scenario-assets runs resume ${other}\n`
      )
      const { runs } = yield* resultOf(emulated, "runs", "--all")
      const [latest, , superseded] = runs as ReadonlyArray<Fields>
      assert.deepInclude(latest, { state: "done", files: 3 })
      assert.deepInclude(superseded, { runId: first, state: "superseded", supersededBy: latest?.["runId"] })

      const resumed = yield* emulated.run(["runs", "resume"])
      assert.include(resumed.stderr, `Resuming run ${other}: `)
      const none = yield* emulated.run(["runs", "resume"])
      assert.strictEqual(none.code, 6)
      assert.include(none.stderr, "There is no unfinished run in this directory.")
    })
  )

  it.live("runs show tells everything about a run: what was asked for, its jobs, its files, and how to resume", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000, entries: 2 } })
      const ids = Array.from({ length: 1500 }, (_, index) => `asset_${1000 + index}`)
      const flags = ["--include", "*.png", "--flat", "--retries", "0", "--limit-rate", "50MB", "--deadline", "5m"]
      yield* emulated.emulator.scriptJobs({}, { outcome: "failure" })
      const args = ["download", "-", "-o", "out", "--concurrency", "1", ...flags]
      const failed = yield* emulated.run(args, { stdin: ids.join("\n") })
      assert.strictEqual(failed.code, 3, failed.stderr)
      const [runId = ""] = idsOf(emulated)
      const { jobs, request, ...details } = yield* resultOf(emulated, "runs", "show", runId)
      assert.deepInclude(details, {
        runId,
        state: "failed",
        what: "1500 ids",
        files: 2,
        path: path.join(emulated.directory, "out"),
        startedIn: emulated.directory,
        resume: `scenario-assets runs resume ${runId}`
      })
      assert.match(String(details["message"]), /failed/)
      assert.deepInclude(request, { kind: "assets", count: 1500, first: ids.slice(0, 10) })
      assert.deepStrictEqual((request as Fields)["flags"], [
        "--include",
        "*.png",
        "--flat",
        "--deadline",
        "300s",
        "--concurrency",
        "1",
        "--limit-rate",
        "50000000",
        "--retries",
        "0"
      ])
      assert.deepStrictEqual(
        (jobs as ReadonlyArray<Fields>).map(({ batch }) => batch),
        [1, 2]
      )
      // Both are requested at once, so that either may be the one that fails.
      assert.sameMembers(
        (jobs as ReadonlyArray<Fields>).map(({ state }) => state),
        ["saved", "failed"]
      )

      const { stdout } = yield* emulated.run(["runs", "show", runId])
      for (const line of [
        /^State: +failed$/m,
        /^Error: +.*failed/m,
        /^Wanted: +1500 ids: asset_1000, asset_1001, .*asset_1009, …$/m,
        /^Flags: +--include '\*\.png' --flat /m,
        /^Job \d: +job_\w+ {2}saved$/m,
        /^Job \d: +job_\w+ {2}failed$/m,
        new RegExp(`^To resume: +scenario-assets runs resume ${runId}$`, "m")
      ]) {
        assert.match(stdout, line)
      }
    })
  )

  it.live("runs forget takes one way of saying which: ids, --done, --all or --older-than", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const args of [[], ["--done", "--all"], ["run_261231_bababa", "--done"], ["--all", "--older-than", "1d"]]) {
        const wrong = yield* emulated.run(["runs", "forget", ...args])
        assert.strictEqual(wrong.code, 2, wrong.stderr)
        assert.include(
          wrong.stderr,
          "say which runs to forget: ids, --done, --all or --older-than, and only one of these"
        )
      }
    })
  )

  it.live("runs forget names what it forgets, by when a run ended or by that it is done, and leaves the files", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      assert.strictEqual((yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "done"])).code, 0)
      const [done = ""] = idsOf(emulated)
      const old = yield* detach(emulated, "-o", "old")
      age(emulated, old, 31)
      const recent = yield* detach(emulated, "-o", "recent")
      age(emulated, recent, 29)
      const { forgotten } = yield* resultOf(emulated, "runs", "forget", "--older-than", "30d")
      assert.deepStrictEqual(forgotten, [old])
      const forgetDone = yield* emulated.run(["runs", "forget", "--done"])
      assert.strictEqual(forgetDone.stderr, `Forgot 1 run: ${done}; files and jobs are untouched\n`)
      assert.isNotEmpty(readdirSync(path.join(emulated.directory, "done")))
      assert.deepStrictEqual(idsOf(emulated), [recent])
    })
  )

  it.live("runs forget names the runs that it leaves: one that is running, and one that may be elsewhere", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const idle = yield* detach(emulated, "-o", "idle")
      const away = yield* detach(emulated, "-o", "away")
      elsewhere(emulated, away)
      const busy = yield* detach(emulated, "-o", "busy")
      // This very process is one that runs.
      rewrite(emulated, busy, ({ end: _, process: by, ...head }) => {
        const { startTime: _startTime, ...other } = by as Fields
        return { ...head, process: { ...other, pid: process.pid } }
      })
      for (const [id, why] of [
        [busy, `is under way: ${busy} (process ${process.pid})`],
        [away, "was started on the machine build-7"]
      ] as const) {
        const refused = yield* emulated.run(["runs", "forget", idle, id])
        assert.strictEqual(refused.code, 5, refused.stderr)
        assert.include(refused.stderr, why)
      }
      const all = yield* emulated.run(["runs", "forget", "--all", "--json"])
      assert.deepInclude(Binary.lastLine(all.stdout), { forgotten: [idle], kept: [busy, away] })
      assert.include(all.stderr, `warning: kept: ${busy}, which is running (process ${process.pid})\n`)
      assert.include(all.stderr, `warning: kept: ${away}, which may still be running on build-7`)
      const taken = yield* resultOf(emulated, "runs", "forget", away, "--take-over")
      assert.deepStrictEqual(taken["forgotten"], [away])
      assert.deepStrictEqual(idsOf(emulated), [busy])
    })
  )

  it.live("a run that another machine may be carrying out is resumed where somebody says so, and not by itself", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const model = Emulated.modelOf(emulated)
      const runId = yield* detach(emulated, "-o", "out")
      elsewhere(emulated, runId)
      for (const args of [
        ["runs", "resume"],
        ["runs", "resume", runId],
        ["download", model, "-o", "out"],
        ["download", model, "-o", "out", "--force"],
        ["download", model, "-o", "./out/", "--detach", "--include", "*.png"]
      ]) {
        const refused = yield* emulated.run(args)
        assert.strictEqual(refused.code, 5, `${args.join(" ")}: ${refused.stderr}`)
        assert.include(refused.stderr, "was started on the machine build-7")
        assert.include(
          refused.stderr,
          `\nIf it is not running any more, resume it here: scenario-assets runs resume ${runId} --take-over\n`
        )
      }
      assert.deepStrictEqual(idsOf(emulated), [runId])
      const listed = yield* emulated.run(["runs"])
      assert.match(listed.stdout, /\tMay still be running on build-7\n$/)
      assert.strictEqual(listed.stderr, "")

      const taken = yield* emulated.run(["runs", "resume", runId, "--take-over"])
      assert.strictEqual(taken.code, 0, taken.stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
    })
  )

  it.live("five hundred records are listed by their heads alone", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const runId = yield* detach(emulated, "-o", "out")
      const head = JSON.parse(readFileSync(headFile(emulated, runId), "utf8"))
      const letters = "bdfgjklmnp"
      for (let n = 0; n < 500; n++) {
        const [a, b, c, d] = String(n)
          .padStart(4, "0")
          .split("")
          .map((digit) => letters[Number(digit)])
        const id = `run_200101_${a}${b}${c}${d}ba`
        mkdirSync(path.join(emulated.runs, id))
        writeFileSync(headFile(emulated, id), JSON.stringify({ ...head, runId: id, place: `/p/${n}`, selection: id }))
        // It cannot even be opened as a file.
        mkdirSync(path.join(emulated.runs, id, "request.json"))
      }
      const { code, stderr, stdout } = yield* emulated.run(["runs", "--all"])
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(stdout.trimEnd().split("\n"), 501)
    })
  )
})
