/** `runs`, `runs resume` and `runs forget`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const resume = Command.make(
  "resume",
  {
    id: Argument.String("run").pipe(
      Argument.withDescription("The run's id; without one, the latest of this directory that is not done"),
      Argument.optional
    ),
    deadline: Options.duration("deadline").pipe(
      Flag.withDescription("How long to wait for a job [default: as before]"),
      Flag.optional
    ),
    connections: Options.wholeNumber("connections", "N", 1, 64).pipe(
      Flag.withDescription("The most connections in all [default: as before]"),
      Flag.optional
    ),
    limitRate: Options.byteSize("limit-rate").pipe(
      Flag.withDescription("The most bytes a second in all, for example 10MB [default: as before]"),
      Flag.optional
    ),
    timeLimit: Options.duration("time-limit").pipe(
      Flag.withDescription("Stop the whole run after this long, with exit code 9 [default: as before]"),
      Flag.optional
    ),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ resume }) => resume
  )
).pipe(
  Command.withDescription("Go on with a run where it stopped, from any directory"),
  Command.withExamples([
    { command: "scenario-assets runs resume", description: "The latest of this directory" },
    { command: "scenario-assets runs resume run_261231_bakolu", description: "Any other" }
  ])
)

const forget = Command.make(
  "forget",
  {
    ids: Argument.String("run").pipe(Argument.withDescription("Ids of runs"), Argument.variadic({ min: 1 })),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ forget }) => forget
  )
).pipe(
  Command.withDescription("Take runs off the list; files and jobs stay as they are"),
  Command.withExamples([{ command: "scenario-assets runs forget run_261231_bakolu", description: "One of them" }])
)

export const command = Command.make(
  "runs",
  {
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("All that are known [default: the latest 20]"),
      Flag.withDefault(false)
    ),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ list }) => list
  )
).pipe(
  Command.withDescription("List the downloads that were started on this machine, the latest first"),
  Command.withExamples([
    { command: "scenario-assets runs", description: "What was started, and what is not done" },
    { command: "scenario-assets runs resume", description: "Go on with the latest of this directory" }
  ]),
  Command.withSubcommands([resume, forget])
)
