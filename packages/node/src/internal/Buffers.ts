/**
 * Buffers of 1 MiB that travel in a circle: from the transport, filled, to who writes them to a disk, and back. Fresh memory
 * for every byte that passes costs more than the byte: page faults, and a collector that hurries after them. Who keeps the
 * bytes, or lets them go, breaks nothing: a buffer that is not given back is collected like any other.
 */

/** Bytes handed on at once, where that many arrive soon enough. */
export const bufferSize = 1024 * 1024
/** As many as wait to be used again: those of a few connections. */
const mostIdle = 24

const idle: Array<Buffer<ArrayBuffer>> = []
const lent = new WeakMap<ArrayBufferLike, Buffer<ArrayBuffer>>()

/** A buffer whose bytes are whatever they are. */
export const take = (): Buffer<ArrayBuffer> => {
  const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(bufferSize)
  lent.set(buffer.buffer, buffer)
  return buffer
}

/** Nobody looks at these bytes any more. Bytes that are in no buffer of ours are left alone. */
export const giveBack = (bytes: Uint8Array): void => {
  const buffer = lent.get(bytes.buffer)
  if (buffer === undefined) return
  lent.delete(bytes.buffer)
  if (idle.length < mostIdle) idle.push(buffer)
}
