/** Disks as they are: without fsync, without hard links, with short names, broken, or with a quota that is used up. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as DiskShim from "../../../test-support/DiskShim.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Followed from "./support/Followed.ts"

const MiB = 1024 * 1024

const assetOf = ({ emulator }: Emulated.Emulated): string => emulator.catalogue.assets[0]?.id ?? ""

/** All that can be written: files of an archive, a whole archive, an asset, and a manifest. */
const everything = (emulated: Emulated.Emulated): ReadonlyArray<ReadonlyArray<string>> => [
  ["download", Emulated.modelOf(emulated), "-o", "files", "--manifest", "files.jsonl"],
  ["download", Emulated.modelOf(emulated), "--archive", "all.zip"],
  ["asset", assetOf(emulated), "-o", "assets"]
]

describe.runIf(DiskShim.isPossible).concurrent("a disk (needs gcc, on Linux)", () => {
  it.live.each(["ENOTSUP", "EINVAL"])(
    "that cannot sync (%s) is used as it is, and nobody is bothered with that",
    (sync) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        for (const args of everything(emulated)) {
          const { code, stderr } = yield* emulated.run(args, { env: DiskShim.env({ sync }) })
          assert.strictEqual(code, 0, stderr)
          assert.notMatch(stderr, /warning|sync/)
        }
        assert.notInclude(readdirSync(emulated.directory).join(), ".scenario-assets")
      })
  )

  it.live.each(["EPERM", "EXDEV"])("that has no hard links (%s)", (link) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      for (const args of everything(emulated)) {
        const { code, stderr } = yield* emulated.run(args, { env: DiskShim.env({ link }) })
        assert.strictEqual(code, 0, stderr)
      }
      assert.notInclude(readdirSync(emulated.directory).join(), ".scenario-assets")
    })
  )

  it.live.each([
    ["143 bytes", 143],
    ["255 bytes", 255]
  ] as const)("whose names have at most %s takes files with such names", ([, longestName]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const env = DiskShim.env({ longestName })
      const zip = `${"é".repeat((longestName - 5) / 2)}.zip`
      const manifest = "m".repeat(longestName)
      for (const args of [
        ["download", Emulated.modelOf(emulated), "--archive", zip],
        ["download", Emulated.modelOf(emulated), "-o", "d".repeat(longestName), "--manifest", manifest]
      ]) {
        const { code, stderr } = yield* emulated.run(args, { env })
        assert.strictEqual(code, 0, stderr)
      }
      assert.lengthOf(readdirSync(emulated.directory), 3)
    })
  )

  it.live.each(["EXDEV", "EPERM", "ENOTSUP"])(
    "that does not rename directories (%s), as an overlay: what was left is resumed",
    (rename) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make({ archive: { size: 6 * MiB } })
        const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
        const args = ["download", "--job", jobId, "--archive", "all.zip", "--json"]
        const full = yield* emulated.run(args, {
          env: DiskShim.env({ path: "/part", write: "ENOSPC", after: 2 * MiB })
        })
        assert.strictEqual(full.code, 8, full.stderr)
        const { code, stderr, stdout } = yield* emulated.run(args, { env: DiskShim.env({ renameDirectory: rename }) })
        assert.strictEqual(code, 0, stderr)
        const [archive] = Binary.lastLine(stdout)["archives"] as ReadonlyArray<{ readonly resumedFrom: number }>
        assert.isAbove(archive?.resumedFrom ?? 0, MiB)
        Emulated.assertSameBytes(path.join(emulated.directory, "all.zip"), yield* emulated.archive(jobId))
        assert.deepStrictEqual(readdirSync(emulated.directory), ["all.zip"])
      })
  )

  it.live("whose names are short resumes what was left under a shortened one", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 6 * MiB } })
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const zip = `${"z".repeat(246)}.zip`
      const args = ["download", "--job", jobId, "--archive", zip, "--json"]
      const full = yield* emulated.run(args, { env: DiskShim.env({ path: "/part", write: "ENOSPC", after: 2 * MiB }) })
      assert.strictEqual(full.code, 8, full.stderr)
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      const [archive] = Binary.lastLine(stdout)["archives"] as ReadonlyArray<{ readonly resumedFrom: number }>
      assert.isAbove(archive?.resumedFrom ?? 0, MiB)
      assert.isTrue(readFileSync(path.join(emulated.directory, zip)).equals(yield* emulated.archive(jobId)))
    })
  )
})

const hintsOf = (stdout: string) => Binary.lastLine(stdout)["hints"] as ReadonlyArray<string>

/** Follows a hint to the end, on a disk that is well. One job is all that was ever begun. */
const follow = Effect.fnUntraced(function* (emulated: Emulated.Emulated, hint: string) {
  const { code, stderr } = yield* emulated.run(Followed.args(hint))
  assert.strictEqual(code, 0, stderr)
  assert.lengthOf(yield* emulated.requests("requestBatch"), 1, "no second job")
})

