/** The command tree, and how a run of it ends. */
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Asset from "./commands/Asset.ts"
import * as Assets from "./commands/Assets.ts"
import * as Auth from "./commands/Auth.ts"
import * as Collections from "./commands/Collections.ts"
import * as Completions from "./commands/Completions.ts"
import * as Doctor from "./commands/Doctor.ts"
import * as Download from "./commands/Download.ts"
import * as Emulate from "./commands/Emulate.ts"
import * as Extract from "./commands/Extract.ts"
import * as Gallery from "./commands/Gallery.ts"
import * as Help from "./commands/Help.ts"
import * as List from "./commands/List.ts"
import * as Runs from "./commands/Runs.ts"
import * as Status from "./commands/Status.ts"
import * as Sync from "./commands/Sync.ts"
import { exitCodes } from "./errors/ExitCode.ts"
import { presenter } from "./help/Help.ts"
import * as Report from "./report/Report.ts"
import * as Arguments from "./settings/Arguments.ts"
import * as ConfigFile from "./settings/ConfigFile.ts"

const name = "scenario-assets"

export const tree = Command.make(name).pipe(
  Command.withDescription("Download generated assets from Scenario in bulk"),
  Command.withSubcommands([
    Download.command,
    Assets.command,
    Collections.command,
    Sync.command,
    Gallery.command,
    List.command,
    Extract.command,
    Status.status,
    Status.wait,
    Runs.command,
    Asset.command,
    Auth.command,
    Doctor.command,
    Emulate.command,
    Completions.make((): Command.Command.Any => tree),
    Help.make((): Command.Command.Any => tree)
  ]),
  Command.withExamples([
    { command: `${name} download model_abc`, description: "All assets of a model" },
    { command: `${name} asset asset_abc --format png`, description: "One asset, as PNG" },
    { command: `${name} emulate`, description: "A Scenario of your own to try things on" }
  ])
)

/** What every command takes beside its own flags. */
export const layerConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

/** Runs the command line, and gives the exit code. An interruption stays one. */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Effect.suspend(() => {
    const meaning = Arguments.read(args, tree)
    const runWith = Command.runWith(tree, { version })
    return Effect.fromResult(meaning.words).pipe(
      Effect.flatMap(runWith),
      Effect.catchTag("HelpRequested", ({ isKnown, path }) => runWith(isKnown ? [...path, "--help"] : path)),
      Effect.as<number>(exitCodes.ok),
      Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Report.error(meaning, cause))),
      Effect.provideService(Arguments.Flags, meaning.flags),
      Effect.provide(Layer.mergeAll(CliOutput.layerPresenter(presenter), layerConfig, ConfigFile.layer))
    )
  })

/** Tells of what was thrown where no effect could catch it, and gives the exit code. */
export const crashed = (args: ReadonlyArray<string>, error: unknown) =>
  Report.error(Arguments.read(args, tree), Cause.die(error))
