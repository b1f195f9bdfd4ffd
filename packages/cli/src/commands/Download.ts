/** `download`, in words. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

const ids = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withMetavar("ID"), Flag.withDescription(`${what} (repeatable)`), Flag.atLeast(0))

const flags = {
  ids: Argument.String("id").pipe(
    Argument.withDescription("Ids that begin with asset_, inf_ or model_; '-' reads ids from stdin"),
    Argument.variadic()
  ),
  assets: ids("asset", "An asset"),
  inferences: ids("inference", "All assets of an inference"),
  models: ids("model", "All assets of a model"),
  files: Flag.String("from-file").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "A file with one id a line, or a CSV table with a column 'id' ('-': stdin); '# …' is a comment (repeatable)"
    ),
    Flag.atLeast(0)
  ),
  jobs: ids("job", "A job begun earlier, instead of a selection"),
  ...Options.extraction,
  archive: Flag.String("archive").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Keep the ZIP archive as this file in --output; several get -1, -2, … before the extension [default: extract it]"
    ),
    Flag.optional
  ),
  template: Flag.String(Settings.template.key).pipe(
    Flag.withMetavar(Settings.template.reader.metavar),
    Flag.withDescription(`Names of the files [default: ${Settings.template.otherwise}]`),
    Flag.withFallbackConfig(Settings.value(Settings.template)),
    Flag.withDefault(Settings.template.otherwise)
  ),
  flat: Options.toggle(Settings.flat, "Do not group the files in directories"),
  deadline: Options.setting(Settings.deadline, "How long to wait for a job").pipe(Flag.optional),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would be requested; with --job, what would become of each file. Writes nothing"),
    Flag.withDefault(false)
  ),
  detach: Flag.Boolean("detach").pipe(
    Flag.withDescription("Start the jobs and print the id of the run; 'runs resume' fetches the files later"),
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
  Command.withDescription("Request archives of assets, wait for them, and extract them while they arrive"),
  Command.withExamples([
    { command: "scenario-assets download model_abc -o renders", description: "All assets of a model" },
    { command: "scenario-assets download --from-file ids.txt", description: "Thousands of ids, as several archives" },
    { command: "scenario-assets download model_abc --include '*.glb'", description: "Some of them" },
    { command: "scenario-assets download model_abc --archive all.zip", description: "The archive itself" },
    { command: "scenario-assets download --job job_abc", description: "What a job begun earlier has made" },
    { command: "scenario-assets download model_abc --detach", description: "Now the job, the files later" }
  ])
)