describe.runIf(DiskShim.isPossible).concurrent("credentials on a disk (needs gcc, on Linux)", () => {
  const login = Effect.fnUntraced(function* (faults: DiskShim.Faults) {
    const emulated = yield* Emulated.make()
    const user = { SCENARIO_API_KEY: "", SCENARIO_API_SECRET: "", XDG_CONFIG_HOME: TestDirectory.make("config") }
    const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
      emulated.run(args, { env: { ...user, ...env }, stdin: `${Canary.key}:${Canary.secret}\n` })
    return { run, login: yield* run(["auth", "login"], DiskShim.env(faults)) }
  })

  it.live("that cannot sync are stored", () =>
    Effect.gen(function* () {
      const { login: stored, run } = yield* login({ sync: "ENOTSUP" })
      assert.strictEqual(stored.code, 0, stored.stderr)
      assert.strictEqual((yield* run(["auth", "logout"])).code, 0)
    })
  )

  it.live.each(["EROFS", "EDQUOT"])("that says %s can be stored elsewhere, as is told", (code) =>
    Effect.gen(function* () {
      const path = "/scenario-assets/.scenario-assets-"
      const { login: refused, run } = yield* login(code === "EROFS" ? { path, open: code } : { path, write: code })
      assert.strictEqual(refused.code, 8, refused.stderr)
      assert.match(refused.stderr, new RegExp(`Cannot store the credentials in [^\n]*\\(${code}\\)`))
      assert.match(refused.stderr, /\nTo store them elsewhere, set XDG_CONFIG_HOME to a writable directory/)
      const elsewhere = { XDG_CONFIG_HOME: TestDirectory.make("config") }
      const stored = yield* run(["auth", "login"], elsewhere)
      assert.strictEqual(stored.code, 0, stored.stderr)
      assert.strictEqual((yield* run(["auth", "logout"], elsewhere)).code, 0)
    })
  )

  it.live("that cannot be read for a reason of the disk is not a matter of permissions", () =>
    Effect.gen(function* () {
      for (const name of ["config.json", "credentials.json"]) {
        const cwd = TestDirectory.make("config")
        mkdirSync(path.join(cwd, "scenario-assets"), { mode: 0o700 })
        writeFileSync(path.join(cwd, "scenario-assets", name), "{}", { mode: 0o600 })
        for (const [read, words] of [
          ["EIO", "cannot be read (EIO): the disk reports an error; check the disk, or choose another one"],
          ["EACCES", "cannot be read (EACCES); see its permissions"]
        ] as const) {
          const env = { ...DiskShim.env({ path: name, read }), XDG_CONFIG_HOME: cwd }
          const { code, stderr } = yield* Binary.run(["status", "job_a"], { env })
          assert.notStrictEqual(code, 0)
          assert.include(stderr, words)
        }
      }
    })
  )
})

