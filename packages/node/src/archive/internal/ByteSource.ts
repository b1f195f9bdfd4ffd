/**
 * Bytes that can be read from anywhere in them, such as those of an archive on a storage host that serves ranges.
 *
 * @since 0.1.0
 */
import * as Bytes from "@scenario-assets/core/engine/transfer/Bytes"
import * as Links from "@scenario-assets/core/engine/transfer/Links"
import * as StoredObjects from "@scenario-assets/core/engine/transfer/StoredObjects"
import type { Source } from "@scenario-assets/core/transfer/Source"
import type * as StoredObject from "@scenario-assets/core/transfer/StoredObject"
import type { ReadOptions, Transfer } from "@scenario-assets/core/transfer/Transfer"
import { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { TransferEvent } from "@scenario-assets/core/transfer/TransferEvent"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/**
 * Bytes, the last of which are there already.
 *
 * @category models
 * @since 0.1.0
 */
export interface ByteSource<E = never, R = never> {
  /** How many bytes there are. */
  readonly size: number
  readonly tail: Uint8Array
  /** Reads ranges, each from its first byte to the one after its last; in ascending order, and they do not overlap. */
  readonly read: (ranges: ReadonlyArray<readonly [start: number, end: number]>) => Stream.Stream<TransferEvent, E, R>
}

/** What goes wrong with an exchange, and is mended. */
export type Trouble = Extract<TransferEvent, { readonly _tag: "Retrying" | "Refreshed" }>

/**
 * How to read from a storage host.
 *
 * @category models
 * @since 0.1.0
 */
export interface HostOptions extends Omit<ReadOptions, "resume"> {
  /** How many of the last bytes are read at first. */
  readonly tail?: number | undefined
  /** Told of each exchange that is tried again, and of each fresh link, whoever reads. */
  readonly onTrouble?: ((event: Trouble) => Effect.Effect<void>) | undefined
}

/**
 * Those of an object on a storage host; one request gives its last bytes, 256 KiB unless told otherwise. All reads share the
 * freshest link. `undefined` where the object has more than that, and the host serves no ranges, or says nothing by which it
 * could be told from another.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromTransfer = Effect.fnUntraced(function* <E, R>(
  transfer: Transfer["Service"],
  source: Source<E, R>,
  { onTrouble = () => Effect.void, tail: suffix = 256 * 1024, ...options }: HostOptions = {}
): Effect.fn.Return<ByteSource<TransferError | E, R> | undefined, TransferError | E, R> {
  const links = Links.make(source)
  const told = Stream.tap<TransferEvent, unknown, never, never>((event) =>
    event._tag === "Retrying" || event._tag === "Refreshed" ? onTrouble(event) : Effect.void
  )
  let object: StoredObject.StoredObject | undefined
  let chunks: Array<Uint8Array> = []
  let length = 0
  yield* transfer.part(links, { suffix }, options).pipe(
    told,
    Stream.takeUntil((event) => {
      if (event._tag === "Opened") object = event.object
      if (event._tag === "StartedOver") {
        chunks = []
        length = 0
      }
      if (event._tag !== "Bytes") return false
      chunks.push(event.bytes)
      length += event.bytes.length
      return length > suffix
    }),
    Stream.runDrain,
    Effect.catchIf(isRangesRefused, () => Effect.sync(() => (length = Infinity)))
  )
  if (length > suffix) return undefined
  const size = object?.size ?? length
  const found: StoredObject.StoredObject = { ...object, size }
  if (length < size && !StoredObjects.isRecognizable(found)) return undefined
  const tail = Bytes.join(chunks)
  const from = size - length
  return {
    size,
    tail,
    read: (ranges) => {
      const before = ranges.flatMap(([start, end]) => (start < from ? [[start, Math.min(end, from)] as const] : []))
      const there = ranges.flatMap(([start, end]): ReadonlyArray<TransferEvent> => {
        const offset = Math.max(start, from)
        return end > from ? [{ _tag: "Bytes", offset, bytes: tail.subarray(offset - from, end - from) }] : []
      })
      return Stream.concat(
        before.length === 0 ? Stream.empty : told(transfer.part(links, { object: found, ranges: before }, options)),
        Stream.fromIterable(there)
      )
    }
  }
})

/**
 * Bytes that are there.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromBytes = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  tail: bytes,
  read: (ranges) =>
    Stream.fromIterable(
      ranges.map(([offset, end]): TransferEvent => ({ _tag: "Bytes", offset, bytes: bytes.subarray(offset, end) }))
    )
})

/**
 * Goes on with another source of the same bytes where the host does not give more of them: it serves no ranges any more, or what
 * it says of the object differs from answer to answer.
 *
 * @category combinators
 * @since 0.1.0
 */
export const orElse = <E, R, E2, R2>(
  self: ByteSource<TransferError | E, R>,
  other: (error: TransferError) => Effect.Effect<ByteSource<E2, R2>, E2, R2>
): ByteSource<TransferError | E | E2, R | R2> => {
  let instead: ByteSource<E2, R2> | undefined
  return {
    ...self,
    read: (ranges): Stream.Stream<TransferEvent, TransferError | E | E2, R | R2> =>
      Stream.suspend(() => {
        if (instead !== undefined) return instead.read(ranges)
        let reached = 0
        return self.read(ranges).pipe(
          Stream.map((event) => {
            if (event._tag === "Bytes") reached = event.offset + event.bytes.length
            return event
          }),
          Stream.catch((error): Stream.Stream<TransferEvent, TransferError | E | E2, R | R2> => {
            if (!isEndOfRanges(error)) return Stream.fail(error)
            const rest = ranges.flatMap(([start, end]) =>
              end > reached ? [[Math.max(start, reached), end] as const] : []
            )
            return Stream.unwrap(Effect.map(other(error), (found) => (instead = found).read(rest)))
          })
        )
      })
  }
}

/**
 * Whether two sources are of the same bytes, as far as their last ones tell: there an archive has sizes and checksums of all it
 * holds.
 *
 * @category predicates
 * @since 0.1.0
 */
export const haveSameTail = <E, R>(self: ByteSource<unknown, unknown>, that: ByteSource<E, R>) =>
  self.size === that.size
    ? Effect.map(
        readBytes(that, that.size - self.tail.length, that.size),
        (tail) => Buffer.compare(self.tail, tail) === 0
      )
    : Effect.succeed(false)

/**
 * Reads some of the bytes into memory.
 *
 * @category combinators
 * @since 0.1.0
 */
export const readBytes = <E, R>(
  self: ByteSource<E, R>,
  start: number,
  end: number
): Effect.Effect<Uint8Array, E, R> => {
  const from = self.size - self.tail.length
  if (start >= from) return Effect.succeed(self.tail.subarray(start - from, end - from))
  const bytes = new Uint8Array(end - start)
  if (end > from) bytes.set(self.tail.subarray(0, end - from), from - start)
  return self.read([[start, Math.min(end, from)]]).pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "Bytes") bytes.set(event.bytes, event.offset - start)
      })
    ),
    Effect.as(bytes)
  )
}

const isEndOfRanges = (error: unknown): error is TransferError =>
  error instanceof TransferError && (error.reason._tag === "RangesRefused" || error.reason._tag === "ObjectChanged")

const isRangesRefused = (error: unknown): boolean =>
  error instanceof TransferError && error.reason._tag === "RangesRefused"
