import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Server from "./support/Server.ts"

const decode = Schema.decodeUnknownSync(
  Schema.Struct({
    checks: Schema.Array(Schema.Struct({ check: Schema.String, status: Schema.String })),
    settings: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.String, source: Schema.String }))
  })
)

/** Each check's name with its status. */
const statuses = (ended: Binary.Ended): Record<string, unknown> => {
  const { checks } = decode(Binary.lastLine(ended.stdout))
  return Object.fromEntries(checks.map(({ check, status }) => [check, status]))
}

/** An API whose clock is so many milliseconds off, and which accepts everybody who has credentials. */
const clocked = (offset: number) =>
  Effect.map(
    Server.make((request) => {
      const date = new Date(Date.now() + offset).toUTCString()
      return { ...Server.byCredentials(401, 404)(request), headers: { "content-type": "application/json", date } }
    }),
    ({ origin }) => `${origin}/v1`
  )

const credentials = { SCENARIO_API_KEY: "made-up-key-of-length", SCENARIO_API_SECRET: "made-up" }

describe.concurrent("doctor", () => {
  it.live("finds nothing: each setting with where it is from, and what was looked at", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const home = TestDirectory.make("config")
      const file = path.join(home, "scenario-assets", "config.json")
      mkdirSync(path.dirname(file))
      writeFileSync(file, JSON.stringify({ retries: 3, output: "of-file" }))
      const state = TestDirectory.make("state")
      const env = { XDG_CONFIG_HOME: home, XDG_STATE_HOME: state, SCENARIO_ASSETS_RETRIES: "4" }
      const ended = yield* emulated.run(["doctor", "--project", "proj_a", "--json"], { env })
      assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
      assert.deepStrictEqual(readdirSync(state), [], "nothing is left of what was tried")
      assert.deepStrictEqual(statuses(ended), {
        node: "ok",
        settings: "ok",
        credentials: "ok",
        api: "ok",
        clock: "ok",
        output: "ok",
        config: "ok",
        state: "ok"
      })
      assert.includeDeepMembers(Array.from(decode(Binary.lastLine(ended.stdout)).settings), [
        { key: "base-url", value: emulated.emulator.config.apiUrl, source: "SCENARIO_BASE_URL" },
        { key: "project", value: "proj_a", source: "flag" },
        { key: "retries", value: "4", source: "SCENARIO_ASSETS_RETRIES" },
        { key: "output", value: "of-file", source: file },
        { key: "concurrency", value: "4", source: "default" }
      ])
      assert.include(
        ended.stdout,
        "the API key CANA… from the environment (SCENARIO_API_KEY, SCENARIO_API_SECRET), accepted"
      )
    })
  )

  it.live("without credentials, without a network: both are told, with what to do", () =>
    Effect.gen(function* () {
      const env = { XDG_CONFIG_HOME: TestDirectory.make("config"), SCENARIO_BASE_URL: "http://127.0.0.1:2/v1" }
      const { code, stderr, stdout } = yield* Binary.run(["doctor"], { env })
      assert.deepStrictEqual([code, stderr], [4, "scenario-assets: 2 problems found: credentials, api\n"])
      assert.match(
        stdout,
        /^ok {7}node: \d+\.[^]*\nok {7}settings: 1 set \(no configuration file at \/\S+\)\n {9}base-url {2}http:\S+ {2}SCENARIO_BASE_URL\nproblem /
      )
      assert.match(
        stdout,
        /\nproblem {2}credentials: No credentials are set; [^]*\n {9}To store some: scenario-assets auth /
      )
      assert.match(stdout, /\nproblem {2}api: http:\/\/127.0.0.1:2\/v1: cannot connect: [^\n]*ECONNREFUSED/)
      assert.match(stdout, /\nok {7}output: \.: \d[^\n]* free\n/)

      const known = yield* Binary.run(["doctor", "--json"], { env: { ...env, ...credentials } })
      assert.strictEqual(known.code, 5)
      assert.deepInclude(statuses(known), { credentials: "warning", api: "problem" })
      assert.deepInclude(Binary.lastLine(known.stdout), { type: "error", exitCode: 5 })
    })
  )

  it.live("a clock that goes wrong is a warning", () =>
    Effect.gen(function* () {
      const baseUrl = yield* clocked(-3_600_000)
      const { code, stdout } = yield* Binary.run(["doctor", "--base-url", baseUrl], { env: credentials })
      assert.strictEqual(code, 0)
      assert.match(
        stdout,
        /\nwarning {2}clock: (1h 0\dm|59m \d\ds|60m 00s) ahead of the API's\n {9}Set the clock[^]*\nNo problems found, \d warnings?\.\n$/
      )
    })
  )

  it.live("the proxy through which the API is reached, without its password", () =>
    Effect.gen(function* () {
      const env = { ...credentials, HTTPS_PROXY: "http://name:word@127.0.0.1:1", https_proxy: "" }
      const baseUrl = "https://api.invalid/v1"
      const { code, stderr, stdout } = yield* Binary.run(["doctor", "--base-url", baseUrl], { env })
      assert.strictEqual(code, 5)
      assert.include(stdout, "\nok       proxy: the API is reached through http://127.0.0.1:1 (HTTPS_PROXY)\n")
      assert.include(
        stdout,
        "\nok       proxy: storage hosts are reached through http://127.0.0.1:1 (HTTPS_PROXY), unless"
      )
      assert.include(stdout, "ECONNREFUSED 127.0.0.1:1, through the proxy http://127.0.0.1:1 (HTTPS_PROXY)")
      assert.notInclude(stdout + stderr, "word")
    })
  )

  it.live("a proxy is one for storage hosts alone where the API is on this machine", () =>
    Effect.gen(function* () {
      const baseUrl = yield* clocked(0)
      const env = { ...credentials, ALL_PROXY: "http://127.0.0.1:1" }
      const { code, stdout } = yield* Binary.run(["doctor", "--base-url", baseUrl], { env })
      assert.strictEqual(code, 0)
      assert.notInclude(stdout, "the API is reached through")
      assert.include(stdout, "\nok       proxy: storage hosts are reached through http://127.0.0.1:1 (ALL_PROXY)")
      const direct = yield* Binary.run(["doctor", "--base-url", baseUrl], { env: credentials })
      assert.notInclude(direct.stdout, "proxy")
    })
  )

  it.live("there is no Scenario API: credentials are not checked, whatever answers 404", () =>
    Effect.gen(function* () {
      const { origin } = yield* Server.make(Server.byCredentials(404, 404))
      for (const env of [credentials, { XDG_CONFIG_HOME: TestDirectory.make("config") }]) {
        const { code, stdout } = yield* Binary.run(["doctor", "--base-url", origin], { env })
        assert.strictEqual(code, "XDG_CONFIG_HOME" in env ? 4 : 6)
        assert.include(stdout, `\nproblem  api: there is no Scenario API at ${origin}: it answers 404`)
        assert.notInclude(stdout, "accepted")
      }
    })
  )

  it.live("shows defaults with --verbose alone, and colours to whom they please", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const plain = yield* emulated.run(["doctor"])
      assert.strictEqual(plain.code, 0)
      assert.notInclude(plain.stdout, "default")
      assert.notInclude(plain.stdout, "\u001b")
      assert.match(plain.stdout, /\n\nNo problems found\.\n$/)
      const verbose = yield* emulated.run(["doctor", "--verbose"], { env: { FORCE_COLOR: "1" } })
      assert.match(verbose.stdout, /\n {9}retries +8 +default\n/)
      assert.isTrue(verbose.stdout.startsWith("\u001b[32mok\u001b[0m       node: "))
    })
  )

  it.live("a proxy that cannot be used is a problem", () =>
    Effect.gen(function* () {
      const env = { ...credentials, ALL_PROXY: "socks5://127.0.0.1:1" }
      const { code, stdout } = yield* Binary.run(["doctor", "--base-url", "https://api.invalid/v1"], { env })
      assert.strictEqual(code, 1, "nothing can be asked of the API either")
      assert.match(stdout, /\nproblem {2}proxy: [^\n]*ALL_PROXY: proxies are spoken to by http or https, not by socks5/)
    })
  )

  it.live("rejected credentials, a file in place of a directory, what others may write, what is unfinished", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const home = TestDirectory.make("config")
      const config = path.join(home, "scenario-assets")
      mkdirSync(config)
      chmodSync(config, 0o777)
      const env = { XDG_CONFIG_HOME: home, SCENARIO_API_SECRET: "made-up" }
      const unfinished = path.join(emulated.directory, "all.zip.scenario-assets")
      mkdirSync(unfinished)
      writeFileSync(path.join(unfinished, "lock"), JSON.stringify({ host: "elsewhere.test", pid: 1 }))
      const rejected = yield* emulated.run(["doctor", "--json"], { env })
      assert.strictEqual(rejected.code, 4)
      assert.deepInclude(statuses(rejected), {
        credentials: "problem",
        api: "ok",
        config: "warning",
        unfinished: "warning",
        locks: "warning"
      })
      const plain = yield* emulated.run(["doctor"], { env })
      assert.match(
        plain.stdout,
        / contains all\.zip\.scenario-assets\n {9}To resume a download: scenario-assets runs resume /
      )
      const stateless = { XDG_STATE_HOME: path.join(unfinished, "lock") }
      const unlisted = yield* emulated.run(["doctor"], { env: stateless })
      assert.strictEqual(unlisted.code, 0, unlisted.stdout)
      assert.match(
        unlisted.stdout,
        /\nwarning {2}state: [^\n]*: it cannot be written to \(ENOTDIR\), so runs are neither listed/
      )
      const barred = yield* emulated.run(["doctor", "-o", "all.zip.scenario-assets/lock/renders", "--json"])
      assert.strictEqual(barred.code, 8)
      assert.deepInclude(statuses(barred), { credentials: "ok", output: "problem" })
    })
  )

  it.live("settings that cannot be used: the usual API is not asked in place of another", () =>
    Effect.gen(function* () {
      const env = { ...credentials, SCENARIO_BASE_URL: "http://name:word@127.0.0.1/v1" }
      const { code, stdout } = yield* Binary.run(["doctor"], { env })
      assert.strictEqual(code, 2)
      assert.match(stdout, /\nproblem {2}settings: SCENARIO_BASE_URL: not an http or https URL without credentials/)
      assert.notMatch(stdout, /word|\bapi:/)
    })
  )
})
