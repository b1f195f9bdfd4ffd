import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Content from "../../src/testing/internal/Content.ts"
import * as Reply from "../../src/testing/internal/Reply.ts"

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

  it.effect("makes the bytes of a body once, however slowly they are sent", () =>
    Effect.gen(function* () {
      let made = 0
      const content = Content.lazy(() => {
        made++
        return new Uint8Array(1000)
      })
      assert.strictEqual(made, 1)
      const sent = Reply.stream({ ...Reply.make(200, {}, content), bytesPerSecond: 500 })
      const fiber = yield* Effect.forkChild(Stream.runCollect(sent))
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(yield* Fiber.join(fiber), 100)
      assert.strictEqual(made, 2)
    })
  )

  it.effect("sends no more at once than the rate allows, whatever the body consists of", () =>
    Effect.gen(function* () {
      const parts = [1, 3, 250, 2, 5, 100].map((size) => Content.fromBytes(new Uint8Array(size).fill(size)))
      const body = Content.concat(parts)
      const sent = Reply.stream({ ...Reply.make(200, {}, body), bytesPerSecond: 5000 })
      const fiber = yield* Effect.forkChild(Stream.runCollect(sent))
      yield* TestClock.adjust("1 second")
      const chunks = yield* Fiber.join(fiber)
      assert.isTrue(chunks.every(({ length }) => length <= 100))
      assert.deepStrictEqual(
        chunks.flatMap((chunk) => [...chunk]),
        [...Content.toBytes(body)]
      )
    })
  )
})
