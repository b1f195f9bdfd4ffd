/** The link in use, shared by all that read the same object: one fresh link for many that were refused. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { SignedUrl } from "../SignedUrl.ts"
import * as Source from "../Source.ts"

/** A link, and whether it was made just now: another range may have asked for it before. */
export type Renewed = readonly [url: SignedUrl, isFresh: boolean]

export interface Links<out E, out R> {
  readonly get: Effect.Effect<SignedUrl, E, R>
  /** A link other than the one that was refused. */
  readonly renew: (refused: SignedUrl) => Effect.Effect<Renewed, E, R>
  /** Where the last one leads, for errors; asks for none. */
  readonly origin: () => string
}

export const make = <E, R>(source: Source.Source<E, R>): Links<E, R> => {
  const one = Semaphore.makeUnsafe(1)
  let current = source.url
  const ask = Effect.map(source.refresh, (url) => (current = url))
  return {
    get: one.withPermits(1)(Effect.suspend(() => (current === undefined ? ask : Effect.succeed(current)))),
    renew: (refused) =>
      one.withPermits(1)(
        Effect.suspend((): Effect.Effect<Renewed, E, R> =>
          current === undefined || current === refused
            ? Effect.map(ask, (url) => [url, true])
            : Effect.succeed([current, false])
        )
      ),
    origin: () => Source.origin({ url: current })
  }
}
