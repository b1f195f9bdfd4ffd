/** `help`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

const flags = {
  path: Argument.String("command").pipe(
    Argument.withDescription("A command, and the one below it [default: scenario-assets itself]"),
    Argument.variadic()
  )
}

const load = Options.lazily(
  () => import("../handlers/Help.ts"),
  ({ run }) => run
)

/** Given all commands, of which it is one itself. */
export const make = (tree: () => Command.Command.Any) =>
  Command.make("help", flags, ({ path }) => load({ path, tree: tree() })).pipe(
    Command.withDescription("Show the help of a command"),
    Command.withExamples([
      { command: "scenario-assets help download", description: "The same as scenario-assets download --help" },
      { command: "scenario-assets help runs resume", description: "Of a command below another" }
    ])
  )
