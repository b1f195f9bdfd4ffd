import type * as Arr from "effect/Array"
/**
 * The body of a response, gathered as it arrives and handed on about 1 MiB at a time. TLS gives 16 KiB at most, and what a
 * program does for each piece costs more than the piece: this is where most of the speed comes from.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"

/** Bytes handed on at once, where that many arrive soon enough. */
const batchSize = 1024 * 1024
/** Bytes gathered while nobody takes them, before the sender is asked to stop. */
const mostHeld = 2 * batchSize
/** How long, in milliseconds, bytes are kept back for more to arrive. */
const patience = 50

type Batch = Arr.NonEmptyReadonlyArray<Uint8Array>

export interface Flow {
  readonly pause: () => void
  readonly resume: () => void
}

export class BatchedBody {
  #chunks: Array<Uint8Array> = []
  #held = 0
  #paused = false
  #end: { readonly error: unknown } | { readonly error?: never } | undefined
  #waiting: (() => void) | undefined
  readonly #flow: Flow

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    if (this.#held >= batchSize) this.#wake()
    if (this.#held >= mostHeld && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
  }

  end(): void {
    this.#end ??= {}
    this.#wake()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#wake()
  }

  /** All that has been gathered; waits for it, but not long. Bytes that came before a failure are given before it. */
  pull<E>(onError: (error: unknown) => E): Pull.Pull<Batch, E> {
    return Effect.callback<Batch, E | Cause.Done>((resume) => {
      const settle = () => {
        clearTimeout(timer)
        this.#waiting = undefined
        resume(this.#take(onError))
      }
      let timer: NodeJS.Timeout | undefined
      if (this.#held >= batchSize || this.#end !== undefined) return settle()
      const wait = () => {
        timer = setTimeout(() => (this.#held > 0 ? settle() : wait()), patience)
      }
      wait()
      this.#waiting = settle
      return Effect.sync(() => {
        clearTimeout(timer)
        this.#waiting = undefined
      })
    })
  }

  #wake(): void {
    this.#waiting?.()
  }

  #take<E>(onError: (error: unknown) => E): Effect.Effect<Batch, E | Cause.Done> {
    const [first, ...rest] = this.#chunks
    if (first !== undefined) {
      this.#chunks = []
      this.#held = 0
      if (this.#paused) {
        this.#paused = false
        this.#flow.resume()
      }
      return Effect.succeed([first, ...rest])
    }
    return this.#end !== undefined && "error" in this.#end ? Effect.fail(onError(this.#end.error)) : Cause.done()
  }
}
