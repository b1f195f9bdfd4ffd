/** `status` and `wait`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

const ids = Argument.String("id").pipe(
  Argument.withDescription("Jobs, or one run for all its jobs, by id"),
  Argument.variadic({ min: 1 })
)

export const status = Command.make(
  "status",
  { ids, ...Options.connection, ...Options.output },
  Options.lazily(
    () => import("../handlers/Status.ts"),
    ({ status }) => status
  )
).pipe(
  Command.withDescription("Print the status of jobs, or of all jobs of a run"),
  Command.withExamples([
    { command: "scenario-assets status job_abc", description: "One job" },
    { command: "scenario-assets status run_261231_bakolu", description: "All jobs of a run" }
  ])
)

export const wait = Command.make(
  "wait",
  {
    ids,
    deadline: Options.setting(Settings.deadline, "How long to wait").pipe(Flag.optional),
    ...Options.connection,
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Status.ts"),
    ({ wait }) => wait
  )
).pipe(
  Command.withDescription("Wait until jobs end, or all jobs of a run"),
  Command.withExamples([
    { command: "scenario-assets wait job_abc --deadline 2h", description: "For two hours at most" },
    { command: "scenario-assets wait run_261231_bakolu", description: "For all jobs of a detached download" }
  ])
)
