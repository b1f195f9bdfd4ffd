/** `emulate`: a Scenario of one's own, to try things on. */
import { type Emulator, Fault, type JobScript } from "@scenario-assets/core/testing"
import * as EmulatorServer from "@scenario-assets/node/testing/EmulatorServer"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Output from "../output/Output.ts"

interface Values extends Output.Mode {
  readonly port: number
  readonly storagePort: number
  readonly pace: Option.Option<Duration.Duration>
  readonly urlLifetime: Option.Option<Duration.Duration>
  readonly archiveSize: Option.Option<number>
  readonly archiveEntries: number
  readonly anyId: boolean
  readonly faults: ReadonlyArray<string>
}

export const run = (values: Values) =>
  Effect.gen(function* () {
    const faults = yield* Effect.forEach(values.faults, (text) => Fault.parse(text))
    const job: Partial<JobScript.JobScript> = Option.match(values.pace, {
      onNone: () => ({}),
      onSome: (pace) => ({ pace })
    })
    const emulator = yield* EmulatorServer.make({
      port: values.port,
      storagePort: values.storagePort,
      faults,
      job,
      // So that there is something of the last days.
      catalogue: { anyId: values.anyId, newest: yield* Clock.currentTimeMillis },
      urlLifetime: Option.getOrUndefined(values.urlLifetime),
      archive: Option.getOrUndefined(
        Option.map(values.archiveSize, (size) => ({ size, entries: values.archiveEntries }))
      )
    })
    yield* announce(emulator)
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(Output.layer(values)))

/** Where it is and how to reach it. The credentials are the emulator's own, and no secret. */
const announce = Effect.fnUntraced(function* (emulator: Emulator.Emulator["Service"]) {
  const { event, line, note } = yield* Output.Output
  const {
    catalogue,
    config: {
      apiUrl,
      credentials: { key, secret },
      storageUrl
    }
  } = emulator
  const models = catalogue.models.map((model) => model.id)
  yield* event({ type: "listening", apiUrl, storageUrl, apiKey: key, apiSecret: secret, models })
  yield* line(
    [
      `# An emulated Scenario at ${apiUrl} (storage at ${storageUrl})`,
      `export SCENARIO_BASE_URL=${apiUrl}`,
      `export SCENARIO_API_KEY=${key}`,
      `export SCENARIO_API_SECRET=${secret}`,
      "",
      "# Models, and what they make:",
      ...catalogue.models.map(({ id, name }) => `#   ${id}${name === id ? "" : `  ${name}`}`),
      `# Try: scenario-assets download ${models[0] ?? ""}`,
      `#      scenario-assets asset ${catalogue.assets[0]?.id ?? ""}`,
      "#      scenario-assets assets --since 7d"
    ].join("\n")
  )
  yield* note("Ctrl-C ends it.")
})
