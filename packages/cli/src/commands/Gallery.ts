/** `gallery`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

export const command = Command.make(
  "gallery",
  {
    directory: Argument.String("directory").pipe(
      Argument.withDescription("Where the files are [default: the current directory]"),
      Argument.withDefault(".")
    ),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Gallery.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Write a page that shows the files of a directory in a browser"),
  Command.withExamples([
    { command: "scenario-assets gallery renders", description: "renders/index.html, with prompts if it was synced" },
    { command: "scenario-assets gallery", description: "The same for the current directory" }
  ])
)
