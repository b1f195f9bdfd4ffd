/** `help`: which command is meant. What is shown is what `--help` shows. */
import * as CliError from "effect/cli/CliError"
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import { HelpRequested } from "../errors/CommandError.ts"

interface Values {
  readonly path: ReadonlyArray<string>
  readonly tree: Command.Command.Any
}

export const run = Effect.fnUntraced(function* ({ path, tree }: Values) {
  let command = Completions.fromCommand(tree)
  for (const [index, word] of path.entries()) {
    const found = command.subcommands.find(({ name }) => name === word)
    if (found !== undefined) command = found
    // What there is instead, effect/cli knows.
    else if (command.subcommands.length > 0) {
      return yield* new HelpRequested({ path: path.slice(0, index + 1), isKnown: false })
    } else {
      return yield* new CliError.UnknownSubcommand({
        subcommand: word,
        parent: [tree.name, ...path.slice(0, index)],
        suggestions: []
      })
    }
  }
  return yield* new HelpRequested({ path, isKnown: true })
})
