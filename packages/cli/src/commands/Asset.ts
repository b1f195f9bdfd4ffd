/** `asset`, in words. */
import { AssetId, TargetFormat } from "@scenario-assets/core/Asset"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const flags = {
  ids: Argument.String("asset").pipe(
    Argument.withDescription("Ids of assets"),
    Argument.withSchema(AssetId),
    Argument.variadic({ min: 1 })
  ),
  format: Flag.Literals("format", TargetFormat.literals).pipe(
    Flag.withMetavar("FORMAT"),
    Flag.withDescription(`Convert to ${TargetFormat.literals.join(", ")} [default: the asset's own format]`),
    Flag.optional
  ),
  directory: Options.directory("Where the files go, as ASSET_ID.EXTENSION"),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace files that are there already"),
    Flag.withDefault(false)
  ),
  ...Options.transfer,
  ...Options.connection,
  ...Options.output
}

export const command = Command.make(
  "asset",
  flags,
  Options.lazily(
    () => import("../handlers/Asset.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Download single assets, converted to a format if you like"),
  Command.withExamples([
    { command: "scenario-assets asset asset_abc", description: "One asset, as it is" },
    { command: "scenario-assets asset asset_abc asset_def --format webp -o pictures", description: "Two, as WebP" }
  ])
)
