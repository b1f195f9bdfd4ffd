import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Runs } from "@scenario-assets/node"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import * as Places from "../src/files/Places.ts"
import * as ConfigFile from "../src/settings/ConfigFile.ts"
import * as Settings from "../src/settings/Settings.ts"
import * as Binary from "./support/Binary.ts"
import * as Emulated from "./support/Emulated.ts"

/** A directory of a user's own, with this configuration. */
const configured = (content: unknown) => {
  const home = TestDirectory.make("config")
  const file = path.join(home, "scenario-assets", "config.json")
  mkdirSync(path.dirname(file))
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content))
  return { file, env: { XDG_CONFIG_HOME: home } }
}

const places = (env: Record<string, string>) =>
  Effect.all([Places.configDirectory, Runs.defaultDirectory]).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
  )

describe.runIf(process.platform !== "win32")("places", () => {
  it.live.each([{ XDG_CACHE_HOME: "cache" }, { HOME: "home" }, { HOME: "" }])(
    "of compiled code are none in the current directory: %j",
    (env) =>
      Effect.gen(function* () {
        const cwd = TestDirectory.make("cwd")
        const { code } = yield* Binary.run(["status", "--help"], { cwd, env: { NODE_COMPILE_CACHE: "", ...env } })
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(readdirSync(cwd), [])
      })
  )

  it.effect("are where the XDG variables say, or else below the home directory", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ HOME: "/h", XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" }), [
        "/c/scenario-assets",
        "/s/scenario-assets/runs"
      ])
      const usual = ["/h/.config/scenario-assets", "/h/.local/state/scenario-assets/runs"]
      assert.deepStrictEqual(yield* places({ HOME: "/h" }), usual)
      assert.deepStrictEqual(yield* places({ HOME: "/h", XDG_CONFIG_HOME: "c", XDG_STATE_HOME: "" }), usual)
    })
  )
})

const good = {
  "base-url": "http://127.0.0.1:4010/v1",
  project: "proj_a",
  output: "renders",
  template: "<prompt>-<num>",
  flat: true,
  "max-size": "2GiB",
  deadline: "2h",
  concurrency: 8,
  connections: "4",
  "limit-rate": "10MB",
  "idle-timeout": "1m",
  "time-limit": "1d",
  retries: 0
}

