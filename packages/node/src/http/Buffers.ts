/**
 * Buffers of 1 MiB that travel in a circle: from the transport, filled, to who writes them to a disk, and back. Fresh memory
 * for every byte that passes costs more than the byte: page faults, and a collector that hurries after them. Who keeps the
 * bytes, or lets them go, breaks nothing: a buffer that is not given back is collected like any other.
 */
import * as Context from "effect/Context"

/** Bytes handed on at once, where that many arrive soon enough. */
export const bufferSize = 1024 * 1024
/** As many as wait to be used again: those of a few connections. */
const mostIdle = 24

/** A kind of buffers. */
export interface Buffers {
  /** A buffer whose bytes are whatever they are. */
  readonly take: () => Buffer<ArrayBuffer>
}

interface Pool extends Buffers {
  readonly keep: (buffer: Buffer<ArrayBuffer>) => void
}

const lent = new WeakMap<ArrayBufferLike, { readonly buffer: Buffer<ArrayBuffer>; readonly pool: Pool }>()

const make = (allocate: () => Buffer<ArrayBuffer>): Buffers => {
  const idle: Array<Buffer<ArrayBuffer>> = []
  const pool: Pool = {
    take: () => {
      const buffer = idle.pop() ?? allocate()
      lent.set(buffer.buffer, { buffer, pool })
      return buffer
    },
    keep: (buffer) => {
      if (idle.length < mostIdle) idle.push(buffer)
    }
  }
  return pool
}

/** Memory like any other. */
export const plain: Buffers = make(() => Buffer.allocUnsafeSlow(bufferSize))

/**
 * Memory that begins with a page, as a disk needs it to take bytes without the system copying them (`DiskFile`). V8 maps
 * pages of their own for an array buffer that could be resized. Only for who writes to a disk: a buffer that can be resized
 * is refused by `fetch` and others.
 */
export const aligned: Buffers = make(() =>
  Buffer.from(new ArrayBuffer(bufferSize, { maxByteLength: bufferSize }), 0, bufferSize)
)

/** Whether bytes stand in memory that begins with a page; their offset in it is `byteOffset`. */
export const isAligned = (bytes: Uint8Array): boolean => bytes.buffer instanceof ArrayBuffer && bytes.buffer.resizable

/** The buffers in which bodies are gathered. */
export const Current = Context.Reference<Buffers>("@scenario-assets/node/http/Buffers", {
  defaultValue: () => plain
})

/** Nobody looks at these bytes any more. Bytes that are in no buffer of ours are left alone. */
export const giveBack = (bytes: Uint8Array): void => {
  const found = lent.get(bytes.buffer)
  if (found === undefined) return
  lent.delete(bytes.buffer)
  found.pool.keep(found.buffer)
}
