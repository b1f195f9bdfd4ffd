/** Whether a file holds an object of a storage host already. */
import * as Fs from "node:fs/promises"
import type { Algorithm } from "@scenario-assets/core/transfer/Checksum"
import type * as Source from "@scenario-assets/core/transfer/Source"
import type { StoredObject } from "@scenario-assets/core/transfer/StoredObject"
import type { ReadOptions, Transfer } from "@scenario-assets/core/transfer/Transfer"
import { TransferError } from "@scenario-assets/core/transfer/TransferError"
import type { TransferEvent } from "@scenario-assets/core/transfer/TransferEvent"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FileError } from "../FileError.ts"
import * as Files from "./Files.ts"
import * as NodeHashes from "./NodeHashes.ts"

/** What is known without reading the object: whether it is the same, and by which checksums. */
export interface Verdict {
  readonly isSame: boolean | undefined
  readonly verified: ReadonlyArray<Algorithm>
}

const different: Verdict = { isSame: false, verified: [] }

/** Compares a file with what the host says of the object: its size, and its checksums or an ETag that is one. */
export const compare = Effect.fnUntraced(function* (
  path: string,
  { checksums = [], etag, size }: StoredObject
): Effect.fn.Return<Verdict, FileError> {
  if (yield* Files.isDirectory(path)) return different
  if (size !== undefined && size !== (yield* Files.size(path))) return different
  // The ETag of S3 is the MD5 of an object that was uploaded in one part. Another one says nothing.
  const md5 = /^"([\da-f]{32})"$/i.exec(etag ?? "")?.[1]
  const algorithms = new Set<Algorithm>([
    ...checksums.map(({ algorithm }) => algorithm),
    ...(md5 === undefined ? [] : (["md5"] as const))
  ])
  const hashes = [...algorithms].flatMap((algorithm) => {
    const hash = NodeHashes.hashes[algorithm]?.()
    return hash === undefined ? [] : [{ algorithm, hash }]
  })
  if (hashes.length === 0) return { isSame: undefined, verified: [] }
  yield* read(path, 0, Infinity, (bytes) => {
    for (const { hash } of hashes) hash.update(bytes)
    return true
  })
  const sums = new Map(hashes.map(({ algorithm, hash }) => [algorithm, Buffer.from(hash.digest())]))
  const declared = checksums.filter(({ algorithm }) => sums.has(algorithm))
  if (declared.length > 0) {
    const isSame = declared.every(({ algorithm, value }) => sums.get(algorithm)?.toString("base64") === value)
    return isSame ? { isSame, verified: declared.map(({ algorithm }) => algorithm) } : different
  }
  const isSame = md5 !== undefined && sums.get("md5")?.toString("hex") === md5.toLowerCase()
  return isSame ? { isSame, verified: ["md5"] } : { isSame: undefined, verified: [] }
})

/** Objects up to this size are compared byte by byte; of larger ones so much of the beginning and of the end. */
const comparedWhole = 16 * 1024 * 1024
/** An archive ends with its directory, which has the checksums of all that is in it. */
const comparedEnd = 1024 * 1024

/** The same as `compare`; where the host says too little, the object is read and compared. */
export const isSame = Effect.fnUntraced(function* <E, R>(
  path: string,
  object: StoredObject,
  source: Source.Source<E, R>,
  transfer: Transfer["Service"],
  options: Omit<ReadOptions, "resume">
) {
  const { isSame, verified } = yield* compare(path, object)
  if (isSame !== undefined) return { isSame, verified }
  const { size } = object
  const all = sameBytes(path, transfer.bytes(source, options))
  if (size === undefined) return { isSame: yield* all, verified }
  const ranges =
    size <= comparedWhole ? [[0, size] as const] : [[0, comparedEnd] as const, [size - comparedEnd, size] as const]
  const some = transfer.part(source, { object, ranges }, options)
  const isEqual = yield* Effect.catchIf(
    sameRanges(path, some),
    // The host serves no ranges, or tells one answer from the next.
    (error) => error instanceof TransferError && refused.has(error.reason._tag),
    () => all
  )
  return { isSame: isEqual, verified }
})

const refused: ReadonlySet<string> = new Set(["RangesRefused", "ObjectChanged"])

const sameRanges = <E, R>(path: string, events: Stream.Stream<TransferEvent, E, R>) =>
  Stream.mapEffect(events, (event) =>
    event._tag === "Bytes" ? isAt(path, event.offset, event.bytes) : Effect.succeed(true)
  ).pipe(
    Stream.takeUntil((isEqual) => !isEqual),
    Stream.runFold(
      () => true,
      (_, isEqual) => isEqual
    )
  )

const sameBytes = Effect.fnUntraced(function* <E, R>(path: string, bytes: Stream.Stream<Uint8Array, E, R>) {
  const size = yield* Files.size(path)
  let offset = 0
  const isEqual = yield* Stream.mapEffect(bytes, (chunk) => {
    const at = offset
    offset += chunk.length
    return isAt(path, at, chunk)
  }).pipe(
    Stream.takeUntil((isEqual) => !isEqual),
    Stream.runFold(
      () => true,
      (_, isEqual) => isEqual
    )
  )
  return isEqual && offset === size
})

/** Whether a file has these bytes there. */
const isAt = (path: string, offset: number, bytes: Uint8Array): Effect.Effect<boolean, FileError> => {
  let compared = 0
  return Effect.map(
    read(path, offset, bytes.length, (chunk) => {
      const isEqual = chunk.equals(bytes.subarray(compared, compared + chunk.length))
      compared += chunk.length
      return isEqual
    }),
    (isEqual) => isEqual && compared === bytes.length
  )
}

/** Reads some of a file piece by piece, for as long as that is wanted. */
const read = (path: string, start: number, length: number, take: (bytes: Buffer) => boolean) =>
  Files.attempt("read", path, async () => {
    await using handle = await Fs.open(path)
    const buffer = Buffer.allocUnsafe(Math.min(length, 1024 * 1024))
    let left = length
    for (let position = start; left > 0;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(left, buffer.length), position)
      if (bytesRead === 0) break
      if (!take(buffer.subarray(0, bytesRead))) return false
      position += bytesRead
      left -= bytesRead
    }
    return true
  })