const bad: ReadonlyArray<readonly [content: unknown, says: RegExp]> = [
  ["{", /: it must be a JSON object of settings, for example \{ "output": /],
  [[1], /: it must be a JSON object of settings/],
  [{ retries: ["3"] }, /: it must be a JSON object of settings/],
  [{ apiKey: "k" }, /: unknown setting "apiKey"; the settings are base-url, project, output, .*, retries$/],
  [{ "base-url": "http://name:word@127.0.0.1/v1" }, /: base-url: not an http or https URL without credentials/],
  [{ project: "a b" }, /: project: "a b" is not a project id/],
  [{ template: " " }, /: template: " " is not a file name template/],
  [{ flat: "perhaps" }, /: flat: "perhaps" is neither true nor false/],
  [{ "max-size": "much" }, /: max-size: "much" is not a size/],
  [{ concurrency: 65 }, /: concurrency: "65" is not a whole number from 1 to 64/],
  [{ deadline: 30 }, /: deadline: "30" is not a duration: it takes a number above 0 with a unit/]
]

describe("the configuration file", () => {
  it.effect("has a key for each setting, and the guide a line", () =>
    Effect.gen(function* () {
      const values = yield* ConfigFile.read(configured(good).file)
      assert.deepStrictEqual(
        Object.fromEntries(values),
        Object.fromEntries(Object.entries(good).map(([key, value]) => [key, String(value)]))
      )
      assert.deepStrictEqual(
        [...values.keys()],
        Settings.all.map(({ key }) => key)
      )
      const guide = readFileSync(new URL("../../../docs/guide.md", import.meta.url), "utf8")
      for (const { key, variable } of Settings.all) assert.include(guide, `| \`${key}\` | \`${variable}\` |`)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect.each(bad)("%j: the error names file, key and what is allowed", ([content, says]) =>
    Effect.gen(function* () {
      const { file } = configured(content)
      const { message } = yield* Effect.flip(ConfigFile.read(file))
      assert.isTrue(message.startsWith(`the configuration file ${file}: `), message)
      assert.match(message, says)
      assert.notInclude(message, "word")
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe.concurrent("settings", () => {
  it.live("a flag comes before the environment, which comes before the file, which comes before the default", () =>
    Effect.gen(function* () {
      const { env } = configured({ template: "<seed>-file", flat: true, output: "of-file" })
      const plan = (args: ReadonlyArray<string>, more: Record<string, string>) =>
        Effect.map(Binary.run(["download", "model_a", "--dry-run", "--json", ...args], { env: more }), (ended) => {
          assert.deepStrictEqual([ended.code, ended.stderr], [0, ""])
          const { fileNameTemplate, flat } = Binary.lastLine(ended.stdout)
          return [fileNameTemplate, flat]
        })
      const set = { ...env, SCENARIO_ASSETS_TEMPLATE: "<seed>-environment", SCENARIO_ASSETS_FLAT: "false" }
      assert.deepStrictEqual(yield* plan([], {}), ["<generator>-<prompt>-<num>-<seed>", false])
      assert.deepStrictEqual(yield* plan([], env), ["<seed>-file", true])
      assert.deepStrictEqual(yield* plan([], set), ["<seed>-environment", false])
      assert.deepStrictEqual(yield* plan(["--template", "<seed>-flag", "--flat"], set), ["<seed>-flag", true])
      assert.deepStrictEqual(yield* plan(["--no-flat"], env), ["<seed>-file", false])
    })
  )

  it.live("where the API is, which project, and where files go", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const { env } = configured({
        "base-url": emulated.emulator.config.apiUrl,
        project: "proj_file",
        output: "of-file"
      })
      const asset = emulated.emulator.catalogue.assets[0]?.id ?? ""
      const run = (more: Record<string, string>, ...args: ReadonlyArray<string>) =>
        emulated.run(["asset", asset, ...args], { env: { SCENARIO_BASE_URL: "", ...env, ...more } })
      const first = yield* run({})
      assert.match(first.stdout, /^of-file\//, first.stderr)
      const second = yield* run({ SCENARIO_PROJECT_ID: "proj_environment", SCENARIO_ASSETS_OUTPUT: "of-environment" })
      assert.match(second.stdout, /^of-environment\//, second.stderr)
      const third = yield* run({ SCENARIO_PROJECT_ID: "proj_environment" }, "--project", "proj_flag", "-o", "of-flag")
      assert.match(third.stdout, /^of-flag\//, third.stderr)
      const projects = (yield* emulated.requests("request")).map((request) => /projectId=(\w+)/.exec(request.path)?.[1])
      assert.deepStrictEqual(projects, ["proj_file", "proj_environment", "proj_flag"])
    })
  )

  it.live.each(["of the file", "of the environment", "of the flag"])(
    "a ~ at the beginning of an output directory %s is the home directory",
    (source) =>
      Effect.gen(function* () {
        const emulated = yield* Emulated.make()
        const home = TestDirectory.make("home")
        const asset = emulated.emulator.catalogue.assets[0]?.id ?? ""
        const { env } = configured(source === "of the file" ? { output: "~/renders" } : {})
        const variable = source === "of the environment" ? { SCENARIO_ASSETS_OUTPUT: "~/renders" } : {}
        const flags = source === "of the flag" ? ["--output=~/renders"] : []
        const given = { env: { ...env, ...variable, HOME: home } }
        const { code, stderr } = yield* emulated.run(["asset", asset, ...flags], given)
        assert.strictEqual(code, 0, stderr)
        assert.lengthOf(readdirSync(path.join(home, "renders")), 1)
        assert.deepStrictEqual(readdirSync(emulated.directory), [])
        const { stdout } = yield* emulated.run(["doctor", ...flags], given)
        assert.include(stdout, `ok       output: ${path.join(home, "renders")}: `)
      })
  )

  it.live("a ~ elsewhere in a directory is a ~", () =>
    Effect.gen(function* () {
      const emulated = yield* Emulated.make()
      const asset = emulated.emulator.catalogue.assets[0]?.id ?? ""
      for (const output of ["./~", "~backup", "a/~"]) yield* emulated.run(["asset", asset, "-o", output])
      assert.deepStrictEqual(readdirSync(emulated.directory).toSorted(), ["a", "~", "~backup"])
    })
  )

  it.live("what is wrong is told by name; who does not need it does not care", () =>
    Effect.gen(function* () {
      const { env, file } = configured({ retrys: 3 })
      const wrongFile = yield* Binary.run(["download", "model_a", "--json"], { env })
      assert.strictEqual(wrongFile.code, 2)
      assert.include(wrongFile.stderr, `scenario-assets: the configuration file ${file}: unknown setting "retrys";`)
      assert.include(Binary.lastLine(wrongFile.stdout), { error: "UsageError", exitCode: 2 })
      const help = yield* Binary.run(["download", "--help"], { env })
      assert.deepStrictEqual([help.code, help.stderr], [0, ""])

      const variable = { SCENARIO_ASSETS_RETRIES: "many" }
      const wrongVariable = yield* Binary.run(["download", "model_a"], { env: variable })
      assert.strictEqual(wrongVariable.code, 2)
      assert.match(
        wrongVariable.stderr,
        /^scenario-assets: SCENARIO_ASSETS_RETRIES: "many" is not a whole number from 0/
      )
      const overruled = yield* Binary.run(["download", "model_a", "--dry-run", "--retries", "3"], { env: variable })
      assert.strictEqual(overruled.code, 0, overruled.stderr)
    })
  )
})
