/** A storage host that is a function: it gives the bytes of one object piece by piece, and counts those that were asked of it. */
import { Transfer } from "@scenario-assets/core"
import { Effect, Layer, Stream } from "effect"

export type Service = Transfer.Transfer

export interface CountedTransfer {
  readonly layer: Layer.Layer<Transfer.Transfer>
  /** Bytes that were pulled so far, without those of the tail. */
  readonly pulled: () => number
}

const pieceSize = 64 * 1024

export const make = (object: Uint8Array): CountedTransfer => {
  let pulled = 0
  const stored = { size: object.length, etag: '"1"' }
  const range = ([start, end]: readonly [start: number, end: number]) =>
    Stream.unfold(start, (offset) =>
      Effect.sync(() => {
        if (offset >= end) return undefined
        const bytes = Uint8Array.from(object.subarray(offset, Math.min(end, offset + pieceSize)))
        pulled += bytes.length
        return [{ _tag: "Bytes", offset, bytes } as const, offset + bytes.length] as const
      })
    )
  const none = () => Stream.die(new Error("only parts are read here"))
  return {
    pulled: () => pulled,
    layer: Layer.succeed(Transfer.Transfer, {
      events: none,
      bytes: none,
      part: (_, part) => {
        if ("ranges" in part) return Stream.flatMap(Stream.fromIterable(part.ranges), range)
        const offset = Math.max(0, object.length - part.suffix)
        return Stream.fromIterable([
          { _tag: "Opened", object: stored, offset } as const,
          { _tag: "Bytes", offset, bytes: object.slice(offset) } as const
        ])
      }
    })
  }
}
