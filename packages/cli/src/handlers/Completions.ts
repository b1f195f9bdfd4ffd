/** `completions`: the command tree as a script for a shell, and what such a script asks for while somebody types. */
import * as Runs from "@scenario-assets/node/runs/Runs"
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"

interface Values {
  readonly shell: Completions.Shell
  readonly tree: Command.Command.Any
}

export const run = ({ shell, tree }: Values) =>
  Effect.sync(() => {
    const script = Completions.generate(tree.name, shell, ready(Completions.fromCommand(tree), []))
    // effect/cli says how to install it by a flag that it has itself.
    const named = script.replaceAll(`${tree.name} --completions`, `${tree.name} completions`)
    process.stdout.write(`${asking[shell](named)}\n`)
  })

/** Nothing where there are none: whoever types is not to be disturbed. */
export const ids = () =>
  Effect.gen(function* () {
    const heads = yield* (yield* Runs.Runs).list
    process.stdout.write(heads.map(({ runId }) => `${runId}\n`).join(""))
  }).pipe(Effect.ignore, Effect.provide(Runs.layerConfig))

/** What takes a path: to the commands it is text, which they tell as it was typed. */
const paths = new Map<string, "file" | "directory">([
  ["archive", "file"],
  ["file", "file"],
  ["from-file", "file"],
  ["manifest", "file"],
  ["metadata", "file"],
  ["report", "file"],
  ["output", "directory"]
])

/** The commands whose arguments may be ids of runs. */
const takesRuns: ReadonlySet<string> = new Set(["runs resume", "runs show", "runs forget", "wait", "download"])

/** Stands for the ids of the runs in the script of effect/cli, which knows no choices that are not known beforehand. */
const runIds = "__run_ids__"

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
const ready = (command: Completions.CommandDescriptor, path: ReadonlyArray<string>): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags.map((flag) => ({ ...typed(flag), negation: false as const })), help],
  arguments: command.arguments.map((argument) =>
    takesRuns.has(path.join(" ")) ? { ...argument, type: { _tag: "Choice", values: [runIds] } } : typed(argument)
  ),
  subcommands: command.subcommands.map((sub) => ready(sub, [...path, sub.name]))
})

/** The script that asks for the ids of the runs where {@link runIds} stands. */
const asking: { readonly [Shell in Completions.Shell]: (script: string) => string } = {
  // By the name on the line, for it need not be in the path; and not for a word that cannot become such an id.
  bash: (script) =>
    script.replaceAll(
      `'${runIds}'`,
      `$([[ "$cur" == run_* || run_ == "$cur"* ]] && "\${words[0]}" completions ids 2>/dev/null)`
    ),
  zsh: (script) =>
    script.replaceAll(`(${runIds})`, `{compadd -- \${(f)"$(scenario-assets completions ids 2>/dev/null)"}}`),
  fish: (script) => script.replaceAll(`'${runIds}'`, "'(scenario-assets completions ids 2>/dev/null)'"),
  powershell: (script) =>
    script.replace(
      "foreach ($value in $entry.values) {",
      `$values = $entry.values
    if ($values -contains '${runIds}') { $values = @(& scenario-assets completions ids 2>$null) }
    foreach ($value in $values) {`
    )
}
