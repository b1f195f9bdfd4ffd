/** How long to wait before the next try: full jitter, or what the server asked for, both capped. */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"

export interface Limits {
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
  readonly retryAfterCap: Duration.Duration
}

/**
 * A random time between nothing and `base × 2^attempt`, at most `cap` ("full jitter"), or the server's wish where it
 * is longer; that one is capped as well.
 */
export const delay = (
  options: Limits & {
    /** How many tries in a row have failed before, from 0. */
    readonly attempt: number
    readonly retryAfter: Duration.Duration | undefined
  }
): Effect.Effect<Duration.Duration> =>
  Effect.map(Random.next, (random) => {
    const ceiling = Math.min(Duration.toMillis(options.cap), Duration.toMillis(options.base) * 2 ** options.attempt)
    const jittered = Duration.millis(random * ceiling)
    return options.retryAfter === undefined
      ? jittered
      : Duration.max(jittered, Duration.min(options.retryAfter, options.retryAfterCap))
  })

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP-date, which is measured against the `Date` of the same answer, for
 * the clock here may be wrong. A time that has passed is no time.
 */
export const retryAfter = (headers: {
  readonly [name: string]: string | undefined
}): Effect.Effect<Duration.Duration | undefined> =>
  Effect.gen(function* () {
    const value = headers["retry-after"]?.trim() ?? ""
    if (/^\d{1,9}$/.test(value)) return Duration.seconds(Number(value))
    const until = dateOf(value)
    if (Option.isNone(until)) return undefined
    const now = Option.getOrElse(dateOf(headers["date"] ?? ""), () => undefined) ?? (yield* DateTime.now)
    return Duration.millis(Math.max(0, until.value.epochMilliseconds - now.epochMilliseconds))
  })

/** An HTTP-date; what has no letter is none. */
const dateOf = (value: string): Option.Option<DateTime.Utc> =>
  /[a-z]/i.test(value) ? DateTime.make(value.trim()) : Option.none()
