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

interface Case {
  readonly args: ReadonlyArray<string>
  readonly code: number
  readonly faults?: ReadonlyArray<Fault.Fault>
  /** Whether the directory of run records cannot be used. */
  readonly stateless?: boolean
}

/** What cases print, one after the other, in a directory and with an emulator of their own. */
const session = Effect.fnUntraced(function* (
  cases: (own: { readonly model: string; readonly jobId: string }) => ReadonlyArray<Case>
) {
  const all = yield* Emulated.make({ archive: { size: 3 * MiB, entries: 4 }, catalogue: { anyId: true } })
  const model = Emulated.modelOf(all)
  const stateless = path.join(TestDirectory.make(), "file")
  writeFileSync(stateless, "")
  const env = { XDG_STATE_HOME: TestDirectory.make("state"), XDG_CONFIG_HOME: TestDirectory.make("config") }
  const lines: Array<Readonly<Record<string, unknown>>> = []
  for (const { args, code, faults = [], ...given } of cases({ model, jobId: yield* all.begin(model) })) {
    yield* all.emulator.clearFaults
    yield* all.emulator.inject(...faults)
    const ended = yield* all.run([...args, "--json"], {
      env: { ...env, ...(given.stateless === true ? { XDG_STATE_HOME: stateless } : {}) }
    })
    assert.strictEqual(ended.code, code, `${args.join(" ")}: ${ended.stderr}`)
    // A defect would be told as an error too.
    assert.notStrictEqual(Binary.lastLine(ended.stdout)["error"], "Defect", ended.stderr)
    lines.push(...Binary.jsonLines(ended.stdout))
  }
  return lines
})

const emulate = Effect.gen(function* () {
  const own = yield* Binary.start(["emulate", "--port", "0", "--json"])
  const lines = Binary.jsonLines(yield* own.until("stdout", /\n/))
  yield* own.kill("SIGTERM")
  yield* own.ended
  return lines
})

describe("events", () => {
  it.live("of all commands, and of what goes wrong, are all there are", () =>
    Effect.gen(function* () {
      const sessions = [
        session(({ model }) => [
          { args: ["download", model, "-o", "a"], code: 0, faults: [Fault.status("getStatus", 503)] },
          { args: ["download", model, "-o", "b"], code: 0, faults: [Fault.corrupt("storage", 100_000, { skip: 1 })] },
          { args: ["download", model, "-o", "nowhere"], code: 0, stateless: true }
        ]),
        session(({ model }) => [
          {
            args: ["download", model, "-o", "c", "--archive", "c.zip", "--connections", "1"],
            code: 0,
            faults: [
              Fault.reset("storage", 2.5 * MiB),
              Fault.ignoreRange("storage", { skip: 1, times: 3 }),
              Fault.status("storage", 403, { skip: 1 })
            ]
          },
          { args: ["extract", "c/c.zip", "-o", "f", "--dry-run"], code: 0 },
          { args: ["extract", "c/c.zip", "-o", "f"], code: 0 },
          { args: ["list", "c/c.zip"], code: 0 }
        ]),
        session(({ jobId, model }) => [
          {
            args: ["download", model, "-o", "d", "--archive", "d.zip"],
            code: 0,
            faults: [Fault.throttle("storage", MiB, { times: "always" })]
          },
          { args: ["download", model, "--dry-run"], code: 0 },
          { args: ["download", "--job", jobId, "--dry-run"], code: 0 },
          { args: ["download", "--job", jobId, "--dry-run", "--archive", "a.zip"], code: 0 },
          { args: ["wait", jobId], code: 0 },
          { args: ["status", "job_nobody"], code: 6 },
          { args: ["status"], code: 2 }
        ]),
        session(({ model }) => [
          { args: ["download", "model_fails", "-o", "e"], code: 3 },
          {
            args: ["download", "asset_a", "-o", "i"],
            code: 6,
            faults: [Fault.status("requestBatch", 404), Fault.status("getBulk", 404)]
          },
          { args: ["asset", "asset_a", "-o", "g"], code: 0 },
          { args: ["download", model, "-o", "h", "--detach"], code: 0 },
          { args: ["assets", "--limit", "2"], code: 0 },
          { args: ["collections"], code: 0 },
          { args: ["runs"], code: 0 },
          { args: ["runs", "forget", "--all"], code: 0 },
          { args: ["sync", "s"], code: 6, faults: [Fault.status("storage", 404)] },
          { args: ["sync", "s", "--watch", "10ms", "--time-limit", "2s"], code: 9 },
          { args: ["gallery", "s"], code: 0 },
          { args: ["auth", "status"], code: 0 },
          { args: ["auth", "logout"], code: 0 },
          { args: ["doctor"], code: 0 }
        ]),
        emulate
      ]
      const lines = (yield* Effect.all(sessions, { concurrency: 3 })).flat()
      const types = new Set([...Events.EventLine.members.map(({ fields }) => fields.type.literal), "result", "error"])
      assert.deepStrictEqual([...new Set(lines.map(({ type }) => String(type)))].toSorted(), [...types].toSorted())
    })
  )
})
