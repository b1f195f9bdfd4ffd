/** That what `--json` prints is what its schema says. `Binary` checks each line of each run; here is that all are seen. */
import { writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Events from "../src/json/Events.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as JsonOutput from "./support/JsonOutput.ts"

const MiB = 1024 * 1024

describe("docs/events.schema.json", () => {
  it("is made of the schemas", () => {
    assert.deepStrictEqual(
      JsonOutput.published,
      JSON.parse(JSON.stringify(Events.jsonSchema())),
      "the events have changed: write the schema anew with `node scripts/events.ts`"
    )
  })

  it("refuses what is no line, and lets fields be added", () => {
    const line = { type: "ready", batch: 1, jobId: "job_a", version: 1, time: "2026-01-31T00:00:00.000Z" }
    const validate = (value: object) => JsonOutput.isLine(value)
    assert.isTrue(validate(line))
    assert.isTrue(validate({ ...line, more: 1 }))
    assert.isFalse(JsonOutput.isDescribed({ ...line, more: 1 }), "which are found here all the same")
    for (const wrong of [
      { version: 2 },
      { type: "nothing" },
      { batch: "1" },
      { jobId: undefined },
      { time: undefined }
    ]) {
      assert.isFalse(validate(JSON.parse(JSON.stringify({ ...line, ...wrong }))), JSON.stringify(wrong))
    }
    assert.throws(() => JsonOutput.assertValid(`${JSON.stringify({ ...line, batch: -1 })}\n`), /not as the schema says/)
    assert.throws(
      () => JsonOutput.assertValid(`${JSON.stringify({ ...line, more: 1 })}\n`),
      /more than the schema says/
    )
  })
})

describe("events", () => {
  it.live("of all commands, and of what goes wrong, are all there are", () =>
    Effect.gen(function* () {
      const seen = new Set<string>()
      let last: Readonly<Record<string, unknown>> = {}
      const env = { XDG_STATE_HOME: TestDirectory.make("state"), XDG_CONFIG_HOME: TestDirectory.make("config") }
      const all = yield* Emulated.make({ archive: { size: 3 * MiB, entries: 4 }, catalogue: { anyId: true } })
      const { emulator } = all
      const model = Emulated.modelOf(all)
      const stateless = path.join(TestDirectory.make(), "file")
      writeFileSync(stateless, "")
      const run = Effect.fnUntraced(function* (args: ReadonlyArray<string>, ...faults: ReadonlyArray<Fault.Fault>) {
        yield* emulator.clearFaults
        yield* emulator.inject(...faults)
        // Where "nowhere" is the directory of the output, the run cannot be recorded.
        const more = args.includes("nowhere") ? { XDG_STATE_HOME: stateless } : {}
        const { code, stderr, stdout } = yield* all.run([...args, "--json"], { env: { ...env, ...more } })
        for (const { type } of Binary.jsonLines(stdout)) seen.add(String(type))
        last = Binary.lastLine(stdout)
        // A defect would be told as an error too.
        assert.notStrictEqual(last["error"], "Defect", stderr)
        return code
      })

      const jobId = yield* all.begin(model)
      const resets = [
        Fault.reset("storage", 2.5 * MiB),
        Fault.ignoreRange("storage", { skip: 1, times: 3 }),
        Fault.status("storage", 403, { skip: 1 })
      ]
      const codes = [
        yield* run(["download", model, "-o", "a"], Fault.status("getStatus", 503)),
        yield* run(["download", model, "-o", "b"], Fault.corrupt("storage", 100_000, { skip: 1 })),
        yield* run(["download", model, "-o", "nowhere"]),
        yield* run(["download", model, "-o", "c", "--archive", "c.zip", "--connections", "1"], ...resets),
        yield* run(
          ["download", model, "-o", "d", "--archive", "d.zip"],
          Fault.throttle("storage", MiB, { times: "always" })
        ),
        yield* run(["download", "model_fails", "-o", "e"]),
        yield* run(["download", model, "--dry-run"]),
        yield* run(["download", "--job", jobId, "--dry-run"]),
        yield* run(["download", "--job", jobId, "--dry-run", "--archive", "a.zip"]),
        yield* run(["extract", "c/c.zip", "-o", "f", "--dry-run"]),
        yield* run(["extract", "c/c.zip", "-o", "f"]),
        yield* run(["list", "c/c.zip"]),
        yield* run(["asset", "asset_a", "-o", "g"]),
        yield* run(["wait", jobId]),
        yield* run(["download", model, "-o", "h", "--detach"]),
        yield* run(["runs"]),
        yield* run(["runs", "forget", String((last["runs"] as ReadonlyArray<{ readonly runId: string }>)[0]?.runId)]),
        yield* run(["auth", "status"]),
        yield* run(["auth", "logout"]),
        yield* run(["doctor"]),
        yield* run(["status", "job_nobody"]),
        yield* run(["status"])
      ]
      assert.deepStrictEqual(codes, [0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 2])

      const own = yield* Binary.start(["emulate", "--port", "0", "--json"])
      seen.add(String(Binary.jsonLines(yield* own.until("stdout", /\n/))[0]?.["type"]))
      yield* own.kill("SIGTERM")
      yield* own.ended

      const types = new Set([...Events.EventLine.members.map(({ fields }) => fields.type.literal), "result", "error"])
      assert.deepStrictEqual([...seen].toSorted(), [...types].toSorted())
    })
  )
})
