import { assert, describe, it } from "@effect/vitest"
import { ScenarioConfig } from "@scenario-assets/core"
import { Emulator, EmulatorHttpClient, Fault } from "@scenario-assets/core/testing"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Engine from "./6_engine.ts"

const ScenarioTest = Engine.layer.pipe(
  Layer.provide([
    EmulatorHttpClient.layer,
    ScenarioConfig.layer({
      baseUrl: "https://api.emulator.test/v1",
      bearerToken: Redacted.make(Emulator.defaultCredentials.token)
    })
  ]),
  Layer.provideMerge(Emulator.layer())
)

describe("countBytes", () => {
  it.effect("outlasts a busy API, an expired link and a connection that breaks", () =>
    Effect.gen(function* () {
      const emulator = yield* Emulator.Emulator
      yield* emulator.inject(
        Fault.status("getStatus", 503, { retryAfter: "5 seconds" }),
        Fault.status("storage", 403),
        Fault.reset("storage", 100_000)
      )
      const [model] = emulator.catalogue.models
      const fiber = yield* Engine.program([model?.id ?? ""]).pipe(Effect.delay("1 milli"), Effect.forkChild)
      yield* TestClock.adjust("1 minute")
      assert.isAbove(yield* Fiber.join(fiber), 100_000)
      const targets = (yield* emulator.requests).map(({ target }) => target)
      assert.lengthOf(
        targets.filter((target) => target === "storage"),
        3
      )
    }).pipe(Effect.provide(ScenarioTest))
  )
})
