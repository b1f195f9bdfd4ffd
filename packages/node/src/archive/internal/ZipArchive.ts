/**
 * What is in an archive, found by reading its central directory alone.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { ArchiveError, type Reason } from "../ArchiveError.ts"
import * as ArchiveLimits from "../ArchiveLimits.ts"
import type { ZipEntry } from "../ZipEntry.ts"
import * as ByteSource from "./ByteSource.ts"
import * as LimitCheck from "./LimitCheck.ts"
import * as ZipDirectory from "./ZipDirectory.ts"
import * as ZipPrefix from "./ZipPrefix.ts"

/**
 * An archive, and where its bytes come from.
 *
 * @category models
 * @since 0.1.0
 */
export interface ZipArchive<E = never, R = never> {
  /** What it is called in errors. */
  readonly name: string
  readonly bytes: ByteSource.ByteSource<E, R>
  /** In the order of the central directory. */
  readonly entries: ReadonlyArray<ZipEntry>
}

/**
 * An entry that was left out, with the reason: it is damaged, its name leads elsewhere, or it is kept in a way that is not
 * supported.
 *
 * @category models
 * @since 0.1.0
 */
export interface RefusedEntry {
  readonly entry: ZipEntry
  readonly error: ArchiveError
}

/**
 * Reads the central directory, which most often lies in the tail that is there already. The name is for errors.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = Effect.fnUntraced(function* <E, R>(
  name: string,
  bytes: ByteSource.ByteSource<E, R>,
  limits: ArchiveLimits.ArchiveLimits = ArchiveLimits.defaults
): Effect.fn.Return<ZipArchive<E, R>, ArchiveError | E, R> {
  const orFail = <A>(result: Result.Result<A, Reason>): Effect.Effect<A, ArchiveError> =>
    Effect.mapError(Effect.fromResult(result), (reason) => new ArchiveError({ archive: name, reason }))

  let located = yield* orFail(ZipDirectory.locate(bytes.tail, bytes.size))
  while (located._tag === "NeedMore") {
    const tail = yield* ByteSource.readBytes(bytes, located.from, bytes.size)
    located = yield* orFail(ZipDirectory.locate(tail, bytes.size))
  }
  yield* orFail(LimitCheck.directory(located, limits))
  const directory = yield* ByteSource.readBytes(bytes, located.offset, located.offset + located.size)
  yield* orFail(LimitCheck.directory({ ...located, entries: ZipDirectory.count(directory) }, limits))
  const entries = yield* orFail(ZipDirectory.parse(directory, located))
  if (located.prefix > 0) yield* Effect.flatMap(ZipPrefix.check(bytes, located), orFail)
  yield* orFail(LimitCheck.entries(entries, limits))
  return { name, bytes, entries }
})

/** Those that the directory alone says enough of. */
const refused = (archive: string, entries: ReadonlyArray<ZipEntry>): ReadonlyArray<RefusedEntry> =>
  entries.flatMap((entry) => {
    const { refused: reason } = entry
    return reason === undefined ? [] : [{ entry, error: new ArchiveError({ archive, reason }) }]
  })

/**
 * The entries that are wanted: those to extract, and those that are refused.
 *
 * @category combinators
 * @since 0.1.0
 */
export const sort = (
  { entries, name }: Pick<ZipArchive, "entries" | "name">,
  select: (entry: ZipEntry) => boolean = () => true
): { readonly entries: ReadonlyArray<ZipEntry>; readonly refused: ReadonlyArray<RefusedEntry> } => {
  const selected = entries.filter(select)
  return { entries: selected.filter(({ refused }) => refused === undefined), refused: refused(name, selected) }
}

/** A gap that is shorter than this is read through: a further request costs more. */
const shortGap = 256 * 1024

/**
 * The ranges of the archive that entries lie in: in their order there, and few.
 *
 * @category combinators
 * @since 0.1.0
 */
export const ranges = (entries: ReadonlyArray<ZipEntry>): ReadonlyArray<readonly [start: number, end: number]> => {
  const found: Array<[number, number]> = []
  for (const { end, offset } of entries.toSorted((a, b) => a.offset - b.offset)) {
    const last = found.at(-1)
    if (last !== undefined && offset - last[1] < shortGap) last[1] = end
    else found.push([offset, end])
  }
  return found
}
