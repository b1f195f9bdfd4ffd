/** A limit of bytes a second, on a real connection. */
import { assert, describe, it } from "@effect/vitest"
import { ScenarioConfig, Transfer } from "@scenario-assets/core"
import { NodeScenario } from "@scenario-assets/node"
import { Clock, Effect, Layer, Redacted, Stream } from "effect"
import * as RangeHost from "../support/RangeHost.ts"

describe("a limited transfer", () => {
  it.live("gives small pieces, one after the other", () =>
    Effect.gen(function* () {
      const size = 600_000
      const host = yield* RangeHost.make(new Uint8Array(size))
      const passed: Array<readonly [millis: number, bytes: number]> = []
      const start = yield* Clock.currentTimeMillis
      yield* Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.bytes(host.source, { limitRate: 400_000 }), ({ length }) =>
          Effect.map(Clock.currentTimeMillis, (now) => void passed.push([now - start, length]))
        )
      ).pipe(
        Effect.provide(
          Layer.provide(
            NodeScenario.layerServices(),
            ScenarioConfig.layer({
              baseUrl: host.origin,
              apiKey: Redacted.make("key"),
              apiSecret: Redacted.make("secret")
            })
          )
        )
      )
      assert.strictEqual(
        passed.reduce((sum, [, bytes]) => sum + bytes, 0),
        size
      )
      for (const [index, [millis, bytes]] of passed.entries()) {
        assert.isAtMost(bytes, 100_000, "a quarter of a second")
        assert.isBelow(millis - (passed[index - 1]?.[0] ?? 0), 1000, "no long silence")
      }
      assert.isAtLeast(passed.at(-1)?.[0] ?? 0, 1200)
    }).pipe(Effect.scoped)
  )
})
