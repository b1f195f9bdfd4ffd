/** `list`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

const flags = {
  archives: Argument.String("archive").pipe(
    Argument.withDescription(
      "Jobs, or one run, by id; or archive files. Write a file with the name of an id as ./job_a"
    ),
    Argument.variadic({ min: 1 })
  ),
  ...Options.patterns,
  ...Options.limits,
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
  Command.withDescription("List the files in archives; of a job's archive only its index is downloaded"),
  Command.withExamples([
    { command: "scenario-assets list job_abc", description: "The files of a job" },
    { command: "scenario-assets list run_261231_bakolu", description: "The files of all jobs of a run" },
    { command: "scenario-assets list all.zip --include '*.glb'", description: "What extract would write with this" }
  ])
)
