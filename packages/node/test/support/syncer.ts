/** A process that synchronizes a directory and says how much memory that took; made to be measured. */
import { readFileSync } from "node:fs"
import { ScenarioConfig } from "@scenario-assets/core"
import { NodeScenario, Sync } from "@scenario-assets/node"
import { Effect, Layer, Redacted, References, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"

const [baseUrl = "", directory = ""] = process.argv.slice(2)

/** The most memory it has had, in bytes. */
const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024

const program = Effect.gen(function* () {
  const { events } = yield* Sync.Sync
  const last = yield* Stream.runLast(events({ directory }))
  if (last._tag === "Some" && last.value._tag === "Ended") console.log(`saved ${last.value.report.saved}`)
  console.log(`memory ${peak()}`)
}).pipe(
  Effect.provide(
    Layer.provideMerge(
      NodeScenario.layerServices(),
      ScenarioConfig.layer({ baseUrl, apiKey: Redacted.make(Canary.key), apiSecret: Redacted.make(Canary.secret) })
    )
  )
)

await Effect.runPromise(Effect.provideService(program, References.MinimumLogLevel, "Warn"))
