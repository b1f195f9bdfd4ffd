import { assert, it } from "@effect/vitest"
import { AssetDownload, ScenarioConfig } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { NodeScenario } from "@scenario-assets/node"
import { EmulatorServer } from "@scenario-assets/node/testing"
import { Effect, Layer, Redacted } from "effect"

const ConfigTest = Layer.unwrap(
  Effect.map(Emulator.Emulator, ({ config: { apiUrl, credentials } }) =>
    ScenarioConfig.layer({ baseUrl: apiUrl, bearerToken: Redacted.make(credentials.token) })
  )
)
const ScenarioTest = NodeScenario.layerServices().pipe(
  Layer.provide(ConfigTest),
  Layer.provideMerge(EmulatorServer.layer())
)

it.live("repeats a request that a busy server refuses", () =>
  Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    yield* emulator.inject(Fault.status("request", 503))
    const assets = yield* AssetDownload.AssetDownload
    const [asset] = emulator.catalogue.assets
    assert(asset !== undefined)
    yield* assets.request(asset.id)
    assert.lengthOf(yield* emulator.requests, 2)
  }).pipe(Effect.provide(ScenarioTest))
)
