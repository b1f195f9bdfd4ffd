/**
 * Calls of the API that are repeated or wait, for those who want to hear of them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ApiError } from "./ApiError.ts"

/**
 * A call that failed and is repeated after a pause, or one that waits because others failed: its `error` has their reason then.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApiRetry {
  readonly error: ApiError
  /** Failures in a row, from 1: an operation counts its tries, one that waits those of the API, the poller its looks. */
  readonly tries: number
  readonly pause: Duration.Duration
}

/**
 * Told of each pause before it begins, by `AssetDownload` and `JobPoller`. By default nobody listens; `Archives` does for
 * its events.
 *
 * @category references
 * @since 0.1.0
 */
export const Listener = Context.Reference<(retry: ApiRetry) => Effect.Effect<void>>(
  "@scenario-assets/core/ApiRetry/Listener",
  { defaultValue: () => () => Effect.void }
)
