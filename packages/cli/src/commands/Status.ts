/** `status` and `wait`, in words. */
import { JobId } from "@scenario-assets/core/Asset"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

const jobId = Argument.String("job").pipe(Argument.withDescription("The job's id"), Argument.withSchema(JobId))

export const status = Command.make(
  "status",
  { jobId, ...Options.connection, ...Options.output },
  Options.lazily(
    () => import("../handlers/Status.ts"),
    ({ status }) => status
  )
).pipe(
  Command.withDescription("Print the state of a job"),
  Command.withExamples([{ command: "scenario-assets status job_abc", description: "One look" }])
)

export const wait = Command.make(
  "wait",
  {
    id: Argument.String("id").pipe(
      Argument.withDescription("The id of a job; or of a run, for all its jobs"),
      Argument.withSchema(JobId)
    ),
    deadline: Options.setting(Settings.deadline, "How long to wait").pipe(Flag.optional),
    ...Options.connection,
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Status.ts"),
    ({ wait }) => wait
  )
).pipe(
  Command.withDescription("Wait until a job ends, or all jobs of a run"),
  Command.withExamples([
    { command: "scenario-assets wait job_abc --deadline 2h", description: "Wait for two hours at most" },
    { command: "scenario-assets wait run_261231_bakolu", description: "For all jobs of a detached download" }
  ])
)