describe.runIf(DiskShim.isPossible).concurrent("a disk that fails (needs gcc, on Linux)", () => {
  it.live.each([
    ["EDQUOT", /the disk quota is used up \(EDQUOT\); free some space/],
    ["ENOSPC", /the disk is full \(ENOSPC\); free some space/],
    ["EIO", /the disk reports an error \(EIO\); check the disk, or choose another one/],
    ["EUCLEAN", /the file system is damaged \(EUCLEAN\); check the disk, or choose another one/],
    ["EROFS", /the file system is read-only \(EROFS\); choose another directory/],
    ["EFBIG", /a limit of the shell \(ulimit -f\), allows \(EFBIG\); raise the limit, or choose another disk/]
  ] as const)("says %s in words of its own, and both ways on help", ([write, words]) =>
    Effect.gen(function* () {
      for (const [path, after, args] of [
        ["/part", MiB, ["--archive", "the archive.zip"]],
        [".scenario-assets/work", 0, ["-o", "it's here", "--exclude=-*"]]
      ] as const) {
        const emulated = yield* Emulated.make({ archive: { size: 4 * MiB, entries: 3 } })
        const { code, stderr, stdout } = yield* emulated.run(
          ["download", Emulated.modelOf(emulated), ...args, "--json"],
          { env: DiskShim.env({ path, write, after }) }
        )
        assert.strictEqual(code, 8, stderr)
        assert.match(stderr, words)
        assert.notInclude(stderr, "nknown")
        const [again = "", elsewhere = "", ...others] = hintsOf(stdout)
        assert.deepStrictEqual(others, [])
        assert.match(again, /^To resume( once that is fixed)?: scenario-assets runs resume run_/)
        assert.match(elsewhere, /^To save the files elsewhere, from the same job: scenario-assets download --job job_/)
        yield* follow(emulated, elsewhere)
        yield* follow(emulated, again)
      }
    })
  )

  it.live.each<[string, DiskShim.Faults]>([
    ["written to", { path: "jobs.jsonl", write: "ENOSPC" }],
    ["opened", { path: "jobs.jsonl", open: "EACCES" }],
    ["synced", { path: "jobs.jsonl", sync: "EIO" }],
    ["made at all", { path: "/scenario-assets/runs", open: "EROFS" }],
    ["made, on a disk that is full", { path: "/scenario-assets/runs", write: "EDQUOT" }]
  ])("where the record of a job cannot be %s: the run goes on, and says so", ([, faults]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const args = ["download", Emulated.modelOf(emulated), "-o", "files"]
      const env = DiskShim.env(faults)
      const whole = yield* emulated.run(args, { env })
      assert.strictEqual(whole.code, 0, whole.stderr)
      assert.match(whole.stderr, /warning: (job .*cannot be recorded|this run will not be listed)/i)
      assert.notMatch(whole.stderr, /run again to resume/)

      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
    })
  )

  it.live.each<[string, DiskShim.Faults]>([
    ["a job", { path: "jobs.jsonl", write: "ENOSPC" }],
    ["the run", { path: "/scenario-assets/runs", open: "EROFS" }]
  ])("a run that is cut off where %s could not be recorded names the way on, which begins no job", ([, faults]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 3 } })
      yield* emulated.emulator.inject(Fault.status("storage", 503, { times: 50 }))
      const args = ["download", Emulated.modelOf(emulated), "-o", "files", "--retries", "0", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args, { env: DiskShim.env(faults) })
      assert.strictEqual(code, 5, stderr)
      yield* emulated.emulator.clearFaults
      const [hint = ""] = hintsOf(stdout)
      assert.match(hint, /^To resume: scenario-assets download --job job_\w+ --output files$/)
      yield* follow(emulated, hint)
    })
  )

  it.live("the same where it is interrupted", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 3 } })
      yield* emulated.emulator.inject(Fault.stall("storage", 1000, { times: 50 }))
      const env = DiskShim.env({ path: "/scenario-assets/runs", open: "EROFS" })
      const running = yield* emulated.start(["download", Emulated.modelOf(emulated), "-o", "files"], { env })
      yield* running.until("stderr", /Job success/)
      yield* running.kill("SIGINT")
      const { code, stderr } = yield* running.ended
      assert.strictEqual(code, 130, stderr)
      yield* emulated.emulator.clearFaults
      const hint = stderr.split("\n").find((line) => line.includes("To resume: ")) ?? stderr
      yield* follow(emulated, hint)
    }).pipe(Effect.scoped)
  )

  it.live("a record that can be read and not written still gives the jobs that are in it", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 3 } })
      const args = ["download", Emulated.modelOf(emulated), "-o", "files"]
      yield* emulated.emulator.inject(Fault.status("storage", 503, { times: 50 }))
      const first = yield* emulated.run([...args, "--retries", "0"])
      assert.strictEqual(first.code, 5, first.stderr)
      yield* emulated.emulator.clearFaults
      for (const open of ["EROFS", "EACCES"]) {
        const { code, stderr } = yield* emulated.run(args, {
          env: DiskShim.env({ path: "/scenario-assets/runs", open })
        })
        assert.strictEqual(code, 0, stderr)
        assert.match(stderr, /Resuming job job_/)
      }
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1, "no second job")
    })
  )

  it.live("a record that cannot be read starts no job, and says how to do without it", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 3 } })
      const args = ["download", Emulated.modelOf(emulated), "-o", "files"]
      const detached = yield* emulated.run([...args, "--detach", "--json"])
      const jobId = Binary.jobIn(detached.stdout)
      const { code, stderr, stdout } = yield* emulated.run([...args, "--json"], {
        env: DiskShim.env({ path: "jobs.jsonl", read: "EIO" })
      })
      assert.strictEqual(code, 8, stderr)
      assert.match(stderr, /jobs\.jsonl: the disk reports an error \(EIO\)/)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1, "no second job")
      const [hint = ""] = hintsOf(stdout)
      assert.match(hint, /set XDG_STATE_HOME to another directory/)
      const without = yield* emulated.run(
        Followed.args(hint).map((word) => (word === "ID" ? jobId : word)),
        { env: { XDG_STATE_HOME: TestDirectory.make("state") } }
      )
      assert.strictEqual(without.code, 0, without.stderr)
    })
  )

  it.live.runIf(Binary.canRun("prlimit"))("a limit of the shell for the size of files (EFBIG)", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 4 * MiB, entries: 3 } })
      const { code, stderr } = yield* emulated.run(["download", Emulated.modelOf(emulated), "--archive", "all.zip"], {
        through: (command) => ["prlimit", `--fsize=${2 * MiB}`, ...command]
      })
      assert.strictEqual(code, 8, stderr)
      assert.match(stderr, /a limit of the shell \(ulimit -f\), allows \(EFBIG\)/)
      yield* follow(emulated, stderr.split("\n").find((line) => line.startsWith("To resume")) ?? stderr)
    })
  )
})
