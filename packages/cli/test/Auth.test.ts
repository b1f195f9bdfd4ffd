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
import * as Server from "./support/Server.ts"
import * as Terminal from "./support/Terminal.ts"

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
      assert.strictEqual(login.stderr, `Stored the API key CANA… for ${url} in ${file}.\n`)
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
      assert.match(
        login.stderr,
        /warning: the environment \(SCENARIO_API_KEY, SCENARIO_SDK_API_SECRET\) has credentials too, which are used first/
      )
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), {
        ...other,
        [url]: { bearerToken: Canary.secret }
      })

      const status = yield* run(["auth", "status"], { env })
      assert.deepStrictEqual(
        [status.code, status.stdout],
        [0, `${url}: the API key CANA… from the environment (SCENARIO_API_KEY, SCENARIO_SDK_API_SECRET)\naccepted\n`]
      )
      const stored = yield* run(["auth", "status"])
      assert.deepStrictEqual([stored.code, stored.stdout], [0, `${url}: a bearer token from ${file}\naccepted\n`])

      const logout = yield* run(["auth", "logout"], { env })
      assert.match(
        logout.stderr,
        /^Removed the credentials [^]*warning: the environment \(SCENARIO_API_KEY, SCENARIO_SDK_API_SECRET\) still has credentials/
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

      yield* emulated.emulator.inject(Fault.status("getStatus", 403, { times: 2 }))
      const forbidden = yield* run(["auth", "login"], { stdin: `${Canary.key}:${Canary.secret}` })
      assert.strictEqual(forbidden.code, 4)
      assert.match(forbidden.stderr, /: the credentials do not allow this \(403\): check the scope of the API key/)

      const silent = yield* run(["auth", "login"], { stdin: `${Canary.key}\n` })
      assert.strictEqual(silent.code, 2)
      assert.match(silent.stderr, /: stdin holds no API key and secret; write KEY:SECRET on one line, or /)
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
      assert.include(
        open.stderr,
        `${file} can be read by other users (mode 0640); run chmod 600 ${file}, and replace the key if`
      )

      const damaged = path.join(TestDirectory.make("config"), "scenario-assets", "credentials.json")
      mkdirSync(path.dirname(damaged))
      writeFileSync(damaged, content.slice(0, -1), { mode: 0o600 })
      const { code, stderr, stdout } = yield* run(["status", "job_a", "--json"], {
        env: { XDG_CONFIG_HOME: path.dirname(path.dirname(damaged)) }
      })
      assert.strictEqual(code, 4)
      assert.include(stderr, `${damaged} is damaged; remove it, and run scenario-assets auth login again`)
      assert.deepInclude(Binary.lastLine(stdout), { error: "CredentialsFileError", path: damaged })
    })
  )
})

const given = { SCENARIO_API_KEY: "made-up-key", SCENARIO_API_SECRET: "made-up-secret" }

