/** `completions`: the command tree as a script for a shell. */
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"

interface Values {
  readonly shell: "bash" | "zsh" | "fish"
  readonly tree: Command.Command.Any
}

export const run = ({ shell, tree }: Values) =>
  Effect.sync(() => {
    const script = Completions.generate(tree.name, shell, ready(Completions.fromCommand(tree)))
    // effect/cli says how to install it by a flag that it has itself.
    process.stdout.write(`${script.replaceAll(`${tree.name} --completions`, `${tree.name} completions`)}\n`)
  })

/** What takes a path: to the commands it is text, which they tell as it was typed. */
const paths = new Map<string, "file" | "directory">([
  ["archive", "file"],
  ["file", "file"],
  ["from-file", "file"],
  ["manifest", "file"],
  ["output", "directory"]
])

const typed = <A extends { readonly name: string; readonly type: Completions.ArgumentType | Completions.FlagType }>(
  param: A
): A => {
  const pathType = paths.get(param.name)
  return pathType === undefined ? param : { ...param, type: { _tag: "Path", pathType } }
}

const help: Completions.FlagDescriptor = {
  name: "help",
  aliases: ["h"],
  description: "Show help information",
  type: { _tag: "Boolean" },
  negation: false
}

/** With `--help`, which every command has; without `--no-force` and the like, which nobody needs. */
const ready = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags.map((flag) => ({ ...typed(flag), negation: false as const })), help],
  arguments: command.arguments.map(typed),
  subcommands: command.subcommands.map(ready)
})
