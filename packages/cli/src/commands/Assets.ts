/** `assets`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CatalogueFlags from "../settings/CatalogueFlags.ts"
import * as Options from "../settings/Options.ts"

const flags = {
  ids: Argument.String("id").pipe(
    Argument.withDescription(
      "Only these assets, or those of these inferences and models [default: the whole project]; '-' reads ids from stdin"
    ),
    Argument.variadic()
  ),
  files: Options.fromFile,
  ...CatalogueFlags.choice,
  idsOnly: Flag.Boolean("ids").pipe(Flag.withDescription("Print the ids alone, one per line"), Flag.withDefault(false)),
  metadata: CatalogueFlags.metadata,
  ...Options.connection,
  ...Options.output
}

export const command = Command.make(
  "assets",
  flags,
  Options.lazily(
    () => import("../handlers/Assets.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("List assets: id, kind, date, size and prompt, the newest first"),
  Command.withExamples([
    { command: "scenario-assets assets --since 7d", description: "What was made in the last week" },
    { command: "scenario-assets assets --collection Favourites --kind 3d", description: "The models of a collection" },
    { command: "scenario-assets assets model_abc --metadata model.csv", description: "A table of prompts and seeds" },
    {
      command: "scenario-assets assets --search dragon --ids | scenario-assets download -",
      description: "Download what a search finds"
    }
  ])
)
