/** The link in use, shared by all that read the same object: one fresh link for many that were refused. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { SignedUrl } from "../../SignedUrl.ts"
import type { Source } from "../Source.ts"
import type { Manners } from "./RangeFacts.ts"

/** A link, and whether it was made just now: another range may have asked for it before. */
export type Renewed = readonly [url: SignedUrl, isFresh: boolean]

/** A source whose `url` is the last link that was made. */
export interface Links<out E, out R> extends Source<E, R> {
  readonly get: Effect.Effect<SignedUrl, E, R>
  /** A link other than the one that was refused. */
  readonly renew: (refused: SignedUrl) => Effect.Effect<Renewed, E, R>
  /** What the host has shown of itself to any of the transfers that share the links. */
  readonly manners: Manners
}

const all = new WeakSet<Source<unknown, unknown>>()
const isLinks = <E, R>(source: Source<E, R>): source is Links<E, R> => all.has(source)

/** Those of a source; links stay the ones they are, so that several transfers can share them. */
export const make = <E, R>(source: Source<E, R>): Links<E, R> => {
  if (isLinks(source)) return source
  const one = Semaphore.makeUnsafe(1)
  let current = source.url
  const ask = Effect.map(source.refresh, (url) => (current = url))
  const links: Links<E, R> = {
    manners: { ignoresConditions: false },
    get url() {
      return current
    },
    refresh: one.withPermits(1)(ask),
    get: one.withPermits(1)(Effect.suspend(() => (current === undefined ? ask : Effect.succeed(current)))),
    renew: (refused) =>
      one.withPermits(1)(
        Effect.suspend((): Effect.Effect<Renewed, E, R> =>
          current === undefined || current === refused
            ? Effect.map(ask, (url) => [url, true])
            : Effect.succeed([current, false])
        )
      )
  }
  all.add(links)
  return links
}
