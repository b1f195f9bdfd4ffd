/** The same command again: it resumes, and what is there already is not downloaded again. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const MiB = 1024 * 1024

describe.concurrent("the same command again", () => {
  it.live("says of assets that they already exist, and refuses files that differ unless they are forced", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const [first, second] = emulated.emulator.catalogue.assets
        .filter(({ kind }) => kind === "image")
        .map(({ id }) => id)
      writeFileSync(path.join(emulated.directory, "ids.txt"), `${first}\nasset ${second}\n`)
      const args = ["asset", "--from-file", "ids.txt", "-o", "out", "--connections", "1"]
      const once = yield* emulated.run(args)
      assert.strictEqual(once.code, 0, once.stderr)
      const file = path.join(emulated.directory, "out", `${first}.png`)
      const bytes = readFileSync(file)
      const again = yield* emulated.run([...args.slice(0, 1), "-", ...args.slice(3)], {
        stdin: `${second}\nhttps://app.scenario.com/assets?openAssetId=${first}\n`
      })
      assert.strictEqual(again.code, 0, again.stderr)
      assert.include(again.stderr, `out/${first}.png already exists`)
      assert.deepStrictEqual(again.stdout.split("\n").toSorted(), once.stdout.split("\n").toSorted())

      writeFileSync(file, Buffer.from(bytes).fill(0, bytes.length - 8))
      const refused = yield* emulated.run(args)
      assert.strictEqual(refused.code, 8, refused.stderr)
      assert.match(refused.stderr, /\.png: it already exists[^]*--force/)
      const forced = yield* emulated.run([...args, "--force"])
      assert.strictEqual(forced.code, 0, forced.stderr)
      Emulated.assertSameBytes(file, bytes)
      assert.lengthOf(readdirSync(path.join(emulated.directory, "out")), 2)
    })
  )

  it.live.each([
    ["models", 1],
    ["jobs", 0]
  ] as const)("says of archives of %s that they already exist, in whatever order the ids are", ([what, newJobs]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true } })
      const models = ["model_a", "model_b"]
      const ids = what === "models" ? models : yield* Effect.forEach(models, emulated.begin)
      const before = (yield* emulated.requests("requestBatch")).length
      const first = yield* emulated.run(["download", ...ids, "--archive", "all.zip"])
      assert.strictEqual(first.code, 0, first.stderr)
      const again = ["download", ...ids.toReversed(), "--archive", "all.zip"]
      const second = yield* emulated.run(again)
      assert.strictEqual(second.code, 0, second.stderr)
      assert.match(second.stderr, /all(?:-1)?\.zip already exists/)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length - before, newJobs)

      const [name = ""] = readdirSync(emulated.directory)
      writeFileSync(path.join(emulated.directory, name), "mine")
      const refused = yield* emulated.run(again)
      assert.strictEqual(refused.code, 8, refused.stderr)
      assert.match(refused.stderr, /it already exists[^]*--force/)
    })
  )

  it.live("starts a new job where the archive of the last one is gone", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const args = ["download", Emulated.modelOf(emulated), "--archive", "all.zip"]
      for (const count of [1, 2]) {
        const { code, stderr } = yield* emulated.run(args)
        assert.strictEqual(code, 0, stderr)
        assert.lengthOf(yield* emulated.requests("requestBatch"), count)
        rmSync(path.join(emulated.directory, "all.zip"))
      }
    })
  )

  it.live("resumes after the time limit of the whole run, which ends it with 9 and the command that resumes it", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: { size: 2 * MiB, entries: 8 } })
      yield* emulated.emulator.inject(Fault.delay("getStatus", "1 hour", { times: "always" }))
      const args = ["download", Emulated.modelOf(emulated), "-o", "out"]
      const ended = yield* emulated.run([...args, "--time-limit", "1s"])
      assert.strictEqual(ended.code, 9, ended.stderr)
      const [, runId = ""] =
        /: The time limit of 1s was exceeded; [^\n]*\nTo resume: scenario-assets runs resume (run_\w+)\n/.exec(
          ended.stderr
        ) ?? []
      yield* emulated.emulator.clearFaults
      const resumed = yield* emulated.run(["download", runId, "--time-limit", "5m"])
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.lengthOf(yield* emulated.requests("requestBatch"), 1)
    })
  )

  it.live.each([["asset"], ["list"]])("%s keeps the time limit for all that it downloads", ([command]) =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const id = command === "list" ? "job_a" : "asset_a"
      yield* emulated.emulator.inject(
        ...(["request", "getStatus"] as const).map((target) => Fault.delay(target, "1 hour", { times: "always" }))
      )
      const { code, stdout, stderr } = yield* emulated.run([command ?? "", id, "--time-limit", "100ms", "--json"])
      assert.strictEqual(code, 9, stderr)
      assert.deepInclude(Binary.lastLine(stdout), { error: "TimeLimitExceeded", exitCode: 9 })
    })
  )

  it.live("resumes a run whose manifest goes to stdout, also with --json, which has the files in its events", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.drop("storage"))
      const args = ["download", Emulated.modelOf(emulated), "-o", "out", "--manifest", "-", "--retries", "0"]
      const ended = yield* emulated.run(args)
      assert.strictEqual(ended.code, 5, ended.stderr)
      const resumed = yield* emulated.run(["runs", "resume", "--json"])
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      assert.match(
        resumed.stderr,
        /warning: --manifest - of this run is ignored: with --json, the events list the files\n/
      )
    })
  )
})
