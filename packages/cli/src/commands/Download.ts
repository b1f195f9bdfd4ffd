/** `download`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CatalogueFlags from "../settings/CatalogueFlags.ts"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

const ids = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withMetavar("ID"), Flag.withDescription(`${what} (repeatable)`), Flag.atLeast(0))

const flags = {
  ids: Argument.String("id").pipe(
    Argument.withDescription(
      "Assets, inferences and models; or jobs; or one run, to resume it. By id or page address; '-' reads ids from stdin"
    ),
    Argument.variadic()
  ),
  assets: ids("asset", "An asset, by an id without the prefix asset_"),
  inferences: ids("inference", "An inference, by an id without the prefix inf_"),
  models: ids("model", "A model, by an id without the prefix model_"),
  jobs: ids("job", "A job started earlier, by an id without the prefix job_"),
  files: Options.fromFile,
  ...CatalogueFlags.choice,
  refresh: Flag.Boolean("refresh").pipe(
    Flag.withDescription("Search again, even if an unfinished run has found assets by the same flags"),
    Flag.withDefault(false)
  ),
  ...Options.extraction,
  folders: Flag.Boolean("folders").pipe(
    Flag.withDescription("Give each of several batches a folder of its own: 1, 2, … [default: all in one]"),
    Flag.withDefault(false)
  ),
  to: Flag.String("to").pipe(
    Flag.withMetavar("URL"),
    Flag.withDescription("Store the files in a bucket, s3://bucket/folder, instead of a directory [default: --output]"),
    Flag.optional
  ),
  archive: Flag.String("archive").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Save the ZIP archive as this file in --output; several are numbered -1, -2, … [default: extract it]"
    ),
    Flag.optional
  ),
  template: Flag.String(Settings.template.key).pipe(
    Flag.withMetavar(Settings.template.reader.metavar),
    Flag.withDescription(`Template for the file names [default: ${Settings.template.otherwise}]`),
    Flag.withFallbackConfig(Settings.value(Settings.template)),
    Flag.withDefault(Settings.template.otherwise)
  ),
  flat: Options.toggle(Settings.flat, "Save all files in one directory, without subdirectories"),
  metadata: CatalogueFlags.metadata,
  deadline: Options.setting(Settings.deadline, "How long to wait for each job").pipe(Flag.optional),
  dryRun: Options.dryRun("Print what would be requested, or with jobs what would be saved; change nothing"),
  detach: Flag.Boolean("detach").pipe(
    Flag.withDescription("Start the jobs and print the run's id; 'runs resume' downloads the files later"),
    Flag.withDefault(false)
  ),
  ...Options.transfer,
  ...Options.connection,
  ...Options.output
}

export const command = Command.make(
  "download",
  flags,
  Options.lazily(
    () => import("../handlers/Download.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Download assets in bulk, as archives that are extracted while they arrive"),
  Command.withExamples([
    { command: "scenario-assets download model_abc -o renders", description: "All assets of a model" },
    { command: "scenario-assets download --from-file ids.txt", description: "The ids of a file, in batches of 1000" },
    { command: "scenario-assets download --collection Favourites", description: "A collection, by name or id" },
    {
      command: "scenario-assets download --kind video --since 7d --metadata videos.csv",
      description: "The videos of the last week, and their prompts and seeds in a table"
    },
    { command: "scenario-assets download model_abc --include '*.glb'", description: "Only some of the files" },
    { command: "scenario-assets download model_abc --archive all.zip", description: "The archive, not extracted" },
    { command: "scenario-assets download model_abc --to s3://bucket/renders", description: "Into a bucket" },
    { command: "scenario-assets download job_abc", description: "The files of a job started earlier" },
    { command: "scenario-assets download model_abc --detach", description: "Start the job now, download later" }
  ])
)
