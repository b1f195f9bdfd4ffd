/** `sync`, in words. */
import { TargetFormat } from "@scenario-assets/core/Asset"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CatalogueFlags from "../settings/CatalogueFlags.ts"
import * as Options from "../settings/Options.ts"

const flags = {
  directory: Argument.String("directory").pipe(
    Argument.withDescription("Where the files are, and an index of them [default: the current directory]"),
    Argument.withDefault(".")
  ),
  model: Flag.String("model").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("Only assets of this model [default: all]"),
    Flag.optional
  ),
  ...CatalogueFlags.choice,
  names: Flag.String("names").pipe(
    Flag.withMetavar("TEMPLATE"),
    Flag.withDescription(
      "How files are named: {date} {model} {prompt} {seed} {id} {ext} {collection} {kind} {name}; '/' makes a folder [default: {date} {prompt} {id}.{ext}]"
    ),
    Flag.optional
  ),
  format: Flag.Literals("format", TargetFormat.literals).pipe(
    Flag.withMetavar("FORMAT"),
    Flag.withDescription(`Convert to ${TargetFormat.literals.join(", ")} [default: the asset's own format]`),
    Flag.optional
  ),
  repair: Flag.Boolean("repair").pipe(
    Flag.withDescription("Download files again that were removed or renamed"),
    Flag.withDefault(false)
  ),
  watch: Options.duration("watch").pipe(
    Flag.withDescription("Look again after each pause of this length, until Ctrl-C [default: look once]"),
    Flag.optional
  ),
  metadata: CatalogueFlags.metadata,
  gallery: Flag.Boolean("gallery").pipe(
    Flag.withDescription("Also write index.html, a page that shows the files"),
    Flag.withDefault(false)
  ),
  dryRun: Options.dryRun("Print how many assets and bytes would be downloaded; change nothing"),
  ...Options.transfer,
  ...Options.connection,
  ...Options.output
}

export const command = Command.make(
  "sync",
  flags,
  Options.lazily(
    () => import("../handlers/Sync.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Keep a directory in step with Scenario: download what it does not have yet"),
  Command.withExamples([
    { command: "scenario-assets sync renders", description: "Everything in the project; again: what is new" },
    { command: "scenario-assets sync refs --collection Favourites", description: "A collection" },
    {
      command: "scenario-assets sync renders --names '{model}/{date} {prompt} {seed}.{ext}'",
      description: "A folder for each model"
    },
    { command: "scenario-assets sync renders --kind video --watch 10m", description: "New videos, as they are made" }
  ])
)
