/** `completions`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

const flags = {
  shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
    Argument.withDescription("bash, zsh, fish or powershell")
  )
}

/** What the scripts call for the ids of runs. Nobody else has a use for it, so the help does not list it. */
const ids = Command.make(
  "ids",
  {},
  Options.lazily(
    () => import("../handlers/Completions.ts"),
    ({ ids }) => ids
  )
).pipe(Command.withDescription("Print the ids of the runs, the latest first"), Command.unlisted)

const load = Options.lazily(
  () => import("../handlers/Completions.ts"),
  ({ run }) => run
)

/** Given all commands, of which it is one itself. */
export const make = (tree: () => Command.Command.Any) =>
  Command.make("completions", flags, ({ shell }) => load({ shell, tree: tree() })).pipe(
    Command.withDescription("Print a script that completes commands, flags and ids of runs in a shell"),
    Command.withSubcommands([ids]),
    Command.withExamples([
      {
        command: "scenario-assets completions bash > ~/.local/share/bash-completion/completions/scenario-assets",
        description: "bash, where bash-completion is installed"
      },
      {
        command: `echo 'eval "$(scenario-assets completions bash)"' >> ~/.bashrc`,
        description: "bash, where it is not"
      },
      {
        command: `scenario-assets completions zsh > "\${fpath[1]}/_scenario-assets"`,
        description: "zsh, for shells that are started later"
      },
      {
        command: "scenario-assets completions fish > ~/.config/fish/completions/scenario-assets.fish",
        description: "fish"
      },
      {
        command: "scenario-assets completions powershell | Out-String | Invoke-Expression",
        description: "PowerShell; write this line into the file that $PROFILE names"
      }
    ])
  )
