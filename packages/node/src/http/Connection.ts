/** A connection as undici uses it: one socket after the other, which tells a request whether it has carried one before. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Undici from "undici"
import { Attempt, type Line } from "./Attempt.ts"
import type { Network } from "./Network.ts"
import * as WireError from "./WireError.ts"

/** What undici makes its connections by. They end, or are made no more, with the signal. */
export const factory =
  (undici: typeof Undici, { connect, proxyFor }: Network["Service"], ended: AbortSignal) =>
  (origin: URL, options: Undici.Client.Options): Undici.Dispatcher => {
    const proxy = Result.getOrUndefined(proxyFor(origin))

    class Connection extends undici.Client implements Line {
      #isUsed = false

      constructor() {
        super(origin, {
          ...options,
          connect: (_, done) => {
            this.#isUsed = false
            Effect.runCallback(connect(origin, proxy), {
              signal: ended,
              onExit: Exit.match({
                onSuccess: (socket) => done(null, socket),
                onFailure: (cause) => done(WireError.of(Cause.squash(cause), "connect", proxy), null)
              })
            })
          }
        })
      }

      take(): boolean {
        const was = this.#isUsed
        this.#isUsed = true
        return was
      }

      override dispatch(
        request: Undici.Dispatcher.DispatchOptions,
        handler: Undici.Dispatcher.DispatchHandler
      ): boolean {
        if (handler instanceof Attempt) handler.line = this
        return super.dispatch(request, handler)
      }
    }
    return new Connection()
  }
