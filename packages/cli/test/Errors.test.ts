/** How an error is told: on one screen, with what to do next; and what else there is to know for who asks. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import * as Effect from "effect/Effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"
import * as Preload from "./support/Preload.ts"

/** Makes a module one that cannot be loaded. */
const without = (module: string) =>
  Preload.make(`import { registerHooks } from "node:module"
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier.endsWith("${module}")) throw new Error("${module} is not there")
      return next(specifier, context)
    }
  })`)

/** Makes the binary stumble over its first event, with words that must stay among us. */
const sabotage = (how: (broken: string) => string = (broken) => `throw ${broken}`) =>
  // The secrets are put together there, so that no file of the test holds them.
  Preload.make(
    `const { stringify } = JSON
    JSON.stringify = (value, ...more) => {
      if (value?.type === "planned") {
        const { SCENARIO_API_KEY: key, SCENARIO_API_SECRET: secret, HOME } = process.env
        const basic = btoa(key + ":" + secret)
        const broken = new TypeError("broke over https://host/a?Signature=" + secret + " and " + key + ", Basic " + basic + " in " + HOME)
        ${how("broken")}
      }
      return stringify(value, ...more)
    }`
  )

describe.concurrent("errors", () => {
  it.live("a Node that is too old is told so before anything else is loaded", () =>
    Effect.gen(function* () {
      const { env } = Preload.make(`import module from "node:module"
        delete module.enableCompileCache
        module.syncBuiltinESMExports()
        Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.18.1" } })`)
      const { code, stderr, stdout } = yield* Binary.run(["download", "model_a", "--json"], { env })
      const message = "needs Node >= 22.19, this is v22.18.1"
      assert.strictEqual(code, 2)
      assert.match(stderr, new RegExp(`^scenario-assets: ${message}\n[^\n]+\n$`))
      assert.deepInclude(Binary.lastLine(stdout), { error: "UsageError", exitCode: 2, messages: [message] })
    })
  )

  it.live("https to a host that speaks plain HTTP is told in plain words", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const baseUrl = emulated.emulator.config.apiUrl.replace("http:", "https:")
      const { code, stdout } = yield* emulated.run(["doctor", "--base-url", baseUrl])
      assert.strictEqual(code, 5, stdout)
      assert.match(
        stdout,
        /: cannot connect: the host does not speak TLS there, as an https URL needs; check the network/
      )
    })
  )

  it.live("many at once fit one screen; --json tells all", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.status("request", 403, { times: "always" }))
      const ids = Array.from({ length: 100 }, (_, index) => `asset_${index}`)
      const { code, stderr, stdout } = yield* emulated.run(["asset", ...ids, "--json", "--concurrency", "64"])
      assert.strictEqual(code, 4)
      const rows = stderr.split("\n").map((line) => Math.max(1, Math.ceil(line.length / 80)))
      assert.isAtMost(
        rows.reduce((sum, one) => sum + one, 0),
        24,
        stderr
      )
      assert.match(stderr, /^scenario-assets: asset_0: No access to asset asset_0 \(403\)/)
      assert.match(
        stderr,
        /\nscenario-assets: … and 93 more; --json tells all of them\nscenario-assets: 100 of 100 assets could not be downloaded\n$/
      )
      const { failed, messages } = Binary.lastLine(stdout)
      assert.lengthOf(failed as ReadonlyArray<unknown>, 100)
      assert.lengthOf(messages as ReadonlyArray<unknown>, 101)
    })
  )

  it.live("a bug: that it is one, where to tell it, and a file with the details and without secrets", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { directory, env } = sabotage()
      const args = ["download", Emulated.modelOf(emulated), "--json"]
      const { code, stderr, stdout } = yield* emulated.run(args, { env })
      assert.strictEqual(code, 1)
      const said =
        /^scenario-assets: unexpected error: broke over https:\/\/host\/a\?<redacted> and <redacted>, Basic <redacted> in ~\nThis is a bug in scenario-assets\. Please report it to its maintainers: npm view @scenario-assets\/cli maintainers\nAdd the details in (\S+), which hold no arguments, settings or credentials\.\n$/
      assert.match(stderr, said)
      const file = said.exec(stderr)?.[1] ?? ""
      assert.strictEqual(path.dirname(file), directory)
      assert.deepInclude(Binary.lastLine(stdout), { error: "Defect", exitCode: 1, details: file })
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      const details = readFileSync(file, "utf8")
      assert.match(
        details,
        /^scenario-assets \S+, Node v\d+\.\S+, \w+ \w+\n\d{4}-\S+Z\n\nTypeError: broke over [^]*\n +at /
      )
      assert.deepStrictEqual(Canary.find(Buffer.from(details)), [])
      assert.notInclude(details, Emulated.modelOf(emulated))

      const verbose = yield* emulated.run([...args, "--verbose"], { env })
      assert.match(verbose.stderr, /\n {2}scenario-assets \S+, Node [^]*\n +at [^]*\nThis is a bug/)
      const nowhere = yield* emulated.run(args, { env: { ...env, TMPDIR: path.join(directory, "nowhere") } })
      assert.match(nowhere.stderr, /\nAdd the details, which the same command prints with --verbose\.\n$/)
      assert.lengthOf(readdirSync(directory), 3, "the saboteur and two reports")
    })
  )

  it.live("a bug outside of every effect is told like any other", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make({ job: { pace: "1 hour" } })
      const { env } = sabotage((broken) => `setImmediate(() => { throw ${broken} })`)
      const { code, stderr, stdout } = yield* emulated.run(["download", Emulated.modelOf(emulated), "--json"], { env })
      assert.strictEqual(code, 1)
      assert.match(
        stderr,
        /(^|\n)scenario-assets: unexpected error: broke over https:\/\/host\/a\?<redacted> and <redacted>, Basic <redacted> in ~\nThis is a bug [^\n]*\nAdd the details in \S+, [^\n]*\n$/
      )
      assert.deepInclude(Binary.lastLine(stdout), { error: "Defect", exitCode: 1 })
    })
  )

  it.live.each(["/Main.ts", "/handlers/Status.ts", "/Report.ts", "/ConfigFile.ts"])(
    "a bug where %s cannot be loaded is told like any other",
    (module) =>
      Effect.gen(function* () {
        const { env } = without(module)
        const { code, stderr, stdout } = yield* Binary.run(["status", "job_a", "--json"], { env, fromSource: true })
        assert.strictEqual(code, 1)
        assert.match(
          stderr,
          /^scenario-assets: unexpected error: \S+ is not there\nThis is a bug in scenario-assets\. [^\n]*\n[^\n]*\n$/
        )
        assert.deepInclude(Binary.lastLine(stdout), { error: "Defect", exitCode: 1 })
      })
  )

  it.live("a bug holds no credentials that are stored, also where the environment is wrong", () =>
    Effect.gen(function* () {
      const config = TestDirectory.make("config")
      mkdirSync(path.join(config, "scenario-assets"))
      const stored = { "https://api.example/v1": { apiKey: "stored_key_1234", apiSecret: "stored_secret_1234" } }
      writeFileSync(path.join(config, "scenario-assets", "credentials.json"), JSON.stringify(stored), { mode: 0o600 })
      const { env } = Preload.make(
        `JSON.stringify = () => { throw new Error("broke over stored_key_1234, stored_secret_1234") }`
      )
      const args = ["download", "model_a", "--dry-run", "--json"]
      const { stderr } = yield* Binary.run(args, { env: { ...env, XDG_CONFIG_HOME: config } })
      assert.match(stderr, /^scenario-assets: unexpected error: broke over <redacted>, <redacted>\n/)
    })
  )

  it.live("a secret of a letter garbles no bug report, a short one goes as a word, a long one wherever it stands", () =>
    Effect.gen(function* () {
      const { env } = Preload.make(
        `JSON.stringify = () => { throw new Error("a banana on a path/12345/67890, zx81 zx812 and=longsecret1x") }`
      )
      const secrets = { SCENARIO_API_KEY: "a", SCENARIO_API_SECRET: "zx81", SCENARIO_SDK_JWT: "longsecret1", HOME: "/" }
      const args = ["download", "model_a", "--dry-run", "--json"]
      const { stderr } = yield* Binary.run(args, { env: { ...env, ...secrets } })
      assert.match(
        stderr,
        /^scenario-assets: unexpected error: a banana on a path\/12345\/67890, <redacted> zx812 and=<redacted>x\n/
      )
    })
  )

  describe.runIf(process.platform !== "win32")("in a directory that was removed", () => {
    const removed = (command: ReadonlyArray<string>) =>
      ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh", ...command] as const

    it.live.each([
      ["download model_a", 8],
      ["download --job job_a", 8],
      ["download model_a -o /nowhere", 8],
      ["asset asset_a", 8],
      ["extract a.zip", 2],
      ["list a.zip", 2],
      ["runs resume", 8],
      ["doctor", 8]
    ] as const)("%s says so plainly", ([words, exitCode]) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        const { code, stderr, stdout } = yield* emulated.run(words.split(" "), { through: removed })
        assert.strictEqual(code, exitCode, stderr)
        assert.notInclude(stderr, "bug")
        if (exitCode === 8) {
          assert.include(stderr + stdout, "The current directory no longer exists; change to another one, and run")
        }
        assert.deepStrictEqual(yield* emulated.requests("requestBatch"), [])
      })
    )

    it.live.each(["--version", "--help", "doctor --help", "auth status", "runs", "status JOB", "completions bash"])(
      "%s works",
      (words) =>
        Effect.gen(function* () {
          const emulated = yield* Emulated.make()
          const jobId = yield* emulated.begin(Emulated.modelOf(emulated))
          const args = words.split(" ").map((word) => (word === "JOB" ? jobId : word))
          const { code, stderr } = yield* emulated.run(args, { through: removed })
          assert.strictEqual(code, 0, stderr)
        })
    )
  })

  it.live("to have no home is none", () =>
    Effect.gen(function* () {
      const { env } = Preload.make(
        `import os from "node:os"
        import { syncBuiltinESMExports } from "node:module"
        os.homedir = () => { throw new Error("no home") }
        syncBuiltinESMExports()`
      )
      const { code, stderr } = yield* Binary.run(["download", "model_a", "--dry-run"], { env: { ...env, HOME: "" } })
      assert.deepStrictEqual([code, stderr], [0, ""])
    })
  )

  it.live("colours only where they are wanted", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const runs = yield* Effect.all(
        [{}, { FORCE_COLOR: "1" }, { FORCE_COLOR: "1", NO_COLOR: "1" }, { FORCE_COLOR: "0" }].map((env) =>
          emulated.run(["status", "job_nobody"], { env })
        ),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(
        runs.map(({ stderr }) => stderr.startsWith("\u001b[31mscenario-assets:\u001b[0m No job")),
        [false, true, false, false]
      )
      assert.deepStrictEqual(
        runs.map(({ stderr }) => stderr.includes("\u001b")),
        [false, true, false, false]
      )
    })
  )

  it.live("a run that is interrupted while it says nothing ends with one line of JSON as well", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      yield* emulated.emulator.inject(Fault.delay("getStatus", "1 hour"))
      const running = yield* emulated.start(["status", "job_a", "--json"])
      yield* Effect.repeat(Effect.delay(emulated.requests("getStatus"), "20 millis"), {
        until: (requests) => requests.length > 0
      })
      yield* running.kill("SIGINT")
      const { code, stderr, stdout } = yield* running.ended
      assert.deepStrictEqual([code, stderr], [130, ""])
      assert.deepInclude(Binary.lastLine(stdout), { type: "error", error: "Interrupted", exitCode: 130 })
    })
  )
})
