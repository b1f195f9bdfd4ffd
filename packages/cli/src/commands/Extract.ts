/** `extract`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../Options.ts"

const flags = {
  files: Argument.String("file").pipe(
    Argument.withDescription("ZIP archives; all of them go into one directory"),
    Argument.variadic({ min: 1 })
  ),
  ...Options.extraction,
  ...Options.output
}

export const command = Command.make(
  "extract",
  flags,
  Options.lazily(() => import("../handlers/Extract.ts"))
).pipe(
  Command.withDescription("Extract archives that are here, as download does those of jobs"),
  Command.withExamples([
    { command: "scenario-assets extract all.zip -o renders", description: "An archive kept by download --archive" },
    { command: "scenario-assets extract all-*.zip --exclude '*.mp4'", description: "Several, without videos" }
  ])
)
