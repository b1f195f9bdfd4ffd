/**
 * Buffers of 1 MiB that travel in a circle: from the wire, filled, to who writes them to a disk, and back. Fresh memory for
 * every byte that passes costs more than the byte: page faults, and a collector that hurries after them. Who keeps the bytes,
 * or lets them go, breaks nothing: a buffer that is not given back is collected like any other.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Bytes handed on at once, where that many arrive soon enough. */
export const bufferSize = 1024 * 1024
/** As many as wait to be used again: those of a few connections. */
const mostIdle = 24

export interface Buffers {
  /** A buffer whose bytes are whatever they are. */
  readonly take: () => Buffer<ArrayBuffer>
}

/** What is lent at the moment, and where it belongs. */
const lent = new WeakMap<ArrayBufferLike, () => void>()

/** Buffers that are used again as long as the scope is open. */
export const make: Effect.Effect<Buffers, never, Scope.Scope> = Effect.gen(function* () {
  const idle: Array<Buffer<ArrayBuffer>> = []
  let most = mostIdle
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      most = 0
      idle.length = 0
    })
  )
  return {
    take: () => {
      const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(bufferSize)
      lent.set(buffer.buffer, () => {
        if (idle.length < most) idle.push(buffer)
      })
      return buffer
    }
  }
})

/** Nobody looks at these bytes any more. Bytes that are in no buffer of ours are left alone. */
export const giveBack = ({ buffer }: Uint8Array): void => {
  const takeBack = lent.get(buffer)
  lent.delete(buffer)
  takeBack?.()
}
