/**
 * One pace towards a host, for all calls of a service. A pause that the host asks of one call holds all of them, fewer run at
 * once from then on, and while the host is down one call at a time finds out whether it is up again.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Backoff from "./Backoff.ts"

/**
 * What a failure tells of the host: it wants fewer calls, it is down, it is well and refuses this call alone, or nothing at all.
 */
export type Sign = "overloaded" | "down" | "well" | "silent"

export interface Options<E> {
  readonly backoff: Backoff.Limits
  readonly signOf: (reason: E) => Sign
  /** The pause that the host asks for. */
  readonly retryAfterOf: (reason: E) => Duration.Duration | undefined
}

/** A request that failed, and how long to wait before the next try. */
export interface Failed<E> {
  readonly reason: E
  readonly pause: Duration.Duration
}

/** A request that is not sent yet, because others failed. */
export interface Held<E> extends Failed<E> {
  /** Failures of the host in a row. */
  readonly failures: number
}

export interface Turn<E> {
  /** How often the call has failed before, from 0. */
  readonly attempt: number
  /** The deadline, in milliseconds of the clock. Whoever waits so long fails with the reason for the wait. */
  readonly until: number
  /** Told once, before the wait, where its length is known. */
  readonly onHeld: (held: Held<E>) => Effect.Effect<void>
}

export interface Pace<E> {
  /** Sends a request when its turn has come, first come, first served, and learns from its end. */
  readonly run: <A>(request: Effect.Effect<A, E>, turn: Turn<E>) => Effect.Effect<A, Failed<E>>
}

export const make = <E>({ backoff, retryAfterOf, signOf }: Options<E>): Pace<E> => {
  /** Those that wait. Only the first is awake, and lets the next one know when it leaves. */
  const waiting: Array<Latch.Latch> = []
  let inFlight = 0
  /** How many may be in flight: all of them, until the host has once wanted fewer. */
  let limit = Number.POSITIVE_INFINITY
  /** Answers since the limit last changed. */
  let answers = 0
  /** In a row; and the last of them. */
  let failures = 0
  let last: E | undefined
  /** A burst that fails together counts as one failure: that of the first which was sent in this era. */
  let era = 0
  let isDown = false
  let isProbed = false
  /** Nothing is sent before: by the wish of the host, and before the next probe. */
  let pausedUntil = 0
  let probedAt = 0

  const opensAt = () => (isDown ? Math.max(pausedUntil, probedAt) : pausedUntil)
  const hasRoom = () => inFlight < limit && !(isDown && isProbed)
  const wakeFirst = () => void waiting[0]?.openUnsafe()

  const answered = (isCurrent: boolean) => {
    failures = 0
    isDown = false
    if (isCurrent && ++answers >= limit) {
      limit++
      answers = 0
    }
  }

  const failed = (sign: "overloaded" | "down") => {
    isDown = sign === "down"
    era++
    failures++
    answers = 0
    if (sign === "overloaded") limit = Math.max(1, Math.floor(Math.min(limit, inFlight) / 2))
  }

  /** Learns from a failure, and says how long to wait. */
  const learn = (reason: E, attempt: number, { isProbe, sentIn }: Sent): Effect.Effect<Failed<E>> => {
    const isCurrent = sentIn === era
    const told = signOf(reason)
    // A probe that shows nothing has not shown that the host is up.
    const sign = told === "silent" && isProbe && isDown ? "down" : told
    const isHosts = sign === "overloaded" || sign === "down"
    const retryAfter = retryAfterOf(reason)
    const tries = isHosts && isCurrent ? Math.max(attempt, failures) : attempt
    return Effect.zipWith(
      Clock.currentTimeMillis,
      Backoff.delay({ ...backoff, attempt: tries, retryAfter }),
      (now, delay) => {
        if (sign === "well") answered(isCurrent)
        if (!isHosts) return { reason, pause: delay }
        const next = now + Duration.toMillis(delay)
        last = reason
        if (isCurrent) failed(sign)
        if (retryAfter !== undefined || (sign === "overloaded" && isCurrent)) pausedUntil = Math.max(pausedUntil, next)
        else if (isCurrent) probedAt = next
        return { reason, pause: Duration.millis(Math.max(next, opensAt()) - now) }
      }
    )
  }

  const leave = (latch: Latch.Latch) => {
    const place = waiting.indexOf(latch)
    if (place === -1) return
    waiting.splice(place, 1)
    wakeFirst()
  }

  /** Waits for room, and takes it. */
  const enter = Effect.fnUntraced(function* (
    { onHeld, until }: Turn<E>,
    restore: <A, E2>(effect: Effect.Effect<A, E2>) => Effect.Effect<A, E2>
  ): Effect.fn.Return<Sent, Failed<E>> {
    const pause = Duration.millis(opensAt() - (yield* Clock.currentTimeMillis))
    if (last !== undefined && Duration.isPositive(pause)) yield* restore(onHeld({ reason: last, pause, failures }))
    const latch = Latch.makeUnsafe()
    waiting.push(latch)
    return yield* Effect.ensuring(
      Effect.gen(function* () {
        while (true) {
          const now = yield* Clock.currentTimeMillis
          if (now >= until && last !== undefined) return yield* Effect.fail({ reason: last, pause: Duration.zero })
          const isNext = waiting[0] === latch && hasRoom()
          if (isNext && opensAt() <= now) {
            inFlight++
            isProbed ||= isDown
            return { sentIn: era, isProbe: isDown }
          }
          latch.closeUnsafe()
          const wake = Math.min(isNext ? opensAt() : Number.POSITIVE_INFINITY, until)
          yield* restore(Effect.timeoutOption(latch.await, wake - now))
        }
      }),
      Effect.sync(() => leave(latch))
    )
  })

  return {
    run: (request, turn) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const sent = yield* enter(turn, restore)
          return yield* restore(request).pipe(
            Effect.tap(() => Effect.sync(() => answered(sent.sentIn === era))),
            Effect.catch((reason) => Effect.flatMap(learn(reason, turn.attempt, sent), Effect.fail)),
            Effect.ensuring(
              Effect.sync(() => {
                inFlight--
                if (sent.isProbe) isProbed = false
                wakeFirst()
              })
            )
          )
        })
      )
  }
}

/** A request under way. */
interface Sent {
  readonly sentIn: number
  readonly isProbe: boolean
}
