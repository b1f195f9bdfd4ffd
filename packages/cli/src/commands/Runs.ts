/** `runs` and the commands below it, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"

const takeOver = Flag.Boolean("take-over").pipe(
  Flag.withDescription("Even if another machine may still be running it; only if you know that it is not"),
  Flag.withDefault(false)
)

const resume = Command.make(
  "resume",
  {
    id: Argument.String("run").pipe(
      Argument.withDescription("The run's id [default: the latest unfinished run of this directory]"),
      Argument.optional
    ),
    takeOver,
    deadline: Options.duration("deadline").pipe(
      Flag.withDescription("How long to wait for a job [default: as before]"),
      Flag.optional
    ),
    connections: Options.wholeNumber("connections", "N", 1, 64).pipe(
      Flag.withDescription("The most connections in all [default: as before]"),
      Flag.optional
    ),
    limitRate: Options.byteSize("limit-rate").pipe(
      Flag.withDescription("Bandwidth limit per second in all, for example 10MB [default: as before]"),
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
  Command.withDescription("Resume a run where it stopped, from any directory"),
  Command.withExamples([
    { command: "scenario-assets runs resume", description: "The latest unfinished run of this directory" },
    { command: "scenario-assets runs resume run_261231_bakolu", description: "Any other" }
  ])
)

const show = Command.make(
  "show",
  { id: Argument.String("run").pipe(Argument.withDescription("The run's id")), ...Options.output },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ show }) => show
  )
).pipe(
  Command.withDescription("Show what is recorded of a run: its request, jobs, files and error"),
  Command.withExamples([{ command: "scenario-assets runs show run_261231_bakolu", description: "One run" }])
)

const forget = Command.make(
  "forget",
  {
    ids: Argument.String("run").pipe(Argument.withDescription("Ids of runs"), Argument.variadic()),
    done: Flag.Boolean("done").pipe(Flag.withDescription("All runs that are done"), Flag.withDefault(false)),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("All runs, also unfinished ones, which then cannot be resumed"),
      Flag.withDefault(false)
    ),
    olderThan: Options.duration("older-than").pipe(
      Flag.withDescription("All runs that ended longer ago than this [default: none]"),
      Flag.optional
    ),
    takeOver,
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ forget }) => forget
  )
).pipe(
  Command.withDescription("Remove runs from the list, unless they are running; files and jobs stay"),
  Command.withExamples([
    { command: "scenario-assets runs forget run_261231_bakolu", description: "One of them" },
    { command: "scenario-assets runs forget --older-than 30d", description: "Those that ended a month ago" }
  ])
)

export const command = Command.make(
  "runs",
  {
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("List all runs, including superseded ones, not only the latest 20"),
      Flag.withDefault(false)
    ),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Runs.ts"),
    ({ list }) => list
  )
).pipe(
  Command.withDescription("List the downloads started on this machine, the latest first, and resume them"),
  Command.withExamples([
    { command: "scenario-assets runs", description: "What was started, and what is unfinished" },
    { command: "scenario-assets runs resume", description: "Resume the latest unfinished run of this directory" }
  ]),
  Command.withSubcommands([resume, show, forget])
)