describe.concurrent("whether credentials are accepted", () => {
  it.live.each([
    ["accepted", 401, 404, 0, /^$/],
    ["accepted", 403, 404, 0, /^$/],
    [
      "rejected",
      401,
      401,
      4,
      /: the credentials were rejected \(401\); check the API key and secret, or the token\.\n$/
    ],
    ["rejected", 404, 401, 4, /: the credentials were rejected \(401\)/],
    [
      "of another scope or project",
      401,
      403,
      4,
      /: the credentials do not allow this \(403\): [^\n]*scope[^\n]*--project/
    ],
    ["of another scope or project", 404, 403, 4, /: the credentials do not allow this \(403\): /],
    [
      "not checked, for this is no Scenario API",
      404,
      404,
      6,
      /: there is no Scenario API at http\S+: [^\n]* ends in \/v1\.\n$/
    ],
    ["not checked, for anybody may ask", 200, 404, 1, /could not be checked: the server asks for none/],
    ["not checked, for the server fails", 503, 503, 5, /could not be checked: the server failed \(503\)/],
    ["not checked, for the server failed", 500, 404, 5, /could not be checked: the server failed \(500\)/],
    ["not checked, for another answer", 405, 405, 1, /could not be checked: the request was rejected \(405\)/]
  ] as const)("%s: %i without credentials, %i with them", ([, without, withThem, exitCode, message]) =>
    Effect.gen(function* () {
      const { origin, requests } = yield* Server.make(Server.byCredentials(without, withThem))
      const env = { ...given, SCENARIO_BASE_URL: `${origin}/v1` }
      const status = yield* Binary.run(["auth", "status", "--json"], { env })
      assert.strictEqual(status.code, exitCode, status.stderr)
      assert.match(status.stderr, message)
      assert.deepInclude(Binary.lastLine(status.stdout), { accepted: exitCode === 0 })
      assert.isTrue(requests.some(({ headers }) => headers.authorization === undefined))
    })
  )

  it.live("a host that cannot be reached checks nothing, and is asked without credentials alone", () =>
    Effect.gen(function* () {
      const env = { ...given, SCENARIO_BASE_URL: "http://127.0.0.1:2/v1" }
      const { code, stderr } = yield* Binary.run(["auth", "status"], { env })
      assert.strictEqual(code, 5)
      assert.match(stderr, /: http:\/\/127\.0\.0\.1:2\/v1: the credentials could not be checked: cannot connect: /)
    })
  )

  it.live("an emulator whose base URL lacks /v1 is no Scenario API", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const baseUrl = emulated.emulator.config.apiUrl.replace("/v1", "")
      const { code, stderr } = yield* emulated.run(["auth", "status", "--base-url", baseUrl])
      assert.strictEqual(code, 6)
      assert.include(stderr, `there is no Scenario API at ${baseUrl}`)
    })
  )

  it.live.each([
    ["could not be checked", 503, /warning: http\S+: the credentials could not be checked: the server failed \(503\)/],
    ["are for no Scenario API", 404, /warning: there is no Scenario API at http/]
  ] as const)("auth login stores those that %s, and warns", ([, code, warning]) =>
    Effect.gen(function* () {
      const { origin } = yield* Server.make(Server.byCredentials(code, code))
      const { file, run } = yield* makeUser
      const stdin = `${Canary.key}:${Canary.secret}\n`
      const login = yield* run(["auth", "login", "--base-url", `${origin}/v1`, "--json"], { stdin })
      assert.strictEqual(login.code, 0, login.stderr)
      assert.match(login.stderr, warning)
      assert.match(login.stderr, /\nStored the API key CANA… for http\S+ in /)
      assert.deepInclude(Binary.lastLine(login.stdout), { type: "result", accepted: false, file })
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), { [`${origin}/v1`]: keyAndSecret })
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
      assert.include(stdout, "Stored the API key CANA… for ")
      assert.notInclude(stdout, "*")
      assert.deepStrictEqual(JSON.parse(readFileSync(file, "utf8")), { [url]: keyAndSecret })
    })
  )

  it.live("says where keys are created, asks again for what is empty, and Ctrl-C leaves a clean line", () =>
    Effect.gen(function* () {
      const { emulated, env, file } = yield* makeUser
      const terminal = yield* Terminal.start([process.execPath, Binary.bin, "auth", "login"], {
        columns: 100,
        rows: 12,
        cwd: emulated.directory,
        env: { ...Binary.environment(), ...emulated.env, ...env, TERM: "xterm" }
      })
      const shows = (text: string) => terminal.until(({ lines }) => lines.some((line) => line.includes(text)))
      yield* shows("API key for ")
      yield* terminal.type("\r")
      yield* shows("Enter the API key, or press Ctrl-C to cancel")
      yield* terminal.type("\u0003")
      const { code, screen } = yield* terminal.ended
      assert.strictEqual(code, 130)
      assert.deepStrictEqual(screen.lines, [
        "API keys are created in Scenario, under Organization settings > API Keys.",
        `API key for ${emulated.env["SCENARIO_BASE_URL"]}:`
      ])
      assert.deepStrictEqual(screen.cursor, { row: 2, column: 0 })
      assert.isFalse(existsSync(file))
    })
  )
})
