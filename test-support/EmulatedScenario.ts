/** The library aimed at an emulator on ports of its own, which knows no secrets but the canaries. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as ScenarioConfig from "../packages/core/src/ScenarioConfig.ts"
import * as Emulator from "../packages/core/src/testing/Emulator.ts"
import type * as Destination from "../packages/node/src/download/Destination.ts"
import * as NodeScenario from "../packages/node/src/NodeScenario.ts"
import * as Runs from "../packages/node/src/runs/Runs.ts"
import * as EmulatorServer from "../packages/node/src/testing/EmulatorServer.ts"
import * as Canary from "./Canary.ts"
import * as TestDirectory from "./TestDirectory.ts"

export interface Options extends EmulatorServer.Options {
  /** Where runs are recorded. Default: a fresh directory. */
  readonly runs?: string
  /** The stores that files can go to. Default: none. */
  readonly destinations?: Layer.Layer<Destination.Destinations>
}

/** The emulator, and the settings that lead to it. Its jobs are finished at once. */
export const layerConfig = (options: EmulatorServer.Options = {}) =>
  Layer.unwrap(
    Effect.map(Emulator.Emulator, ({ config }) =>
      ScenarioConfig.layer({
        baseUrl: config.apiUrl,
        apiKey: Redacted.make(Canary.key),
        apiSecret: Redacted.make(Canary.secret)
      })
    )
  ).pipe(
    Layer.provideMerge(
      EmulatorServer.layer({
        credentials: { key: Canary.key, secret: Canary.secret },
        signaturePrefix: Canary.signature,
        job: { states: [] },
        ...options
      })
    )
  )

/** The same with all services. */
export const layer = ({ destinations, runs, ...options }: Options = {}) =>
  NodeScenario.layerServices({
    destinations,
    runs: Layer.unwrap(Effect.sync(() => Runs.layer({ directory: runs ?? TestDirectory.make("runs") })))
  }).pipe(Layer.provideMerge(layerConfig(options)))
