import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"
import * as Format from "../src/text/Format.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

/** The files below a directory, sorted. */
const filesIn = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted()

/** A directory with ZIP archives in it. */
const zips = (archives: Readonly<Record<string, ReadonlyArray<ZipMaker.Entry>>>): string => {
  const directory = TestDirectory.make("zips")
  for (const [name, entries] of Object.entries(archives)) {
    writeFileSync(path.join(directory, name), ZipMaker.make(entries).bytes)
  }
  return directory
}

interface ToldFile {
  readonly name: string
  readonly path: string
  readonly why: ReadonlyArray<string>
}

/** What the events of a run with `--json` say of renamed files. */
const renamed = (stdout: string): ReadonlyArray<string> =>
  Binary.events(stdout, "extracted")
    .flatMap(({ files }) => files as ReadonlyArray<ToldFile>)
    .flatMap(({ name, path, why }) => (why.length === 0 ? [] : [`${name} → ${path}`]))
    .toSorted()

/** And of refused ones. */
const refused = (stdout: string): ReadonlyArray<unknown> => Binary.events(stdout, "refused").map(({ name }) => name)

describe.concurrent("download, into a directory", () => {
  it.live("the files while they arrive, with a manifest; the second run asks for the archive's directory alone", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: undefined })
      const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--manifest", "lists/files.jsonl"]
      const first = yield* emulated.run(args)
      assert.deepStrictEqual([first.code, first.stdout], [0, "out\n"], first.stderr)
      assert.match(
        first.stderr,
        /^Requesting 1 id from Scenario…\n(?:batch 1 [^\n]+\n)?Started job (\w+)\n(?:(?:Job [\w-]+: \1|\1 [^\n]+)\n)+8 files, \d+ kB in \d+m?s\n$/
      )
      const out = path.join(emulated.directory, "out")
      const lines = Binary.jsonLines(readFileSync(path.join(emulated.directory, "lists", "files.jsonl"), "utf8"))
      assert.deepStrictEqual(filesIn(out), lines.map((line) => String(line["path"])).toSorted())
      const [, jobId = ""] = /Started job (\w+)/.exec(first.stderr) ?? []
      const archive = yield* emulated.archive(jobId)
      for (const line of lines) {
        assert.hasAllKeys(line, ["path", "name", "size", "crc32", "jobId", "alreadyThere", "why"])
        assert.deepInclude(line, { name: line["path"], jobId, alreadyThere: false, why: [] })
        assert.match(String(line["crc32"]), /^[\da-f]{8}$/)
        const content = readFileSync(path.join(out, String(line["path"])))
        assert.strictEqual(content.length, line["size"])
        assert.isTrue(archive.includes(content), "the bytes of the archive, which stores them")
      }

      const before = (yield* emulated.requests("storage")).length
      const second = yield* emulated.run([...args, "--json"])
      assert.strictEqual(second.code, 0, second.stderr)
      assert.match(second.stderr, /\n8 files, \d+ kB \(all already existed\) in \d+m?s\n$/)
      const result = Binary.lastLine(second.stdout)
      assert.deepInclude(result, { type: "result", directory: "out", renamed: 0 })
      assert.deepInclude((result["archives"] as ReadonlyArray<object>)[0], { files: 8, alreadyThere: 8, read: 0 })
      assert.strictEqual((yield* emulated.requests("storage")).length - before, 1)
      const again = Binary.jsonLines(readFileSync(path.join(emulated.directory, "lists", "files.jsonl"), "utf8"))
      assert.isTrue(again.every((line) => line["alreadyThere"] === true))
      assert.deepStrictEqual(filesIn(out).length, 8)
    })
  )

  it.live("interrupted in the middle: what is there is whole and stays, and the same command goes on", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 12 * MiB, entries: 24 } })
      // The first request is for the directory.
      yield* emulated.emulator.inject(Fault.stall("storage", 6 * MiB, { skip: 1, times: "always" }))
      const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--json", "--connections", "1"]
      const running = yield* emulated.start(args)
      const printed = yield* running.until("stdout", /"type":"extracted"/)
      yield* running.kill("SIGINT")
      const { code, stderr } = yield* running.ended
      assert.strictEqual(code, 130)
      assert.match(stderr, /\nInterrupted\. Jobs [^\n]*\. To resume: scenario-assets runs resume run_\w+\n$/)
      const out = path.join(emulated.directory, "out")
      const kept = filesIn(out).filter((file) => file.endsWith(".png"))
      assert.isAtLeast(kept.length, 1)
      assert.isBelow(kept.length, 24)
      assert.lengthOf(filesIn(out), kept.length, "and nothing else")

      yield* emulated.emulator.clearFaults
      const again = yield* emulated.run(args)
      assert.strictEqual(again.code, 0, again.stderr)
      const jobId = Binary.jobIn(printed)
      assert.deepInclude(Binary.events(again.stdout, "requested")[0], { jobId, resumed: true })
      const [archive] = Binary.lastLine(again.stdout)["archives"] as ReadonlyArray<Readonly<Record<string, unknown>>>
      assert.deepInclude(archive, { jobId, files: 24, alreadyThere: kept.length })
      assert.isBelow(Number(archive?.["read"]), 12 * MiB - kept.length * 400_000)
      assert.strictEqual(filesIn(out).length, 24)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )

  it.live("several archives into one directory, as they become ready; one that fails does not stop the others", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000, entries: 2 } })
      const stdin = Array.from({ length: 2500 }, (_, index) => `asset_${index}`).join("\n")
      const args = ["download", "-", "-o", "out", "--json"]
      // The first one is the last to be ready.
      yield* emulated.emulator.scriptJobs({ states: ["queued"], pace: 500 }, { outcome: "failure" }, {})
      const first = yield* emulated.run(args, { stdin })
      assert.strictEqual(first.code, 3, first.stderr)
      assert.match(
        first.stderr,
        /\nscenario-assets: 1 of 3 archives could not be extracted\nTo start it again: scenario-assets runs resume run_\w+\n$/
      )
      const error = Binary.lastLine(first.stdout)
      assert.lengthOf(error["archives"] as ReadonlyArray<object>, 2)
      // Batches are requested at the same time, so any of them may meet what was written for the second.
      const [failed] = error["failed"] as ReadonlyArray<Readonly<Record<string, unknown>>>
      assert.strictEqual(failed?.["error"], "JobError")
      assert.match(String(failed?.["of"]), /^batch [1-3]$/)
      assert.lengthOf(filesIn(path.join(emulated.directory, "out")), 2, "both have the same two")

      const second = yield* emulated.run(args, { stdin })
      assert.strictEqual(second.code, 0, second.stderr)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 4)
      const found = filesIn(path.join(emulated.directory, "out"))
      assert.lengthOf(found, 2)
      // All three hold the same files, under the same names.
      const third = yield* emulated.run(args, { stdin })
      assert.strictEqual(third.code, 0, third.stderr)
      assert.deepStrictEqual(filesIn(path.join(emulated.directory, "out")), found)
      assert.deepStrictEqual(renamed(third.stdout), [])
    })
  )

  it.live("more archives than may be worked on at once, and the first one ready last", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 4000 } })
      const stdin = Array.from({ length: 4001 }, (_, index) => `asset_${index}`).join("\n")
      yield* emulated.emulator.scriptJobs({ states: ["queued"], pace: "1500 millis" })
      const { code, stderr, stdout } = yield* emulated.run(["download", "-", "--concurrency", "2", "--json"], { stdin })
      assert.strictEqual(code, 0, stderr)
      assert.lengthOf(Binary.lastLine(stdout)["archives"] as ReadonlyArray<object>, 5)
    })
  )

  it.live("an entry that arrives damaged: a new job, begun at once, brings what is missing", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 4 } })
      yield* emulated.emulator.inject(Fault.corrupt("storage", 100_000, { skip: 1 }))
      const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--manifest", "files.jsonl", "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /\nArchive: job_\w+ is damaged: [^\n]* Starting a new job for it\nStarted job /)
      assert.notInclude(stderr, "not extracted")
      assert.lengthOf(refused(stdout), 1)
      assert.deepInclude(Binary.events(stdout, "failed")[0], { batch: 1, startsAnew: true })
      assert.deepInclude(Binary.events(stdout, "completed")[0], { files: 4 })
      assert.lengthOf(filesIn(path.join(emulated.directory, "out")), 4)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 2)
      const lines = Binary.jsonLines(readFileSync(path.join(emulated.directory, "files.jsonl"), "utf8"))
      assert.lengthOf(lines, 4, "each file once")
    })
  )

  it.live("an entry that arrives damaged twice: the others are there, 7; the next run brings what is missing", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 4 } })
      // Of each archive the first request is for the directory.
      yield* emulated.emulator.inject(
        Fault.corrupt("storage", 100_000, { skip: 1 }),
        Fault.corrupt("storage", 10_000, { skip: 3 })
      )
      const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--json"]
      const first = yield* emulated.run(args)
      assert.strictEqual(first.code, 7, first.stderr)
      assert.deepInclude(Binary.lastLine(first.stdout), {
        error: "ArchiveError",
        reason: "WrongContent",
        directory: "out",
        archives: [],
        refused: 1
      })
      assert.lengthOf(filesIn(path.join(emulated.directory, "out")), 3)

      const second = yield* emulated.run(args)
      assert.strictEqual(second.code, 0, second.stderr)
      assert.deepInclude(Binary.events(second.stdout, "completed")[0], { files: 4, alreadyThere: 3 })
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 3)
    })
  )

  it.live("a host that does not serve ranges: the archive is downloaded first, and gone in the end", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: MiB, entries: 3 } })
      yield* emulated.emulator.inject(Fault.ignoreRange("storage", { times: "always" }))
      const { code, stderr, stdout } = yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", "out"])
      assert.deepStrictEqual([code, stdout], [0, "out\n"], stderr)
      assert.match(
        stderr,
        /\njob_\w+: the host does not serve byte ranges, so the whole archive is downloaded first\n3 files/
      )
      assert.lengthOf(filesIn(path.join(emulated.directory, "out")), 3)
    })
  )

  it.live("the same command twice at once: the second run says so", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const args = ["download", Emulated.modelOf(emulated)]
      const first = yield* emulated.start(args)
      yield* first.until("stderr", /Job queued/)
      const second = yield* emulated.run(args)
      assert.strictEqual(second.code, 5)
      assert.match(
        second.stderr,
        /A download to \S+ is under way: another run \(process \d+\); wait for it to end, or stop it\./
      )
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 1)
    })
  )
})

