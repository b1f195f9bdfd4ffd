import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import { hasScript, inTerminal } from "./support/Script.ts"

/** An emulator, and a user of one's own, who has set no credentials. */
const makeUser = Effect.gen(function* () {
  const emulated = yield* Emulated.make({
    credentials: { key: Canary.key, secret: Canary.secret, token: Canary.secret }
  })
  const config = path.join(TestDirectory.make("config"), "not-there-yet")
  const env = { SCENARIO_API_KEY: "", SCENARIO_API_SECRET: "", XDG_CONFIG_HOME: config }
  const run = (args: ReadonlyArray<string>, options: Binary.Options = {}) =>
    emulated.run(args, { ...options, env: { ...env, ...options.env } })
  const file = path.join(config, "scenario-assets", "credentials.json")
  return { emulated, env, file, run, url: emulated.emulator.config.apiUrl }
})

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)

const keyAndSecret = { apiKey: Canary.key, apiSecret: Canary.secret }

describe.concurrent("auth", () => {
  it.live("stores what stdin says, for one API alone and its owner alone, and forgets it", () =>
    Effect.gen(function* () {
      const { emulated, file, run, url } = yield* makeUser
      const login = yield* run(["auth", "login"], { stdin: `${Canary.key}:${Canary.secret}\n` })
      assert.deepStrictEqual([login.code, login.stdout], [0, ""], login.stderr)
      assert.strictEqual(
        login.stderr,
        `${url} accepts the API key CANA…. It is stored in ${file}, for this API alone.\n`
      )
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), { [url]: keyAndSecret })
      assert.deepStrictEqual([mode(file), mode(path.dirname(file))], ["600", "700"])

      const status = yield* run(["auth", "status", "--json"])
      assert.strictEqual(status.code, 0, status.stderr)
      assert.deepStrictEqual(Binary.lastLine(status.stdout), {
        type: "result",
        baseUrl: url,
        credentials: "the API key CANA…",
        file,
        accepted: true
      })

      const other = yield* Emulated.make()
      const strange = yield* run(["auth", "status"], { env: { SCENARIO_BASE_URL: other.emulator.config.apiUrl } })
      assert.strictEqual(strange.code, 4)
      assert.match(strange.stderr, /No credentials are set; [^]*Or store them: scenario-assets auth login\./)
      assert.deepStrictEqual(yield* other.emulator.requests, [])

      const used = yield* run(["status", yield* emulated.begin(Emulated.modelOf(emulated))])
      assert.strictEqual(used.code, 0, used.stderr)

      const logout = yield* run(["auth", "logout", "--json"])
      assert.deepInclude(Binary.lastLine(logout.stdout), { baseUrl: url, file, removed: true })
      assert.isFalse(existsSync(file))
    })
  )

  it.live("stores a token, and leaves other APIs as they are; the environment comes first, and that is said", () =>
    Effect.gen(function* () {
      const { file, run, url } = yield* makeUser
      const other = { "https://api.example/v1": { apiKey: "k", apiSecret: "s" } }
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(other), { mode: 0o600 })

      const env = { SCENARIO_API_KEY: Canary.key, SCENARIO_SDK_API_SECRET: Canary.secret }
      const login = yield* run(["auth", "login", "--with-token"], { stdin: `${Canary.secret}\n`, env })
      assert.strictEqual(login.code, 0, login.stderr)
      assert.match(login.stderr, /warning: there are credentials in the environment \(SCENARIO_API_KEY, SCENARIO_SDK_/)
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), {
        ...other,
        [url]: { bearerToken: Canary.secret }
      })

      const status = yield* run(["auth", "status"], { env })
      assert.deepStrictEqual(
        [status.code, status.stdout],
        [0, `${url}: the API key CANA… of the environment (SCENARIO_API_KEY, SCENARIO_SDK_API_SECRET)\naccepted\n`]
      )
      const stored = yield* run(["auth", "status"])
      assert.deepStrictEqual([stored.code, stored.stdout], [0, `${url}: a bearer token of ${file}\naccepted\n`])

      const logout = yield* run(["auth", "logout"], { env })
      assert.match(
        logout.stderr,
        /^Removed the credentials [^]*warning: there are still credentials in the environment/
      )
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), other)
    })
  )

  it.live("stores nothing that the API does not accept, or that is no credentials", () =>
    Effect.gen(function* () {
      const { emulated, file, run, url } = yield* makeUser
      const rejected = yield* run(["auth", "login", "--json"], { stdin: `${Canary.key}\r\nmade-up\r\n` })
      assert.strictEqual(rejected.code, 4)
      assert.isTrue(rejected.stderr.startsWith(`scenario-assets: ${url}: the credentials were rejected (401)`))
      assert.deepInclude(Binary.lastLine(rejected.stdout), { type: "error", reason: "Unauthorized", stored: false })

      yield* emulated.emulator.inject(Fault.status("getStatus", 403))
      const forbidden = yield* run(["auth", "login"], { stdin: `${Canary.key}:${Canary.secret}` })
      assert.strictEqual(forbidden.code, 4)
      assert.match(forbidden.stderr, /: not allowed \(403\)[^]*; check the project id and the scope of the API key/)

      const silent = yield* run(["auth", "login"], { stdin: `${Canary.key}\n` })
      assert.strictEqual(silent.code, 2)
      assert.match(silent.stderr, /: stdin holds no API key and secret; write KEY:SECRET in one line, or /)
      assert.isFalse(existsSync(file))
    })
  )

  it.live("takes nothing from a file that is damaged, or that others can read", () =>
    Effect.gen(function* () {
      const { file, run, url } = yield* makeUser
      mkdirSync(path.dirname(file), { recursive: true })
      const content = JSON.stringify({ [url]: { apiKey: "made-up", apiSecret: "made-up" } })
      writeFileSync(file, content, { mode: 0o640 })
      const open = yield* run(["auth", "status"])
      assert.strictEqual(open.code, 4)
      assert.include(open.stderr, `${file} is open to other users (mode 0640); close it: chmod 600 ${file}.`)

      const damaged = path.join(TestDirectory.make("config"), "scenario-assets", "credentials.json")
      mkdirSync(path.dirname(damaged))
      writeFileSync(damaged, content.slice(0, -1), { mode: 0o600 })
      const { code, stderr, stdout } = yield* run(["status", "job_a", "--json"], {
        env: { XDG_CONFIG_HOME: path.dirname(path.dirname(damaged)) }
      })
      assert.strictEqual(code, 4)
      assert.include(
        stderr,
        `${damaged} is damaged; remove it, and store the credentials again: scenario-assets auth login`
      )
      assert.deepInclude(Binary.lastLine(stdout), { error: "CredentialsFileError", path: damaged })
    })
  )
})

