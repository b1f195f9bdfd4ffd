import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as Scenario from "../src/access/Scenario.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

const baseUrl = "http://api.invalid/v1"
const env = { SCENARIO_API_KEY: Canary.key, SCENARIO_API_SECRET: Canary.secret }
const warning = `warning: ${baseUrl}: credentials are sent unencrypted, so that others on the network can read them; use an https base URL\n`

describe.concurrent("credentials over plain HTTP", () => {
  it("leave this machine unless the host is this machine", () => {
    for (const host of ["localhost:4010", "api.localhost", "127.0.0.1:1", "127.1", "[::1]:4010"]) {
      assert.isFalse(Scenario.isUnencrypted(`http://${host}/v1`), host)
    }
    for (const host of ["api.example", "localhost.example", "127.example", "10.0.0.1", "0.0.0.0", "[fe80::1]"]) {
      assert.isTrue(Scenario.isUnencrypted(`http://${host}/v1`), host)
      assert.isFalse(Scenario.isUnencrypted(`https://${host}/v1`), host)
    }
  })

  it.live.each([
    "status job_a",
    "asset asset_a asset_b --time-limit 1s",
    "download model_a",
    "download --job job_a --dry-run",
    "auth status"
  ])("%s: one warning, also with --quiet and --json", (words) =>
    Effect.gen(function* () {
      const { stderr } = yield* Binary.run([...words.split(" "), "--base-url", baseUrl, "--quiet", "--json"], { env })
      assert.strictEqual(stderr.split(warning).length, 2, stderr)
      assert.isTrue(stderr.startsWith(warning), stderr)
    })
  )

  it.live("auth login warns before it asks", () =>
    Effect.gen(function* () {
      const { stderr } = yield* Binary.run(["auth", "login", "--base-url", baseUrl], { stdin: "" })
      assert.match(stderr, /^warning: [^\n]*\nscenario-assets: stdin holds no API key and secret/)
    })
  )

  it.live("doctor finds it", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* Binary.run(["doctor", "--base-url", baseUrl], { env })
      assert.include(
        stdout,
        `\nwarning  encryption: credentials are sent unencrypted, so that others on the network can`
      )
      assert.notInclude(stderr, "warning")
    })
  )

  it.live("nothing of an emulator on this machine", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { code, stderr } = yield* emulated.run(["download", Emulated.modelOf(emulated)])
      assert.strictEqual(code, 0)
      assert.notInclude(stderr, "warning")
    })
  )
})