describe.concurrent("extract", () => {
  it.live("a file that is there is kept, unless it may be replaced", () =>
    Effect.gen(function* () {
      const cwd = zips({ "a.zip": [{ name: "a/b.txt", content: "new", method: 8 }, { name: "c?.txt" }] })
      mkdirSync(path.join(cwd, "out", "a"), { recursive: true })
      writeFileSync(path.join(cwd, "out", "a", "b.txt"), "mine")
      const args = ["extract", "a.zip", "-o", "out"]
      const first = yield* Binary.run(args, { cwd })
      assert.deepStrictEqual([first.code, first.stdout], [0, "out\n"], first.stderr)
      assert.match(first.stderr, /^"a\/b\.txt" is now "a\/b \(2\)\.txt" \(other content there\)\n/)
      assert.match(first.stderr, /\n"c\?\.txt" is now "c_\.txt" \(forbidden characters\)\n2 files, 3 B in \d+m?s\n$/)
      assert.deepStrictEqual(filesIn(path.join(cwd, "out")), ["a/b (2).txt", "a/b.txt", "c_.txt"])
      assert.strictEqual(readFileSync(path.join(cwd, "out/a/b.txt"), "utf8"), "mine")

      const second = yield* Binary.run([...args, "--json"], { cwd })
      assert.strictEqual(second.code, 0)
      const result = Binary.lastLine(second.stdout)
      assert.deepStrictEqual(result["archives"], [{ file: "a.zip", files: 2, bytes: 3, alreadyThere: 2, read: 0 }])
      assert.strictEqual(result["renamed"], 2)
      assert.deepStrictEqual(renamed(second.stdout), ["a/b.txt → a/b (2).txt", "c?.txt → c_.txt"])

      const forced = yield* Binary.run([...args, "--force"], { cwd })
      assert.strictEqual(forced.code, 0)
      assert.strictEqual(readFileSync(path.join(cwd, "out/a/b.txt"), "utf8"), "new")
    })
  )

  it.live("some files of several archives; the list of them on stdout", () =>
    Effect.gen(function* () {
      const cwd = zips({
        "a.zip": [{ name: "x/1.png", content: "1" }, { name: "x/1.txt" }, { name: "y/2.png" }],
        "b.zip": [{ name: "x/1.png", content: "other" }, { name: "empty/" }]
      })
      const patterns = ["--include", "*.png", "--exclude", "y/"]
      const args = ["extract", "a.zip", "b.zip", ...patterns, "-o", "out", "--manifest", "-"]
      const { code, stderr, stdout } = yield* Binary.run(args, { cwd })
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(
        Binary.jsonLines(stdout).map(({ file, path, why }) => [file, path, why]),
        [
          ["a.zip", "x/1.png", []],
          ["b.zip", "x/1 (2).png", ["taken"]]
        ]
      )
      assert.deepStrictEqual(filesIn(path.join(cwd, "out")), ["x/1 (2).png", "x/1.png"])
      assert.isFalse(existsSync(path.join(cwd, "out", "empty")))

      const none = yield* Binary.run(["extract", "a.zip", "--include", "*.glb", "-q"], { cwd })
      assert.deepStrictEqual([none.code, none.stdout], [0, `${cwd}\n`])
      assert.strictEqual(none.stderr, "warning: no file matches --include and --exclude\n")
    })
  )

  it.live("damaged entries are refused by name, 7; others are there, and no manifest says that all are", () =>
    Effect.gen(function* () {
      const wrong = { central: { crc32: 1 }, local: { crc32: 1 } }
      const cwd = zips({
        "a.zip": [
          { name: "good.txt", content: "good" },
          { name: "bad\u202e.txt", content: "x", ...wrong },
          { name: "b", content: "y", ...wrong }
        ],
        "up.zip": [{ name: "fine.txt", content: "fine" }, { name: "../up.txt" }],
        "no.zip": []
      })
      writeFileSync(path.join(cwd, "no.zip"), "no archive at all, but text of some length")
      const args = ["extract", "a.zip", "-o", "out", "--manifest", "m.jsonl"]
      const { code, stderr, stdout } = yield* Binary.run(args, { cwd })
      assert.deepStrictEqual([code, stdout], [7, ""])
      assert.match(stderr, /^warning: not extracted: Archive: a\.zip is damaged: [^]*"bad\\u\{202e\}\.txt"/)
      assert.strictEqual(stderr.match(/\nwarning: not extracted/g)?.length, 1)
      assert.match(stderr, /\n1 file, 4 B in \d+m?s\nscenario-assets: Archive: a\.zip is damaged: [^\n]*\n$/)
      assert.deepStrictEqual(filesIn(path.join(cwd, "out")), ["good.txt"])
      assert.isFalse(existsSync(path.join(cwd, "m.jsonl")))

      const several = yield* Binary.run(["extract", "a.zip", "up.zip", "no.zip", "-o", "all", "--json"], { cwd })
      assert.strictEqual(several.code, 7)
      assert.match(several.stderr, /\nTo skip such files: --exclude GLOB\n/)
      const error = Binary.lastLine(several.stdout)
      assert.strictEqual(error["refused"], 3)
      assert.deepStrictEqual(refused(several.stdout), ["bad\u202e.txt", "b", "../up.txt"])
      assert.deepStrictEqual(
        (error["failed"] as ReadonlyArray<{ readonly of: string }>).map(({ of }) => of),
        ["a.zip", "up.zip", "no.zip"]
      )
      assert.deepStrictEqual(filesIn(path.join(cwd, "all")), ["fine.txt", "good.txt"])

      const without = yield* Binary.run(["extract", "up.zip", "-o", "up", "--exclude", "../**"], { cwd })
      assert.deepStrictEqual([without.code, filesIn(path.join(cwd, "up"))], [0, ["fine.txt"]], without.stderr)
    })
  )

  it.live("one entry that cannot be extracted costs itself alone, and is told everywhere", () =>
    Effect.gen(function* () {
      const cwd = zips({
        "a.zip": [
          { name: "a.png", content: "a" },
          { name: "../up.png", content: "x" },
          { name: "secret.png", content: "x", flags: 1 },
          { name: "a link", content: "a.png", mode: 0o120777 },
          { name: "a.png", content: "another" },
          { name: `${"long ".repeat(200)}\n\u001b[2J.png`, content: "z" }
        ]
      })
      const listed = yield* Binary.run(["list", "a.zip"], { cwd })
      assert.strictEqual(listed.code, 0)
      assert.match(listed.stdout, / {2}\.\.\/up\.png {2}\(refused: its name leads upwards\)\n/)
      assert.match(listed.stdout, / {2}secret\.png {2}\(refused: encryption is not supported\)\n/)
      const json = Binary.lastLine((yield* Binary.run(["list", "a.zip", "--json"], { cwd })).stdout)
      const { entries } = json as { readonly entries: ReadonlyArray<{ readonly refused?: string }> }
      assert.deepStrictEqual(
        entries.map(({ refused = "" }) => refused),
        ["", "its name leads upwards", "encryption is not supported", "a symbolic link is not supported", "", ""]
      )

      const dry = yield* Binary.run(["extract", "a.zip", "-o", "out", "--dry-run"], { cwd })
      assert.strictEqual(dry.code, 0)
      assert.strictEqual(dry.stdout.match(/^refuse /gm)?.length, 3)
      assert.match(dry.stderr, /\nwarning: 3 entries would be skipped, and the exit code would be 7\n/)

      const { code, stderr, stdout } = yield* Binary.run(["extract", "a.zip", "-o", "out"], { cwd })
      assert.deepStrictEqual([code, stdout], [7, ""])
      assert.strictEqual(stderr.match(/^warning: not extracted/gm)?.length, 3)
      assert.match(stderr, /^"long [^\n]*…[^\n]*" is now "long [^\n]*…[^\n]*\.png" \(control characters, too long\)$/m)
      for (const line of stderr.split("\n")) assert.isBelow(line.length, 300)
      assert.notMatch(stdout + stderr, /[^\P{Cc}\n]/u)
      const [first, second, third, ...others] = filesIn(path.join(cwd, "out"))
      assert.deepStrictEqual([first, second, others], ["a (2).png", "a.png", []])
      assert.match(third ?? "", /^long long .*-[\da-f]{8}\.png$/)

      const again = yield* Binary.run(["extract", "a.zip", "-o", "out", "--json"], { cwd })
      assert.strictEqual(again.code, 7)
      assert.deepStrictEqual(refused(again.stdout), ["../up.png", "secret.png", "a link"])
      assert.lengthOf(filesIn(path.join(cwd, "out")), 3)
    })
  )

  it.live("no archive writes what is ours, nor the manifest", () =>
    Effect.gen(function* () {
      const cwd = zips({ "a.zip": [{ name: "A.scenario-assets", content: "{}" }, { name: "M.jsonl" }] })
      const { code, stderr } = yield* Binary.run(["extract", "a.zip", "--force", "--manifest", "m.jsonl"], { cwd })
      assert.strictEqual(code, 2)
      assert.match(stderr, /: --manifest: an extracted file is called m\.jsonl; give another name\n/)
      assert.deepStrictEqual(filesIn(cwd), ["A.scenario-assets (2)", "M.jsonl", "a.zip"])
    })
  )

  it.live("more than is allowed is refused before anything is written", () =>
    Effect.gen(function* () {
      const cwd = zips({
        "a.zip": [
          { name: "a", content: "12345" },
          { name: "b", content: "67890" }
        ]
      })
      const args = ["extract", "a.zip", "-o", "out", "--max-size"]
      const { code, stderr } = yield* Binary.run([...args, "9"], { cwd })
      assert.deepStrictEqual([code, filesIn(path.join(cwd, "out"))], [7, []])
      assert.match(stderr, /has 10 bytes in its files, and the limit is 9[^]*\nTo raise the limit: --max-size SIZE\n/)
      assert.strictEqual((yield* Binary.run([...args, "10"], { cwd })).code, 0)
    })
  )

  it.live("more than twenty lines about single files are too many", () =>
    Effect.gen(function* () {
      const cwd = zips({ "a.zip": Array.from({ length: 25 }, (_, index) => ({ name: `${index}?` })) })
      const { code, stderr } = yield* Binary.run(["extract", "a.zip", "-o", "out"], { cwd })
      assert.strictEqual(code, 0)
      assert.match(stderr, /\n"19\?" is now "19_" [^\n]+\n… and 5 more; --json tells all of them\n25 files/)
    })
  )
})

