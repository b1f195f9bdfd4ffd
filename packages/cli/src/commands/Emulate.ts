/** `emulate`: a Scenario of one's own, to try things on. */
import { Emulator, Fault, type JobScript } from "@scenario-assets/core/testing"
import * as EmulatorServer from "@scenario-assets/node/EmulatorServer"
import * as ByteSize from "effect/ByteSize"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Options from "../Options.ts"
import { Output } from "../Output.ts"

const port = (name: string) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("PORT"),
    Flag.filter((value) => value >= 0 && value <= 65535, (value) => `${value} is not between 0 and 65535`)
  )

/** `100MB`, `2 GiB`, or a number of bytes. */
function parseSize(text: string): Option.Option<number> {
  const spaced = text.trim().replace(/^([\d.]+)\s*([A-Za-z]*)$/, (_, number: string, unit: string) => `${number} ${unit || "B"}`)
  return ByteSize.fromString(spaced).pipe(Option.flatMap(ByteSize.toNumber), Option.filter((size) => size > 0))
}

const flags = {
  port: port("port").pipe(
    Flag.withDescription("Port of the API; 0 takes a free one [default: 4010]"),
    Flag.withDefault(4010)
  ),
  storagePort: port("storage-port").pipe(
    Flag.withDescription("Port of the storage host; 0 takes a free one [default: 0]"),
    Flag.withDefault(0)
  ),
  pace: Options.duration("pace").pipe(
    Flag.withDescription("How long each state of a job lasts [default: 1s]"),
    Flag.optional
  ),
  urlLifetime: Options.duration("url-lifetime").pipe(
    Flag.withDescription("How long a signed URL is good [default: 15m]"),
    Flag.optional
  ),
  archiveSize: Flag.String("archive-size").pipe(
    Flag.withMetavar("SIZE"),
    Flag.withDescription("Make all archives this large, for example 2GiB, whatever was selected"),
    Flag.filterMap(parseSize, (text) => `${JSON.stringify(text)} is no size; write for example 100MB or 2GiB`),
    Flag.optional
  ),
  archiveEntries: Options.count("archive-entries", 1_000_000).pipe(
    Flag.withDescription("How many files such an archive holds [default: 1]"),
    Flag.withDefault(1)
  ),
  anyId: Flag.Boolean("any-id").pipe(
    Flag.withDescription("Know every id, not only those of the catalogue"),
    Flag.withDefault(false)
  ),
  faults: Flag.String("fault").pipe(
    Flag.withMetavar("FAULT"),
    Flag.withDescription("Something that shall go wrong, for example storage:reset@65536 (repeatable)"),
    Flag.atLeast(0)
  ),
  ...Options.output
}

export const command = Command.make("emulate", flags, (values) =>
  Effect.gen(function*() {
    const faults = yield* Effect.forEach(values.faults, (text) => Fault.parse(text))
    const job: Partial<JobScript.JobScript> = Option.match(values.pace, { onNone: () => ({}), onSome: (pace) => ({ pace }) })
    const options: EmulatorServer.Options = {
      port: values.port,
      storagePort: values.storagePort,
      faults,
      job,
      catalogue: { anyId: values.anyId },
      urlLifetime: Option.getOrUndefined(values.urlLifetime),
      archive: Option.getOrUndefined(
        Option.map(values.archiveSize, (size) => ({ size, entries: values.archiveEntries }))
      )
    }
    const services = yield* EmulatorServer.make(options)
    return yield* Effect.gen(function*() {
      yield* announce()
      return yield* Effect.never
    }).pipe(Effect.provideContext(services))
  }).pipe(Effect.scoped, Effect.provide(Options.outputLayer(values)))).pipe(
    Command.withDescription("Run an emulated Scenario on this machine"),
    Command.withExamples([
      { command: "scenario-assets emulate --port 0", description: "On a free port" },
      { command: "scenario-assets emulate --fault storage:reset@65536 --fault getStatus:status=503x3", description: "With faults" },
      { command: "scenario-assets emulate --archive-size 2GiB --archive-entries 500", description: "With large archives" }
    ])
  )

/** Where it is and how to reach it. The credentials are the emulator's own, and no secret. */
const announce = Effect.fnUntraced(function*() {
  const output = yield* Output
  const { catalogue, config } = yield* Emulator.Emulator
  const { key, secret } = config.credentials
  const models = catalogue.models.map((model) => model.id)
  yield* output.result(
    { type: "listening", apiUrl: config.apiUrl, storageUrl: config.storageUrl, apiKey: key, apiSecret: secret, models },
    [
      `# An emulated Scenario at ${config.apiUrl} (storage at ${config.storageUrl})`,
      `export SCENARIO_BASE_URL=${config.apiUrl}`,
      `export SCENARIO_API_KEY=${key}`,
      `export SCENARIO_API_SECRET=${secret}`,
      "",
      `# Models: ${models.join(" ")}`,
      `# Try:    scenario-assets download ${models[0] ?? ""}`
    ]
  )
  yield* output.note("Ctrl-C ends it.")
})
