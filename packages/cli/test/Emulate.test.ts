import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"

describe.concurrent("emulate", () => {
  it.live("prints what leads to it, and what leads to it works; ends with 130", () =>
    Effect.gen(function* () {
      const emulator = yield* Binary.start(["emulate", "--port", "0", "--pace", "10ms"])
      const text = yield* emulator.until("stdout", /# Try: [^\n]+\n/)
      assert.match(
        text,
        /^# An emulated Scenario at http:\/\/127\.0\.0\.1:\d+\/v1 \(storage at http:\/\/127\.0\.0\.1:\d+\)\n/
      )
      const env = Object.fromEntries(
        [...text.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value])
      )
      assert.hasAllKeys(env, ["SCENARIO_BASE_URL", "SCENARIO_API_KEY", "SCENARIO_API_SECRET"])
      const words = /# Try: +scenario-assets (.+)\n/.exec(text)?.[1] ?? ""
      const download = yield* Binary.run(words.split(" "), { env })
      assert.strictEqual(download.code, 0, download.stderr)

      // The port is in use now.
      const port = new URL(env["SCENARIO_BASE_URL"] ?? "").port
      const second = yield* Binary.run(["emulate", "--port", port])
      assert.deepStrictEqual([second.code, second.stdout], [1, ""])
      assert.include(second.stderr, `cannot listen on 127.0.0.1, port ${port}: it is in use`)
      assert.include(second.stderr, "\nTo use any free port: --port 0\n")

      yield* emulator.kill("SIGINT")
      assert.strictEqual((yield* emulator.ended).code, 130)
    })
  )

  it.live("--json, archives of a size, any id, faults; ends with 143 while a transfer is stuck", () =>
    Effect.gen(function* () {
      const faults = ["--fault", "storage:reset@65536", "--fault", "storage:stall@500000,skip=2"]
      const archives = ["--any-id", "--archive-size", "1MB", "--archive-entries", "3"]
      const emulator = yield* Binary.start([
        "emulate",
        "--port",
        "0",
        "--pace",
        "10ms",
        "--json",
        ...archives,
        ...faults
      ])
      const text = yield* emulator.until("stdout", /\n/)
      const [listening = {}] = Binary.jsonLines(text)
      assert.strictEqual(listening["type"], "listening")
      const options = {
        cwd: TestDirectory.make(),
        env: {
          SCENARIO_BASE_URL: String(listening["apiUrl"]),
          SCENARIO_API_KEY: String(listening["apiKey"]),
          SCENARIO_API_SECRET: String(listening["apiSecret"])
        }
      }
      const args = ["download", "model_whatever", "--archive", "all.zip", "--force", "--json"]
      const download = yield* Binary.run(args, options)
      assert.strictEqual(download.code, 0, download.stderr)
      assert.deepInclude(Binary.events(download.stdout, "completed")[0], { bytes: 1_000_000 })
      assert.strictEqual(Binary.events(download.stdout, "retrying").length, 1)

      const stuck = yield* Binary.start(args, options)
      yield* stuck.until("stdout", /"progress"/)
      yield* emulator.kill("SIGTERM")
      const { code, stderr } = yield* emulator.ended
      assert.deepStrictEqual([code, stderr], [143, "Ctrl-C ends it.\n"])
    })
  )
})
