/** Reading archives in tests. */
import { assert } from "@effect/vitest"
import type { ArchiveError, ZipEntry } from "@scenario-assets/node"
import * as Result from "effect/Result"
import * as ZipDirectory from "../../src/archive/internal/ZipDirectory.ts"

/** The entries of an archive that is all in memory. */
export const read = (bytes: Uint8Array): Result.Result<ReadonlyArray<ZipEntry.ZipEntry>, ArchiveError.Reason> =>
  Result.flatMap(ZipDirectory.locate(bytes, bytes.length), (location) => {
    assert(location._tag === "Location")
    return ZipDirectory.parse(bytes.subarray(location.offset, location.offset + location.size), location)
  })

export const failureOf = <A, E>(result: Result.Result<A, E>): E => {
  assert(Result.isFailure(result), "was taken")
  return result.failure
}

/** What is wrong with an archive that is refused as damaged. */
export const damagedBy = <A>(result: Result.Result<A, ArchiveError.Reason>): string => {
  const reason = failureOf(result)
  assert(reason._tag === "Damaged", reason.message)
  return reason.description
}
