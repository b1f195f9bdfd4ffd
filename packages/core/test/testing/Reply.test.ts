import { assert, describe, it } from "@effect/vitest"
import { Content, Reply } from "@scenario-assets/core/testing"
import { Effect, Stream } from "effect"

describe("Reply", () => {
  it.effect("sends whole bytes only, also where a part of one is asked for", () =>
    Effect.gen(function* () {
      const reply = Reply.ending(Reply.make(200, {}, Content.fromBytes(new Uint8Array(100))), {
        _tag: "stall",
        after: 12.5
      })
      assert.deepStrictEqual(Reply.sent(reply), [0, 12])
      const chunks = yield* Stream.runCollect(Reply.stream(reply))
      assert.strictEqual(
        chunks.reduce((sum, { length }) => sum + length, 0),
        12
      )
    })
  )
})
