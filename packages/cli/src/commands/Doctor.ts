/** `doctor`, in words. */
import { AssetId, JobId } from "@scenario-assets/core/Asset"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

/** Without the environment and the configuration file: whether what they hold is valid is for the doctor to say. */
const given = (setting: Settings.Setting<string>, description: string) =>
  Flag.String(setting.key).pipe(
    Flag.withMetavar(setting.reader.metavar),
    Flag.withDescription(`${description} [default: ${setting.otherwise}]`),
    Flag.optional
  )

export const command = Command.make(
  "doctor",
  {
    directory: given(Settings.output, "The output directory to check").pipe(Flag.withAlias("o")),
    baseUrl: given(Settings.baseUrl, "The base URL of the API"),
    project: given(Settings.project, "The project to work in"),
    report: Flag.String("report").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Write how the API and its storage hosts answer to a new file, without keys, links, prompts and ids [default: nowhere]"
      ),
      Flag.optional
    ),
    jobId: Flag.String("job").pipe(
      Flag.withMetavar("ID"),
      Flag.withSchema(JobId),
      Flag.withDescription("With --report: a finished job, whose archive's host is asked too [default: none]"),
      Flag.optional
    ),
    assetId: Flag.String("asset").pipe(
      Flag.withMetavar("ID"),
      Flag.withSchema(AssetId),
      Flag.withDescription("With --report: an asset, whose host is asked too [default: none]"),
      Flag.optional
    ),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Doctor.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Check settings, credentials, API, clock and disk, and say how to fix problems"),
  Command.withExamples([
    { command: "scenario-assets doctor", description: "What keeps a download from working here" },
    { command: "scenario-assets doctor -o renders --json", description: "The same as JSON" },
    {
      command: "scenario-assets doctor --report report.json --job job_abc",
      description: "Facts about the service, to read and send to the maintainers"
    }
  ])
)
