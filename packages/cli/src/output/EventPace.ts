/** Events of progress, which come with every piece of data, are printed now and then, and the last one of each id always. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Events from "../json/Events.ts"
import * as Ending from "../start/Ending.ts"

export interface EventPace {
  readonly print: (event: Events.Event) => Effect.Effect<void>
  /** Prints what is held back. */
  readonly flush: Effect.Effect<void>
}

export const none: EventPace = { print: () => Effect.void, flush: Effect.void }

const pace = "500 millis"

/** Before these the last progress of the same id is printed, for it has come to an end or turns back. */
const turns: ReadonlySet<string> = new Set(["completed", "failed", "retrying", "startedOver"])

export const make = Effect.fnUntraced(function* (
  print: (event: Events.Event) => Effect.Effect<void>
): Effect.fn.Return<EventPace, never, Scope.Scope> {
  const held = new Map<string, Events.Event>()
  const take = (ids: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const events = ids.flatMap((id) => held.get(id) ?? [])
      for (const id of ids) held.delete(id)
      return Ending.isTold() ? Effect.void : Effect.forEach(events, print, { discard: true })
    })
  const flush = Effect.suspend(() => take([...held.keys()]))
  yield* flush.pipe(Effect.delay(pace), Effect.repeat(Schedule.forever), Effect.forkScoped)
  return {
    flush,
    print: (event) =>
      Effect.suspend(() => {
        if (Ending.isTold()) return Effect.void
        if (event.type === "progress") {
          held.set(event.id, event)
          return Effect.void
        }
        const id = "id" in event ? event.id : "jobId" in event ? event.jobId : undefined
        return id !== undefined && turns.has(event.type) ? Effect.andThen(take([id]), print(event)) : print(event)
      })
  }
})
