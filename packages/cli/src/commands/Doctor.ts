/** `doctor`, in words. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "../settings/Options.ts"
import * as Settings from "../settings/Settings.ts"

/** Not what stands for them elsewhere: whether that can be used at all is for the doctor to say. */
const given = (setting: Settings.Setting<string>, description: string) =>
  Flag.String(setting.key).pipe(
    Flag.withMetavar(setting.reader.metavar),
    Flag.withDescription(`${description} [default: ${setting.otherwise}]`),
    Flag.optional
  )

export const command = Command.make(
  "doctor",
  {
    directory: given(Settings.output, "The directory to examine, as that of a download").pipe(Flag.withAlias("o")),
    baseUrl: given(Settings.baseUrl, "Where the API is"),
    project: given(Settings.project, "The project to work in"),
    ...Options.output
  },
  Options.lazily(
    () => import("../handlers/Doctor.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Examine configuration, credentials, API, clock and disk, and say what to do"),
  Command.withExamples([
    { command: "scenario-assets doctor", description: "What stands in the way of a download here" },
    { command: "scenario-assets doctor -o renders --json", description: "The same for a program" }
  ])
)