describe.concurrent("list", () => {
  it.live("of a job: one request for the directory; none while the job has no archive", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3 * MiB, entries: 3 }, job: { pace: "1 hour" } })
      yield* emulated.emulator.scriptJobs({ states: ["queued"] }, { states: [] }, { outcome: "failure" })
      const model = Emulated.modelOf(emulated)
      const [pending, ready] = [yield* emulated.begin(model), yield* emulated.begin(model)]

      const early = yield* emulated.run(["list", pending, "--json"])
      assert.strictEqual(early.code, 5)
      assert.include(early.stderr, `: Job ${pending} has no archive yet (its state is queued); wait for it first.\n`)
      assert.include(early.stderr, `\nTo wait for it: scenario-assets wait ${pending}\n`)
      assert.deepInclude(Binary.lastLine(early.stdout), { error: "JobNotReady", jobId: pending })

      const { code, stderr, stdout } = yield* emulated.run(["list", ready, "--exclude", "1.png"])
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^(?:10\d{5} {2}inf_00000\/\d\.png\n){2}$/)
      assert.match(stderr, /^2 files, 2\.1 MB \(2\.1 MB in the archive\)\n$/)
      assert.strictEqual((yield* emulated.requests("storage")).length, 1)
      assert.deepStrictEqual(readdirSync(emulated.directory), [])
    })
  )

  it.live("of a file, whose names do nothing to a terminal", () =>
    Effect.gen(function* () {
      const hostile = ["photo\u202egnp.exe", "a\\b", "\u00e9 \u{1f468}\u200d\u{1f469}.png", "x\u2028y"]
      const cwd = zips({
        "a.zip": [...hostile.map((name) => ({ name })), { name: "big", content: "x".repeat(1234), method: 8 }]
      })
      const plain = yield* Binary.run(["list", "a.zip"], { cwd })
      assert.deepStrictEqual(
        [plain.code, plain.stdout.split("\n")],
        [
          0,
          [
            "   0  photo\\u202egnp.exe",
            "   0  a\\\\b",
            "   0  \u00e9 \u{1f468}\u200d\u{1f469}.png",
            "   0  x\\u2028y",
            "1234  big",
            ""
          ]
        ]
      )
      const json = yield* Binary.run(["list", "./a.zip", "--json", "-q"], { cwd })
      assert.notMatch(json.stdout, /[^\P{C}\n\u200d]|[\u2028\u2029]/u)
      const { entries } = Binary.lastLine(json.stdout) as { readonly entries: ReadonlyArray<object> }
      assert.deepStrictEqual(
        entries.map((entry) => ("name" in entry ? entry.name : undefined)),
        [...hostile, "big"]
      )
      assert.hasAllKeys(entries[4], ["name", "size", "compressedSize", "crc32", "modified"])
      assert.deepInclude(entries[4], { size: 1234, modified: "2026-01-02T12:34:56.000Z" })
      assert.strictEqual(Format.name("a\nb\u001b\t"), "a\\u000ab\\u001b\\u0009")
    })
  )
})
