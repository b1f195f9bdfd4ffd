/**
 * The body of a response, gathered as it arrives and handed on about 1 MiB at a time, or less where a rate is limited. TLS
 * gives 16 KiB at most, and what a program does for each piece costs more than the piece: this is where most of the speed
 * comes from.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Buffers from "./Buffers.ts"

/** Pieces that wait while nobody takes them, before the sender is asked to stop. */
const mostWaiting = 2
/** How long, in milliseconds, bytes are kept back for more to arrive. */
const patience = 50
/** What is handed on with less than this is copied, so that a slow body does not hold many empty buffers. */
const sparse = Buffers.bufferSize / 2

type End = { readonly error: unknown } | { readonly error?: never }

export class GatheredBody {
  #full: Array<Uint8Array<ArrayBuffer>> = []
  #filling: Buffer<ArrayBuffer> | undefined
  #filled = 0
  #end: End | undefined
  #waiting: (() => void) | undefined
  readonly #buffers: Buffers.Buffers
  readonly #most: number
  readonly #onRoom: () => void

  /** Hands on `most` bytes in one piece. `onRoom` is called when a body that was crowded has room again. */
  constructor(buffers: Buffers.Buffers, most: number, onRoom: () => void) {
    this.#buffers = buffers
    this.#most = Math.max(1, Math.min(most, Buffers.bufferSize))
    this.#onRoom = onRoom
  }

  /** The sender should stop for now. */
  get isCrowded(): boolean {
    return this.#full.length >= mostWaiting
  }

  /** Takes bytes; what they stand in may be used again at once. */
  push(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      const buffer = (this.#filling ??= this.#buffers.take())
      const length = Math.min(bytes.length - offset, this.#most - this.#filled)
      buffer.set(length === bytes.length ? bytes : bytes.subarray(offset, offset + length), this.#filled)
      this.#filled += length
      offset += length
      if (this.#filled === this.#most) this.#handOn()
    }
    if (this.#full.length > 0) this.#wake()
  }

  end(): void {
    this.#close({})
  }

  fail(error: unknown): void {
    this.#close({ error })
  }

  /** All that has been gathered; waits for it, but not long. Bytes that came before a failure are given before it. */
  pull<E>(onError: (error: unknown) => E): Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, E> {
    return Effect.callback<Arr.NonEmptyReadonlyArray<Uint8Array>, E | Cause.Done>((resume) => {
      let timer: NodeJS.Timeout | undefined
      const settle = () => {
        clearTimeout(timer)
        this.#waiting = undefined
        resume(this.#take(onError))
      }
      if (this.#full.length > 0 || this.#end !== undefined) return settle()
      const wait = () => {
        timer = setTimeout(() => (this.#filled > 0 ? settle() : wait()), patience)
      }
      wait()
      this.#waiting = settle
      return Effect.sync(() => {
        clearTimeout(timer)
        this.#waiting = undefined
      })
    })
  }

  #close(end: End): void {
    this.#end ??= end
    this.#wake()
  }

  #wake(): void {
    this.#waiting?.()
  }

  /** Ends the buffer that is being filled. */
  #handOn(): void {
    const buffer = this.#filling
    if (buffer === undefined || this.#filled === 0) return
    const bytes = buffer.subarray(0, this.#filled)
    this.#filled = 0
    if (bytes.length < sparse) {
      this.#full.push(new Uint8Array(bytes))
    } else {
      this.#full.push(bytes)
      this.#filling = undefined
    }
  }

  #giveBack(): void {
    if (this.#filling !== undefined) Buffers.giveBack(this.#filling)
    this.#filling = undefined
    this.#filled = 0
  }

  #take<E>(onError: (error: unknown) => E): Effect.Effect<Arr.NonEmptyReadonlyArray<Uint8Array>, E | Cause.Done> {
    const wasCrowded = this.isCrowded
    if (this.#full.length === 0) this.#handOn()
    const full = this.#full
    this.#full = []
    if (wasCrowded) this.#onRoom()
    if (Arr.isReadonlyArrayNonEmpty(full)) return Effect.succeed(full)
    this.#giveBack()
    return this.#end !== undefined && "error" in this.#end ? Effect.fail(onError(this.#end.error)) : Cause.done()
  }
}
