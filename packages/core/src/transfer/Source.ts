/**
 * Where an object can be had.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { SignedUrl } from "../SignedUrl.ts"

/**
 * A stored object to come: the effect that asks for a link to it, and a link that was got before, if there is one.
 * Every link must lead to the same object.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<out E = never, out R = never> {
  readonly url?: SignedUrl | undefined
  readonly refresh: Effect.Effect<SignedUrl, E, R>
}
