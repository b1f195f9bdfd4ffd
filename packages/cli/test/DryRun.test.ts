import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../test-support/ZipMaker.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const everything = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted()

describe.concurrent("a dry run", () => {
  it.live("of a job: each file, by the archive's directory alone; nothing is written", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 3_000_000, entries: 3 } })
      const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
      const args = ["download", "--job", jobId, "-o", "new/out", "--dry-run"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^(?:write {4}\d+ {2}inf_00000\/\d\.png\n){3}$/)
      assert.match(
        stderr,
        /^3 files, 3\.0 MB: 3 to be written \(3\.0 MB\), 0 already exist; [\d.]+ [MGT]B free on the disk\n$/
      )
      const [request, ...others] = yield* emulated.requests("storage")
      assert.deepStrictEqual([request?.headers["range"], others], ["bytes=-262144", []])

      const kept = yield* emulated.run([...args, "--archive", "all.zip"])
      assert.deepStrictEqual([kept.code, kept.stdout], [0, `write    3000000  ${path.join("new", "out", "all.zip")}\n`])
      assert.deepStrictEqual(everything(emulated.directory), [])
      assert.isFalse(existsSync(emulated.runs))

      yield* emulated.run(args.slice(0, -1))
      const again = Binary.lastLine((yield* emulated.run([...args, "--json"])).stdout)
      assert.deepInclude(again, { dryRun: true, directory: "new/out", files: 3, toWrite: 0, fits: true })
    })
  )

  it.live("of archives that are here: kept aside, renamed, there already, or replaced", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      const entries = [{ name: "a/b.txt", content: "new" }, { name: "c?.txt" }, { name: "same", content: "same" }]
      writeFileSync(path.join(cwd, "a.zip"), ZipMaker.make(entries).bytes)
      mkdirSync(path.join(cwd, "out", "a"), { recursive: true })
      writeFileSync(path.join(cwd, "out", "a", "b.txt"), "mine")
      writeFileSync(path.join(cwd, "out", "same"), "same")
      const before = everything(cwd)
      const args = ["extract", "a.zip", "-o", "out", "--dry-run"]
      const keep = yield* Binary.run(args, { cwd })
      assert.strictEqual(keep.code, 0, keep.stderr)
      assert.deepStrictEqual(keep.stdout.split("\n"), [
        'write    3  a/b (2).txt  ("a/b.txt": other content there)',
        'write    0  c_.txt  ("c?.txt": forbidden characters)',
        "skip     4  same",
        ""
      ])
      assert.match(keep.stderr, /^3 files, 7 B: 2 to be written \(3 B\), 1 already exist; /)
      const force = yield* Binary.run([...args, "--force", "-q", "--include", "*.txt"], { cwd })
      assert.deepStrictEqual([force.code, force.stderr], [0, ""])
      assert.match(force.stdout, /^replace {2}3 {2}a\/b\.txt\nwrite {4}0 {2}c_\.txt {2}[^\n]*\n$/)
      assert.deepStrictEqual(everything(cwd), before)
    })
  )
})
