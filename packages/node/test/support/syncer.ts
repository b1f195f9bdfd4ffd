/** A process that synchronizes a directory and says how much memory that took; made to be measured. */
import { ScenarioConfig } from "@scenario-assets/core"
import { NodeScenario, Sync } from "@scenario-assets/node"
import { Effect, Layer, Redacted, References, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"

const [baseUrl = "", directory = ""] = process.argv.slice(2)

/** The most memory that was in use, in bytes: what V8 has not collected yet is its own affair. Wants `--expose-gc`. */
let used = 0
const look = () => {
  globalThis.gc?.()
  const { external, heapUsed } = process.memoryUsage()
  used = Math.max(used, heapUsed + external)
}
setInterval(look, 1000).unref()

const program = Effect.gen(function* () {
  const { events } = yield* Sync.Sync
  const last = yield* Stream.runLast(events({ directory }))
  if (last._tag === "Some" && last.value._tag === "Ended") console.log(`saved ${last.value.report.saved}`)
  look()
  console.log(`memory ${used}`)
}).pipe(
  Effect.provide(
    Layer.provideMerge(
      NodeScenario.layerServices(),
      ScenarioConfig.layer({ baseUrl, apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) })
    )
  )
)

await Effect.runPromise(Effect.provideService(program, References.MinimumLogLevel, "Warn"))
