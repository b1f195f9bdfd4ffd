/** Archives into one directory as they come, several at once. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as OpenArchive from "../../archive/internal/OpenArchive.ts"
import type { FileError } from "../../file/FileError.ts"
import * as Destination from "./Destination.ts"
import * as OneArchive from "./OneArchive.ts"
import * as Outbox from "./Outbox.ts"

/**
 * What happens to one of several archives. Its last event is `Completed` or `Failed`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ArchiveEvent<A, E = never> {
  /** The archive as it came. */
  readonly archive: A
  readonly event: OneArchive.ExtractionEvent | { readonly _tag: "Failed"; readonly error: OpenArchive.ReadError | E }
}

export interface Options extends Destination.Options {
  readonly concurrency?: number | undefined
}

export const events = <A, E, R, E2, R2>(
  openArchive: OpenArchive.OpenArchive,
  pool: Destination.Pool,
  archives: Stream.Stream<A & OpenArchive.ArchiveLocation<E2, R2>, E, R>,
  directory: string,
  { concurrency = 4, ...options }: Options = {}
): Stream.Stream<ArchiveEvent<A, E2>, FileError | E, R | R2> =>
  Outbox.stream<ArchiveEvent<A, E2>, FileError | E, R | R2>(
    ({ archive, event }) => (event._tag !== "Failed" && OneArchive.isProgress(event) ? archive : undefined),
    Effect.fnUntraced(function* (tell) {
      const destination = yield* Destination.open(pool, directory, options)
      const one = (archive: A & OpenArchive.ArchiveLocation<E2, R2>) =>
        OneArchive.extract(openArchive, archive, destination, options, (event) => tell({ archive, event })).pipe(
          Effect.catch((error) => tell({ archive, event: { _tag: "Failed", error } }))
        )
      // An archive is pulled when there is room for it; and a failure waits for those that are being extracted.
      yield* archives.pipe(Stream.mapEffect(one, { concurrency, unordered: true }), Stream.runDrain)
    }, Effect.scoped)
  )
