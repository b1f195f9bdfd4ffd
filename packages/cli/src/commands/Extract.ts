/** `extract`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const flags = {
  files: Argument.String("file").pipe(
    Argument.withDescription("ZIP archives; all of them go into one directory"),
    Argument.variadic({ min: 1 })
  ),
  ...Options.extraction,
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would become of each file, and write nothing"),
    Flag.withDefault(false)
  ),
  ...Options.output
}

export const command = Command.make(
  "extract",
  flags,
  Options.lazily(
    () => import("../handlers/Extract.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Extract archives that are here, as download does those of jobs"),
  Command.withExamples([
    { command: "scenario-assets extract all.zip -o renders", description: "An archive kept by download --archive" },
    { command: "scenario-assets extract all-*.zip --exclude '*.mp4'", description: "Several, without videos" }
  ])
)
