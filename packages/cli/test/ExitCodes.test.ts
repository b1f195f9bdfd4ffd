import { readdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

/**
 * Runs a command line that fails with `--json`: on stderr what happened, to what, and what to do; last on stdout the same
 * as an object.
 */
const fails = Effect.fnUntraced(function* (
  emulated: Emulated.Emulated,
  args: ReadonlyArray<string>,
  expected: {
    readonly code: number
    readonly says: ReadonlyArray<RegExp>
    readonly fields: Readonly<Record<string, unknown>>
  }
) {
  const { code, stderr, stdout } = yield* emulated.run([...args, "--json"])
  assert.strictEqual(code, expected.code, stderr)
  for (const pattern of expected.says) assert.match(stderr, pattern)
  assert.notMatch(stderr, /\n\s+at /, "a stack trace")
  assert.deepInclude(Binary.lastLine(stdout), { type: "error", exitCode: expected.code, ...expected.fields })
})

describe.concurrent("exit codes", () => {
  it.live("0: the path of the archive on stdout, everything else on stderr", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ archive: undefined })
      const args = ["download", Emulated.modelOf(emulated), "-o", "renders", "--archive", "all.zip"]
      const { code, stderr, stdout } = yield* emulated.run(args)
      assert.deepStrictEqual([code, stdout], [0, "renders/all.zip\n"], stderr)
      const [, jobId = ""] = /Started job (job_\w+)\n[^]*1 archive, [\d.]+ [kM]B in \d/.exec(stderr) ?? []
      Emulated.assertSameBytes(path.join(emulated.directory, stdout.trim()), yield* emulated.archive(jobId))
      assert.deepStrictEqual(readdirSync(path.join(emulated.directory, "renders")), ["all.zip"])
    })
  )

  it.live("1: a call that was refused", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.status("requestBatch", 402, { times: "always" }))
      yield* fails(emulated, ["download", Emulated.modelOf(emulated)], {
        code: 1,
        says: [/quota of this Scenario account is used up \(402\)/, /check your plan/],
        fields: { error: "ApiError", reason: "QuotaExceeded", operation: "requestBatch" }
      })
    })
  )

  it.live("3: a job that failed, and one that was canceled", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* fails(emulated, ["download", "model_fails"], {
        code: 3,
        says: [
          /Job job_\w+ failed at Scenario: "The archive could not be made: out of disk space"; check the selected ids, or start it again/
        ],
        fields: { error: "JobError", reason: "JobFailed" }
      })
      const canceled = yield* emulated.run(["download", "model_canceled"])
      assert.strictEqual(canceled.code, 3)
      assert.match(canceled.stderr, /Job job_\w+ was canceled; start it again/)
      // A job that is of no use is not taken up again.
      assert.strictEqual((yield* emulated.requests("requestBatch")).length, 2)
    })
  )

  it.live("4: credentials that are missing or rejected, and a project that is not theirs", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ projectId: "proj_mine" })
      const model = Emulated.modelOf(emulated)
      yield* fails(emulated, ["download", model, "--project", "proj_other"], {
        code: 4,
        says: [/No access to the requested ids \(403\)/, /check the project/],
        fields: { error: "ApiError", reason: "Forbidden" }
      })
      const runs = yield* Effect.all(
        {
          missing: emulated.run(["download", model], { env: { SCENARIO_API_KEY: "", SCENARIO_API_SECRET: "" } }),
          rejected: emulated.run(["wait", "job_x"], { env: { SCENARIO_SDK_API_SECRET: "wrong" } })
        },
        { concurrency: 2 }
      )
      for (const { code, stdout } of Object.values(runs)) assert.deepStrictEqual([code, stdout], [4, ""])
      assert.match(runs.missing.stderr, /No credentials are set; set SCENARIO_API_KEY and SCENARIO_API_SECRET/)
      assert.match(runs.missing.stderr, /try it on an emulator: scenario-assets emulate\n/)
      assert.match(runs.rejected.stderr, /Scenario rejected the credentials \(401\)[^]*check the API key and secret/)
    })
  )

  it.live("5: a server that fails, and a storage host", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.status("requestBatch", 500, { times: "always" }))
      yield* fails(emulated, ["download", Emulated.modelOf(emulated)], {
        code: 5,
        says: [/Scenario failed to [^(]+ \(500\)/, /try again later/],
        fields: { error: "ApiError", reason: "ServerError" }
      })

      yield* emulated.emulator.clearFaults
      yield* emulated.emulator.inject(Fault.drop("storage"))
      yield* fails(emulated, ["download", Emulated.modelOf(emulated), "--retries", "0"], {
        code: 5,
        says: [/sent no more bytes after 0 in 1 attempt /, /\nTo resume: scenario-assets runs resume run_\w+\n/],
        fields: { error: "TransferError", reason: "RetriesExhausted" }
      })
    })
  )

  it.live.each([["status"], ["wait"], ["list"], ["download", "--job"]])(
    "6: a job that nobody knows, of which one look tells: %s",
    (words) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        yield* fails(emulated, [...words, "job_nobody"], {
          code: 6,
          says: [/No job job_nobody in this project \(404\)/, /check the id/],
          fields: { error: "ApiError", reason: "NotFound", subject: "job_nobody" }
        })
        assert.lengthOf(yield* emulated.requests("getStatus"), 1)
      })
  )

  it.live("7: HTML where the archive is due", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.html("storage", { times: "always" }))
      yield* fails(emulated, ["download", Emulated.modelOf(emulated)], {
        code: 7,
        says: [
          /sent text\/html[^]* where a ZIP archive was expected/,
          /check for a proxy or a sign-in page in between/
        ],
        fields: { error: "TransferError", reason: "UnexpectedContent" }
      })
      assert.deepStrictEqual(readdirSync(emulated.directory), [])
    })
  )

  it.live("8: a directory that cannot be made", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const file = path.join(TestDirectory.make(), "file")
      writeFileSync(file, "")
      yield* fails(emulated, ["asset", "asset_x", "-o", path.join(file, "below")], {
        code: 8,
        says: [new RegExp(`${file}[^\n]*part of the path is not a directory \\(ENOTDIR\\)`)],
        fields: { error: "FileError", code: "ENOTDIR" }
      })
      // The directory comes before the job, so that none is started in vain.
      const download = yield* emulated.run(["download", Emulated.modelOf(emulated), "-o", path.join(file, "below")])
      assert.strictEqual(download.code, 8)
      assert.match(download.stderr, /Cannot make the directory [^\n]+ is not a directory \(ENOTDIR\)/)
      assert.deepStrictEqual(yield* emulated.emulator.requests, [])
    })
  )

  it.live("9: a deadline, with the command to wait again", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const args = ["download", Emulated.modelOf(emulated), "--deadline", "100ms"]
      yield* fails(emulated, args, {
        code: 9,
        says: [
          /is still queued after \d+m?s, and the deadline has passed/,
          /\nTo wait again: scenario-assets runs resume run_\w+\n/
        ],
        fields: { error: "JobError", reason: "DeadlineExceeded" }
      })
    })
  )
})
