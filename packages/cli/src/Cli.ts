/** The command tree of `scenario-assets`, and the program that it is. */
import * as Command from "effect/cli/Command"
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
import * as Program from "./Program.ts"

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

export const program = Program.make(tree)
