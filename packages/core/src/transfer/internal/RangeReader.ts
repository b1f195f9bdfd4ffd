/**
 * Reads one range of an object: one exchange with the host after the other, each from the byte reached, until it is there. What
 * each answer means, `RangeRules` says.
 */
import type * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as Backoff from "../../http/Backoff.ts"
import * as Metrics from "../../Metrics.ts"
import type * as SignedUrl from "../../SignedUrl.ts"
import { type Reason, TransferError } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Exchange from "./Exchange.ts"
import type { Links } from "./Links.ts"
import * as RangeRules from "./RangeRules.ts"
import * as SourceOrigin from "./SourceOrigin.ts"
import { AccessRefused, RetriesExhausted } from "./TransferReason.ts"

/** The host will not go on from the byte reached. */
export class Restart extends Data.TaggedError("Restart")<{ readonly now: RangeRules.Now }> {}

/** Reads from `at` to its end, which may move closer meanwhile. */
export const read = <E, R>(
  at: RangeRules.Position,
  begun: RangeRules.Begun,
  links: Links<E, R>,
  settings: Exchange.Settings
): Stream.Stream<TransferEvent, TransferError | Restart | E, R> => {
  let url: SignedUrl.SignedUrl | undefined
  /** No answer has come by it yet. */
  let fresh = false
  /** Exchanges in a row that brought no byte. */
  let tries = 0
  /** Exchanges in all. */
  let attempt = 0
  let fault: Exchange.Fault["kind"] | undefined

  const fail = (reason: Reason) => Effect.fail(new TransferError({ origin: SourceOrigin.of(links), reason }))

  const observe = (events: Arr.NonEmptyReadonlyArray<TransferEvent>): Arr.NonEmptyReadonlyArray<TransferEvent> => {
    if (events[0]._tag === "Bytes") tries = 0
    else fresh = false
    return events
  }

  /** One exchange, which ends quietly; what is to be mended is left in `fault`. */
  const exchange = (from: SignedUrl.SignedUrl, attempt: number): Stream.Stream<TransferEvent> =>
    Exchange.open(from, at, begun, settings).pipe(
      Stream.withSpan("Transfer.exchange", { attributes: { "scenario.attempt": attempt }, kind: "client" }),
      Stream.mapArray(observe),
      Stream.catch(({ kind }) => {
        fault = kind
        return Stream.empty
      })
    )

  /** What to tell and how long to wait before the next exchange. */
  const mend = Effect.fnUntraced(function* (
    kind: Exchange.Fault["kind"],
    refused: SignedUrl.SignedUrl
  ): Effect.fn.Return<readonly [TransferEvent, Duration.Duration] | undefined, TransferError | Restart | E, R> {
    const { offset } = at
    switch (kind._tag) {
      case "Fail":
        return yield* fail(kind.reason)
      case "Changed":
        return yield* new Restart({ now: kind.now })
      case "Again":
        return undefined
      case "Refused": {
        const { code, status } = kind
        if (fresh) {
          const way = RangeRules.refusedAgain(at, begun)
          if (way === undefined) {
            return yield* fail(new AccessRefused({ status, ...(code === undefined ? {} : { code }) }))
          }
          at.way = way
          return undefined
        }
        ;[url, fresh] = yield* links.renew(refused)
        at.way = undefined
        yield* Metric.update(Metrics.transferLinksRefreshed, 1)
        yield* Effect.logDebug(
          `Transfer: ${SourceOrigin.of(links)} refused the link (${status}), and is asked by a fresh one`
        )
        return [{ _tag: "Refreshed", offset, status }, Duration.zero]
      }
      case "Broken": {
        const { afterPause, cause, description, retryAfter, status } = kind
        // What came before the pause was read; so the host is asked for the rest, as if it had not been asked before.
        if (afterPause === true) return undefined
        if (++tries > settings.retries) return yield* fail(new RetriesExhausted({ offset, tries, last: description }))
        if (status === 500 || cause === "response" || cause === "silence") {
          at.way = RangeRules.brokenAgain(at, begun, tries, tries === settings.retries)
        }
        const reason = status === undefined ? cause : `status_${status}`
        yield* Metric.update(Metric.withAttributes(Metrics.transferRetries, { reason }), 1)
        const pause = yield* Backoff.delay({ ...settings, attempt: tries - 1, retryAfter, retryAfterCap: settings.cap })
        const millis = Math.round(Duration.toMillis(pause))
        yield* Effect.logDebug(
          `Transfer: ${SourceOrigin.of(links)} is asked again in ${millis} ms for the bytes from ${offset} on (${description})`
        )
        return [
          { _tag: "Retrying", offset, tries, pause, fault: description, ...(status === undefined ? {} : { status }) },
          pause
        ]
      }
    }
  })

  const next = Effect.fnUntraced(function* () {
    if (at.whole) return undefined
    const current = (url ??= yield* links.get)
    const caught = fault
    fault = undefined
    const told = caught === undefined ? undefined : yield* mend(caught, current)
    attempt++
    const again = Stream.suspend(() => exchange(url ?? current, attempt))
    if (told === undefined) return [again, undefined] as const
    const [event, pause] = told
    const waited = Stream.concat(Stream.succeed(event), Stream.fromEffectDrain(Effect.sleep(pause)))
    return [Stream.concat(waited, again), undefined] as const
  })

  return Stream.flatMap(Stream.unfold(undefined, next), (exchange) => exchange)
}
