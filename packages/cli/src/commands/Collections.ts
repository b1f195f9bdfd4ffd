/** `collections`, in words. */
import * as Command from "effect/cli/Command"
import * as Options from "../settings/Options.ts"

export const command = Command.make(
  "collections",
  { ...Options.connection, ...Options.output },
  Options.lazily(
    () => import("../handlers/Collections.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("List the collections of the project: id, number of assets, date and name"),
  Command.withExamples([
    { command: "scenario-assets collections", description: "All of them" },
    { command: "scenario-assets collections --json", description: "The same for a program" }
  ])
)
