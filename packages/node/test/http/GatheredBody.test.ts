import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Buffers from "../../src/http/Buffers.ts"
import { GatheredBody } from "../../src/http/GatheredBody.ts"

const packet = new Uint8Array(600)

/** All pieces of a body that has ended. */
const pieces = (body: GatheredBody) => {
  body.end()
  return Stream.runCollect(Stream.fromPull(Effect.succeed(body.pull(() => "broken" as const))))
}

describe("GatheredBody", () => {
  it.effect("gathers up to a MiB, and asks the sender to stop after two of them", () =>
    Effect.gen(function* () {
      const body = new GatheredBody(yield* Buffers.make, Infinity, () => {})
      let bytes = 0
      for (; !body.isCrowded; bytes += packet.length) body.push(packet)
      assert.isAtLeast(bytes, 2 * Buffers.bufferSize)
      assert.isBelow(bytes, 2 * Buffers.bufferSize + packet.length)
      assert.deepStrictEqual(
        (yield* pieces(body)).map(({ length }) => length),
        [Buffers.bufferSize, Buffers.bufferSize, bytes - 2 * Buffers.bufferSize]
      )
    })
  )

  it.effect("gathers no more than is asked for, and asks the sender to stop as much earlier", () =>
    Effect.gen(function* () {
      let roomy = 0
      const body = new GatheredBody(yield* Buffers.make, 1000, () => roomy++)
      for (let index = 0; index < 4; index++) {
        assert.isFalse(body.isCrowded)
        body.push(packet)
      }
      assert.isTrue(body.isCrowded)
      assert.deepStrictEqual(
        (yield* pieces(body)).map(({ length }) => length),
        [1000, 1000, 400]
      )
      assert.strictEqual(roomy, 1)
    })
  )
})
