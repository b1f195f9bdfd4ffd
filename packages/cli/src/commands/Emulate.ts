/** `emulate`, in words. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Help from "../help/Help.ts"
import * as Options from "../settings/Options.ts"

const flags = {
  port: Options.wholeNumber("port", "PORT", 0, 65535).pipe(
    Flag.withDescription("Port of the API; 0 for any free one [default: 4010]"),
    Flag.withDefault(4010)
  ),
  storagePort: Options.wholeNumber("storage-port", "PORT", 0, 65535).pipe(
    Flag.withDescription("Port of the storage host; 0 for any free one [default: 0]"),
    Flag.withDefault(0)
  ),
  pace: Options.duration("pace").pipe(
    Flag.withDescription("How long a job stays in each state [default: 1s]"),
    Flag.optional
  ),
  urlLifetime: Options.duration("url-lifetime").pipe(
    Flag.withDescription("How long a signed URL is valid [default: 15m]"),
    Flag.optional
  ),
  archiveSize: Options.byteSize("archive-size").pipe(
    Flag.withDescription("Size of every archive, for example 2GiB [default: that of the assets in it]"),
    Flag.optional
  ),
  archiveEntries: Options.wholeNumber("archive-entries", "N", 1, 1_000_000).pipe(
    Flag.withDescription("Number of files in such an archive [default: 1]"),
    Flag.withDefault(1)
  ),
  anyId: Flag.Boolean("any-id").pipe(
    Flag.withDescription("Accept every id, not only those of the catalogue"),
    Flag.withDefault(false)
  ),
  faults: Flag.String("fault").pipe(
    Flag.withMetavar("FAULT"),
    Flag.withDescription("Simulate a fault, for example storage:reset@64KiB; see below (repeatable)"),
    Flag.atLeast(0)
  ),
  ...Options.output
}

/** How the faults are written, loaded when help is shown. */
const faults = () =>
  import("@scenario-assets/core/testing/Fault").then(({ guide }) => ({ title: "Faults", rows: guide }))

export const command = Command.make(
  "emulate",
  flags,
  Options.lazily(
    () => import("../handlers/Emulate.ts"),
    ({ run }) => run
  )
).pipe(
  Command.withDescription("Run an emulated Scenario on this machine"),
  Command.annotate(Help.HelpSection, faults),
  Command.withExamples([
    { command: "scenario-assets emulate --port 0", description: "On a free port" },
    {
      command: "scenario-assets emulate --fault storage:reset@64KiB --fault getStatus:status=503x3",
      description: "With faults"
    },
    { command: "scenario-assets emulate --archive-size 2GiB --archive-entries 500", description: "With large archives" }
  ])
)
