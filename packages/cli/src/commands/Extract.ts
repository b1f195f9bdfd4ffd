/** `extract`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

const flags = {
  files: Argument.String("file").pipe(
    Argument.withDescription("ZIP archives, all extracted into one directory"),
    Argument.variadic({ min: 1 })
  ),
  ...Options.extraction,
  dryRun: Options.dryRun("Print what would be extracted, and write nothing"),
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
  Command.withDescription("Extract ZIP archives on this machine, as download extracts those of jobs"),
  Command.withExamples([
    { command: "scenario-assets extract all.zip -o renders", description: "An archive saved by download --archive" },
    { command: "scenario-assets extract all-*.zip --exclude '*.mp4'", description: "Several, without videos" }
  ])
)
