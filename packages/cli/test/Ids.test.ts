import { readdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

/** Says what would be requested; without credentials, and with an API that nobody could reach. */
const plan = (args: ReadonlyArray<string>, options: Binary.Options = {}) =>
  Effect.map(
    Binary.run(["download", "--dry-run", "--json", ...args], {
      env: { SCENARIO_BASE_URL: "http://127.0.0.1:1" },
      ...options
    }),
    ({ code, stderr, stdout }) => {
      assert.deepStrictEqual([code, stderr], [0, ""])
      return Binary.lastLine(stdout)
    }
  )

describe.concurrent("ids", () => {
  it.live("come from arguments by their prefix, and from flags whatever they look like", () =>
    Effect.gen(function* () {
      const words = ["asset_a", "model_m", "inf_i", "inference_j", "asset_a"]
      const flags = ["--asset", "plain", "--asset", "asset_a", "--inference", "asset_looks_like_one", "--model=m"]
      const result = yield* plan([...words, ...flags])
      assert.deepInclude(result, {
        dryRun: true,
        ids: 7,
        flat: false,
        fileNameTemplate: "<generator>-<prompt>-<num>-<seed>",
        batches: [
          {
            assetIds: ["plain", "asset_a"],
            inferenceIds: ["asset_looks_like_one", "inf_i", "inference_j"],
            modelIds: ["m", "model_m"]
          }
        ]
      })
    })
  )

  it.live("come from files and stdin: comments, blank lines, CRLF, a byte order mark, duplicates, named kinds", () =>
    Effect.gen(function* () {
      const cwd = TestDirectory.make()
      writeFileSync(path.join(cwd, "a.txt"), "\uFEFFasset_a\r\n\r\n# a comment\r\n  asset_b  # and another\r\n")
      writeFileSync(path.join(cwd, "b.txt"), "model plain\ninference\tother\nasset_a")
      const result = yield* plan(["--from-file", "a.txt", "-", "--from-file", "b.txt", "--from-file", "-"], {
        cwd,
        stdin: "asset_c\n\nasset_b\n"
      })
      assert.deepStrictEqual(result["batches"], [
        { assetIds: ["asset_a", "asset_b", "asset_c"], inferenceIds: ["other"], modelIds: ["plain"] }
      ])
    })
  )

  it.live("a dry run says the batches, and where the archives of jobs would go", () =>
    Effect.gen(function* () {
      const stdin = Array.from({ length: 1001 }, (_, index) => `asset_${index}`).join("\n")
      const selection = yield* Binary.run(["download", "-", "--dry-run"], { stdin })
      assert.deepStrictEqual([selection.code, selection.stdout], [0, "batch 1: 1000 ids\nbatch 2: 1 id\n"])

      const jobs = ["--job", "job_a", "--job", "job_b"]
      const named = yield* Binary.run(["download", "--dry-run", ...jobs, "-o", "out", "--archive", "all.zip"])
      assert.deepStrictEqual([named.code, named.stdout], [0, "job_a: out/all-1.zip\njob_b: out/all-2.zip\n"])
    })
  )

  it.live("thousands of them are several batches, and several archives", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ catalogue: { anyId: true }, archive: { size: 40_000 } })
      const stdin = Array.from({ length: 2500 }, (_, index) => `asset_${index}`).join("\n")
      const { code, stderr, stdout } = yield* emulated.run(["download", "-", "-o", "out"], { stdin })
      assert.strictEqual(code, 0, stderr)
      assert.match(stderr, /^2500 ids in 3 batches\n/)
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 3)
      const saved = stdout.trim().split("\n")
      assert.strictEqual(saved.length, 3)
      assert.deepStrictEqual(
        readdirSync(path.join(emulated.directory, "out")).toSorted(),
        saved.map((file) => path.basename(file)).toSorted()
      )
    })
  )

  it.live("a template that cannot tell assets apart is warned of", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Binary.run([
        "download",
        "model_a",
        "--dry-run",
        "-q",
        "--template",
        "<assetId>"
      ])
      assert.deepStrictEqual([code, stdout], [0, "batch 1: 1 id\n"])
      assert.match(stderr, /^warning: The placeholder <assetId> is not documented[^]*\nwarning: The template/)
    })
  )
})
