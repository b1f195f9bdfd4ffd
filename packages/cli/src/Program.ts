/** A command tree as a program: how a command line becomes an exit code. */
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HelpRequested } from "./errors/CommandError.ts"
import { exitCodes } from "./errors/ExitCode.ts"
import { presenter } from "./help/Help.ts"
import * as Report from "./report/Report.ts"
import * as Arguments from "./settings/Arguments.ts"
import * as ConfigFile from "./settings/ConfigFile.ts"

/** What runs a command line, and gives the exit code. An interruption stays one. */
export interface Program {
  readonly run: (args: ReadonlyArray<string>, version: string) => Effect.Effect<number, Config.ConfigError, System>
  /** Tells of what was thrown where no effect could catch it. */
  readonly crashed: (args: ReadonlyArray<string>, error: unknown) => Effect.Effect<number, never, System>
}

/** What commands can ask of the system. */
type System = Command.Environment

/** What every command takes beside its own flags. */
export const layerConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

export const make = <Name extends string, Input, ContextInput, E>(
  tree: Command.Command<Name, Input, ContextInput, E, System>
): Program => ({
  run: (args, version) =>
    Effect.suspend(() => {
      const meaning = Arguments.read(args, tree)
      const runWith = Command.runWith(tree, { version })
      return Effect.fromResult(meaning.words).pipe(
        Effect.flatMap(runWith),
        Effect.catch((error) =>
          error instanceof HelpRequested
            ? runWith(error.isKnown ? [...error.path, "--help"] : error.path)
            : Effect.fail(error)
        ),
        Effect.as<number>(exitCodes.ok),
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.interrupt : Report.error(meaning, cause)
        ),
        Effect.provideService(Arguments.Flags, meaning.flags),
        Effect.provide(Layer.mergeAll(CliOutput.layerPresenter(presenter), layerConfig, ConfigFile.layer))
      )
    }),
  crashed: (args, error) => Report.error(Arguments.read(args, tree), Cause.die(error))
})
