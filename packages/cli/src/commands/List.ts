/** `list`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

const flags = {
  archive: Argument.String("archive").pipe(
    Argument.withDescription("The id of a job; or a file, which exists, ends in .zip or has a slash in its name")
  ),
  ...Options.patterns,
  ...Options.connection,
  ...Options.output
}

export const command = Command.make(
  "list",
  flags,
  Options.lazily(
    () => import("../handlers/List.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Print what is in an archive, of which only the directory is fetched"),
  Command.withExamples([
    { command: "scenario-assets list job_abc", description: "What a job has made" },
    { command: "scenario-assets list all.zip --include '*.glb'", description: "What an extract with this would take" }
  ])
)