describe.runIf(hasScript).concurrent("auth login on a terminal", () => {
  it.live("asks for key and secret, and shows neither", () =>
    Effect.gen(function* () {
      const { emulated, env, file, url } = yield* makeUser
      const running = yield* emulated.start(["auth", "login"], {
        through: inTerminal(80),
        stdin: "open",
        env: { ...env, TERM: "xterm" }
      })
      yield* running.until("stdout", /API key for /)
      running.process.stdin.write(`${Canary.key}\r`)
      yield* running.until("stdout", /API secret:/)
      running.process.stdin.write(`x\u007f${Canary.secret}\r`)
      // What was printed holds no canary, or this fails.
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 0, stdout)
      assert.include(stdout, "CANA…. It is stored in")
      assert.notInclude(stdout, "*")
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), { [url]: keyAndSecret })
    })
  )

  it.live("Ctrl-C ends it, and nothing is stored", () =>
    Effect.gen(function* () {
      const { emulated, env, file } = yield* makeUser
      const running = yield* emulated.start(["auth", "login"], { through: inTerminal(80), stdin: "open", env })
      yield* running.until("stdout", /API key for /)
      running.process.stdin.write("abc\u0003")
      assert.strictEqual((yield* running.ended).code, 130)
      assert.isFalse(existsSync(file))
    })
  )
})
