/** The command tree of `scenario-assets-fleet`, and the program that it is. */
import * as Program from "@scenario-assets/cli/engine/Program"
import * as Options from "@scenario-assets/cli/engine/settings/Options"
import * as Settings from "@scenario-assets/cli/engine/settings/Settings"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

const name = "scenario-assets-fleet"

const database = Flag.String("database").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription(
    "The database, postgres://USER@HOST/NAME, without a password, which comes from PGPASSWORD [default: SCENARIO_ASSETS_DATABASE]"
  ),
  Flag.optional
)

const common = { database, ...Options.output }

const run = Argument.String("run").pipe(Argument.withDescription("The run's id"))

const ids = (flag: string, what: string) =>
  Flag.String(flag).pipe(Flag.withMetavar("ID"), Flag.withDescription(`${what} (repeatable)`), Flag.atLeast(0))

const submit = Command.make(
  "submit",
  {
    ids: Argument.String("id").pipe(
      Argument.withDescription(
        "Assets, inferences and models; or jobs. By id or page address; '-' reads ids from stdin"
      ),
      Argument.variadic()
    ),
    assets: ids("asset", "An asset, by an id without the prefix asset_"),
    inferences: ids("inference", "An inference, by an id without the prefix inf_"),
    models: ids("model", "A model, by an id without the prefix model_"),
    jobs: ids("job", "A job started earlier, by an id without the prefix job_"),
    files: Options.fromFile,
    directory: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("DIR"),
      Flag.withDescription("A directory that all workers reach, under the same path"),
      Flag.optional
    ),
    to: Flag.String("to").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription("Store the files in a bucket, s3://bucket/folder, instead of a directory"),
      Flag.optional
    ),
    ...Options.patterns,
    force: Flag.Boolean("force").pipe(
      Flag.withDescription("Replace existing files that differ, instead of saving new ones as 'name (2)'"),
      Flag.withDefault(false)
    ),
    template: Flag.String(Settings.template.key).pipe(
      Flag.withMetavar(Settings.template.reader.metavar),
      Flag.withDescription(`Template for the file names [default: ${Settings.template.otherwise}]`),
      Flag.withFallbackConfig(Settings.value(Settings.template)),
      Flag.withDefault(Settings.template.otherwise)
    ),
    flat: Options.toggle(Settings.flat, "Save all files of a batch in one directory, without subdirectories"),
    watch: Flag.Boolean("watch").pipe(
      Flag.withDescription("Stay and watch the run to its end"),
      Flag.withDefault(false)
    ),
    ...Options.connection,
    ...common
  },
  Options.lazily(
    () => import("./Submit.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Queue a download for the workers, and print the id of its run"),
  Command.withExamples([
    { command: `${name} submit --from-file ids.txt -o /mnt/renders`, description: "Into a shared directory" },
    { command: `${name} submit model_abc --to s3://bucket/renders --watch`, description: "Into a bucket, and watch" }
  ])
)

const work = Command.make(
  "work",
  {
    slots: Options.wholeNumber("slots", "N", 1, 64).pipe(
      Flag.withDescription("Batches at once [default: 4]"),
      Flag.withDefault(4)
    ),
    name: Flag.String("name").pipe(
      Flag.withMetavar("NAME"),
      Flag.withDescription("What the worker is called [default: host, process and a random part]"),
      Flag.optional
    ),
    lease: Options.duration("lease").pipe(
      Flag.withDescription(
        "Take over a batch whose worker was silent for this long, at least 3s; the same for all workers [default: 1m]"
      ),
      Flag.optional
    ),
    health: Options.duration("health").pipe(
      Flag.withDescription("Log this often that the worker is healthy [default: 1m]"),
      Flag.optional
    ),
    ...Options.connection,
    ...common
  },
  Options.lazily(
    () => import("./Work.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Carry out batches until a signal ends it; what is not done is given back"),
  Command.withExamples([
    { command: `${name} work --slots 8`, description: "A worker; start as many as you like, on any machine" },
    { command: `${name} work --json`, description: "With its log as JSON lines on stdout" }
  ])
)

const watch = Command.make(
  "watch",
  { run, ...common },
  Options.lazily(
    () => import("./Watch.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Show how far a run is, until it is over"),
  Command.withExamples([{ command: `${name} watch run_261231_bakolu`, description: "From any machine" }])
)

const list = Command.make(
  "list",
  { ...common },
  Options.lazily(
    () => import("./Manage.ts"),
    ({ list }) => list
  )
).pipe(
  Command.withDescription("List the newest 100 runs, and what has failed"),
  Command.withExamples([{ command: `${name} list`, description: "All" }])
)

const cancel = Command.make(
  "cancel",
  { run, ...common },
  Options.lazily(
    () => import("./Manage.ts"),
    ({ cancel }) => cancel
  )
).pipe(
  Command.withDescription("End a run; files that are there stay, and 'retry' goes on with it"),
  Command.withExamples([{ command: `${name} cancel run_261231_bakolu`, description: "Workers stop within a second" }])
)

const retry = Command.make(
  "retry",
  { run, ...common },
  Options.lazily(
    () => import("./Manage.ts"),
    ({ retry }) => retry
  )
).pipe(
  Command.withDescription("Offer the batches of a run again that failed, or were cancelled"),
  Command.withExamples([{ command: `${name} retry run_261231_bakolu`, description: "Once what was wrong is mended" }])
)

const migrate = Command.make(
  "migrate",
  {
    role: Flag.String("role").pipe(
      Flag.withMetavar("ROLE"),
      Flag.withDescription("Also print the GRANTs that this role needs to submit, work and watch"),
      Flag.optional
    ),
    ...common
  },
  Options.lazily(
    () => import("./Manage.ts"),
    ({ migrate }) => migrate
  )
).pipe(
  Command.withDescription("Create the tables, or bring them up to date"),
  Command.withExamples([
    { command: `${name} migrate --role worker | psql`, description: "And allow the role what it needs" }
  ])
)

export const tree = Command.make(name).pipe(
  Command.withDescription("Experimental: download from Scenario with many machines, which share the work by Postgres"),
  Command.withSubcommands([submit, work, watch, list, cancel, retry, migrate]),
  Command.withExamples([
    { command: `${name} migrate`, description: "Once for each database" },
    { command: `${name} work`, description: "On each machine" },
    { command: `${name} submit model_abc -o /mnt/renders --watch`, description: "From any" }
  ])
)

export const program = Program.make(tree)
