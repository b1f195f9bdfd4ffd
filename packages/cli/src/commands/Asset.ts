/** `asset`, in words. */
import { TargetFormat } from "@scenario-assets/core/Asset"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const flags = {
  ids: Argument.String("asset").pipe(
    Argument.withDescription("Asset ids, or addresses of their pages; '-' reads them from stdin"),
    Argument.variadic()
  ),
  files: Options.fromFile,
  format: Flag.Literals("format", TargetFormat.literals).pipe(
    Flag.withMetavar("FORMAT"),
    Flag.withDescription(`Convert to ${TargetFormat.literals.join(", ")} [default: the asset's own format]`),
    Flag.optional
  ),
  directory: Options.directory("Directory to write the files to, as ASSET_ID.EXTENSION"),
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Replace existing files, even those that are up to date"),
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
  Command.withDescription("Download single assets, optionally converted to another format"),
  Command.withExamples([
    { command: "scenario-assets asset asset_abc", description: "One asset in its own format" },
    { command: "scenario-assets asset asset_abc asset_def --format webp -o pictures", description: "Two, as WebP" },
    { command: "scenario-assets asset --from-file ids.txt", description: "All assets of a list" }
  ])
)
