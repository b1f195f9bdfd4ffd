/** The rules for one range of an object: one exchange after the other, each from the byte reached, until it is there. */
import type * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Backoff from "../../http/Backoff.ts"
import type * as SignedUrl from "../../SignedUrl.ts"
import * as Source from "../Source.ts"
import { AccessRefused, type Reason, RetriesExhausted, TransferError } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Exchange from "./Exchange.ts"
import type { Links } from "./Links.ts"

export interface Settings extends Exchange.Settings {
  readonly retries: number
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
}

/** The host will not go on from the byte reached. */
export class Restart extends Data.TaggedError("Restart")<{ readonly now: Exchange.Now }> {}

/** Reads from `at` to its end, which may move closer meanwhile. */
export const read = <E, R>(
  at: Exchange.Position,
  begun: Exchange.Begun,
  links: Links<E, R>,
  settings: Settings
): Stream.Stream<TransferEvent, TransferError | Restart | E, R> => {
  let url: SignedUrl.SignedUrl | undefined
  let fresh = false
  let tries = 0
  let fault: Exchange.Fault | undefined

  const fail = (reason: Reason) => Effect.fail(new TransferError({ origin: Source.origin(links), reason }))

  const observe = (events: Arr.NonEmptyReadonlyArray<TransferEvent>): Arr.NonEmptyReadonlyArray<TransferEvent> => {
    if (events[0]._tag === "Bytes") tries = 0
    else fresh = false
    return events
  }

  /** One exchange; what can be mended ends it quietly and is left in `fault`. */
  const exchange = (from: SignedUrl.SignedUrl): Stream.Stream<TransferEvent, TransferError> =>
    Exchange.open(from, at, begun, settings).pipe(
      Stream.mapArray(observe),
      Stream.catchTags({
        Fault: (caught) => {
          fault = caught
          return Stream.empty
        },
        Rejection: ({ reason }) => Stream.fromEffect(fail(reason))
      })
    )

  /** What to tell and how long to wait before the next exchange. */
  const mend = Effect.fnUntraced(function* (
    { kind }: Exchange.Fault,
    refused: SignedUrl.SignedUrl
  ): Effect.fn.Return<readonly [TransferEvent, Duration.Duration], TransferError | Restart | E, R> {
    const { offset } = at
    switch (kind._tag) {
      case "Refused": {
        const { code, status } = kind
        if (fresh) return yield* fail(new AccessRefused({ status, ...(code === undefined ? {} : { code }) }))
        ;[url, fresh] = yield* links.renew(refused)
        yield* Effect.logDebug(
          `Transfer: ${Source.origin(links)} refused the link (${status}), and is asked by a fresh one`
        )
        return [{ _tag: "Refreshed", offset, status }, Duration.zero]
      }
      case "Changed":
        return yield* new Restart({ now: kind.now })
      case "Broken": {
        const { description, retryAfter, status } = kind
        if (++tries > settings.retries) return yield* fail(new RetriesExhausted({ offset, tries, last: description }))
        const pause = yield* Backoff.delay({ ...settings, attempt: tries - 1, retryAfter, retryAfterCap: settings.cap })
        const millis = Math.round(Duration.toMillis(pause))
        yield* Effect.logDebug(
          `Transfer: ${Source.origin(links)} is asked again in ${millis} ms for the bytes from ${offset} on (${description})`
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
    if (fault === undefined) return [exchange(current), undefined] as const
    const caught = fault
    fault = undefined
    // What came before the pause was read; so the host is asked for the rest, as if it had not been asked before.
    if (caught.kind._tag === "Broken" && caught.kind.afterPause === true) return [exchange(current), undefined] as const
    const [event, pause] = yield* mend(caught, current)
    return [
      Stream.succeed(event).pipe(
        Stream.concat(Stream.fromEffectDrain(Effect.sleep(pause))),
        Stream.concat(Stream.suspend(() => exchange(url ?? current)))
      ),
      undefined
    ] as const
  })

  return Stream.flatMap(Stream.unfold(undefined, next), (exchange) => exchange)
}
