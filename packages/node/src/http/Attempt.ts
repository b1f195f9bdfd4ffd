/**
 * A request on its way: how far it has come, so that its error can say so. What is lost with a kept connection that the host
 * closed meanwhile is sent once more, where that is allowed.
 */
import type { Dispatcher } from "undici"
import type { Proxy } from "./Proxies.ts"
import * as WireError from "./WireError.ts"

/** What a request is sent on. */
export interface Line {
  /** Takes it for a request, and says whether it has carried one before. */
  readonly take: () => boolean
}

export interface Options {
  /** Sends the request once more (RFC 9110, 9.2.2); none where it must not be sent twice. */
  readonly repeat: (() => void) | undefined
  readonly proxy: Proxy | undefined
}

export class Attempt implements Dispatcher.DispatchHandler {
  /** Known before the request is sent. */
  line: Line | undefined
  #phase: WireError.Phase = "connect"
  #isReused = false
  /** Not a byte of an answer has come. */
  #isUntouched = true
  readonly #handler: Dispatcher.DispatchHandler
  readonly #options: Options

  constructor(handler: Dispatcher.DispatchHandler, options: Options) {
    this.#handler = handler
    this.#options = options
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#phase = "response"
    this.#isReused = this.line?.take() === true
    this.#handler.onRequestStart?.(controller, context)
  }

  onResponseStarted(): void {
    this.#isUntouched = false
    this.#handler.onResponseStarted?.()
  }

  onResponseStart(...answer: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>): void {
    const [controller, status] = answer
    const { proxy } = this.#options
    // It does not send the request on, and says so in the place of the host.
    if (status === 407 && proxy !== undefined) return controller.abort(WireError.refused(status, proxy))
    if (status >= 200) this.#phase = "body"
    this.#handler.onResponseStart?.(...answer)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk)
  }

  onResponseEnd(...end: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseEnd"]>>): void {
    this.#handler.onResponseEnd?.(...end)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    const { proxy, repeat } = this.#options
    // The host closed it while the request was on its way (RFC 9112, 9.3.1).
    if (repeat !== undefined && this.#isReused && this.#isUntouched && !controller.aborted) return repeat()
    this.#handler.onResponseError?.(controller, WireError.of(error, this.#phase, proxy))
  }
}
