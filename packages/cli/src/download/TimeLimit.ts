/** `--time-limit` of a command that is no recorded download, which has its own. */
import { TimeLimitExceeded } from "@scenario-assets/node/download/DownloadEvent"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Limits } from "../settings/Options.ts"

/** Ends with `TimeLimitExceeded` what takes longer. */
export const of =
  ({ timeLimit }: Pick<Limits, "timeLimit">) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | TimeLimitExceeded, R> =>
    Option.match(timeLimit, {
      onNone: () => effect,
      onSome: (limit) =>
        Effect.timeoutOrElse(effect, { duration: limit, orElse: () => Effect.fail(new TimeLimitExceeded({ limit })) })
    })
