/**
 * The demo: one command that requests a batch, waits for the job and extracts its archive while it arrives, over real HTTP.
 *
 * Without credentials it runs against the emulator, which it starts; with `SCENARIO_API_KEY` and `SCENARIO_API_SECRET`
 * it does the same on Scenario, for the ids given to it.
 */
import { fileURLToPath } from "node:url"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Emulator } from "@scenario-assets/core/testing"
import { EmulatorServer } from "@scenario-assets/node/testing"
import { Config, Console, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", { message: Schema.String }) {}

const cli = fileURLToPath(new URL("../packages/cli/src/bin.ts", import.meta.url))
const output = "demo-output"

/** Runs the packaged command as a person would, and lets it speak for itself. */
const scenarioAssets = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string>) {
  yield* Console.log(`\n$ scenario-assets ${args.join(" ")}`)
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const code = yield* spawner.exitCode(
    ChildProcess.make(process.execPath, [cli, ...args], {
      env,
      extendEnv: true,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit"
    })
  )
  if (code !== 0) return yield* new DemoFailed({ message: `scenario-assets ended with the exit code ${code}.` })
})

/** What is in the directory now. */
const show = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  yield* Console.log(`\n${output}`)
  for (const name of (yield* fs.readDirectory(output, { recursive: true })).toSorted()) {
    const { size, type } = yield* fs.stat(`${output}/${name}`)
    if (type === "File") yield* Console.log(`  ${String(size).padStart(8)}  ${name}`)
  }
})

const download = (ids: ReadonlyArray<string>, env: Record<string, string>) =>
  Effect.andThen(scenarioAssets(["download", ...ids, "--output", output, "--verbose"], env), show)

const onEmulator = Effect.gen(function* () {
  const { catalogue, config } = yield* Emulator.Emulator
  yield* Console.log(`No credentials are set, so this runs on an emulated Scenario at ${config.apiUrl}`)
  const [model] = catalogue.models
  // A run on an emulator that is gone afterwards cannot be resumed.
  const state = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
  yield* download([model?.id ?? ""], {
    XDG_STATE_HOME: state,
    SCENARIO_BASE_URL: config.apiUrl,
    SCENARIO_SDK_API_KEY: config.credentials.key,
    SCENARIO_SDK_API_SECRET: config.credentials.secret
  })
  yield* Console.log("\nOn Scenario itself: SCENARIO_API_KEY=… SCENARIO_API_SECRET=… npx -y pnpm@12 demo model_…")
}).pipe(Effect.scoped, Effect.provide(EmulatorServer.layer()))

const onScenario = Effect.suspend(() => {
  const ids = process.argv.slice(2)
  return ids.length > 0
    ? download(ids, {})
    : new DemoFailed({ message: "Credentials are set; say what to download: npx -y pnpm@12 demo model_…" })
})

const hasCredentials = Effect.map(
  Effect.all([
    Config.option(Config.NonEmptyString("SCENARIO_API_KEY")),
    Config.option(Config.NonEmptyString("SCENARIO_SDK_API_KEY")),
    Config.option(Config.NonEmptyString("SCENARIO_SDK_JWT"))
  ]),
  (found) => found.some(Option.isSome)
)

const demo = Effect.flatMap(hasCredentials, (credentials) => (credentials ? onScenario : onEmulator)).pipe(
  Effect.catchTag("DemoFailed", (error) => Effect.andThen(Console.error(error.message), Effect.fail(error)))
)

NodeRuntime.runMain(Effect.provide(demo, Layer.mergeAll(NodeServices.layer)), { disableErrorReporting: true })
