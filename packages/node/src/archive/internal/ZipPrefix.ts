/**
 * What stands in front of an archive: the program of a self-extractor, of which no offset knows. Nobody must find another
 * archive there.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Damaged } from "./ArchiveReason.ts"
import * as ByteSource from "./ByteSource.ts"
import type { DirectoryLocation } from "./ZipDirectory.ts"

/** The most bytes that an end record has, with its comment. */
const longestEnd = 22 + 0xffff

/**
 * Refused are two archives one behind the other, and a directory where one is that does not know of the prefix: readers would
 * take different files.
 *
 * @category combinators
 * @since 0.1.0
 */
export const check = Effect.fnUntraced(function* <E, R>(
  bytes: ByteSource.ByteSource<E, R>,
  { offset, prefix, size }: Pick<DirectoryLocation, "offset" | "prefix" | "size">
): Effect.fn.Return<Result.Result<void, Damaged>, E, R> {
  const read = (from: number, to: number) => ByteSource.readBytes(bytes, from, to)
  const head = signatureAt(yield* read(0, 4), 0)
  const end = yield* read(Math.max(0, prefix - longestEnd), prefix)
  const uncorrected = size === 0 ? undefined : signatureAt(yield* read(offset - prefix, offset - prefix + 4), 0)
  if (head === localHeader || head === endRecord || hasEndRecord(end))
    return damaged("has another archive in front of it")
  return uncorrected === record ? damaged("has two directories") : Result.void
})

const localHeader = 0x04034b50
const record = 0x02014b50
const endRecord = 0x06054b50

const signatureAt = (bytes: Uint8Array, at: number): number | undefined =>
  at + 4 <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true) : undefined

const hasEndRecord = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(Buffer.from("PK\u0005\u0006", "latin1"))

const damaged = (description: string) => Result.fail(new Damaged({ description }))
