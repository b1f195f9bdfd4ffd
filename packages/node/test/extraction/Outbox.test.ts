/** Events on their way to a consumer, wherever their fibers give way to each other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, References, Stream } from "effect"
import * as Outbox from "../../src/extraction/internal/Outbox.ts"

interface Event {
  readonly subject: string | undefined
  readonly number: number
}

describe("an outbox", () => {
  // After so many operations a fiber gives way: each number is another order of the two.
  it.live.each(Array.from({ length: 40 }, (_, index) => index + 3))(
    "ends with the last event, where fibers give way after %s operations",
    (operations) =>
      Effect.gen(function* () {
        const events = Outbox.stream<Event, never, never>(
          ({ subject }) => subject,
          Effect.fnUntraced(function* (tell) {
            for (let number = 0; number < 200; number++) {
              yield* tell({ subject: number % 20 === 19 ? undefined : "bytes", number })
            }
          })
        )
        const all = yield* Stream.runCollect(events)
        assert.deepStrictEqual(
          all.flatMap(({ number, subject }) => (subject === undefined ? [number] : [])),
          [19, 39, 59, 79, 99, 119, 139, 159, 179, 199]
        )
      }).pipe(Effect.provideService(References.MaxOpsBeforeYield, operations))
  )
})
