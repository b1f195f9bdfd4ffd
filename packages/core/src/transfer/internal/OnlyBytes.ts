/** From all that happens in a transfer to its bytes alone, in order and each once. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Checksum } from "../Checksum.ts"
import type * as Source from "../Source.ts"
import { TransferError } from "../TransferError.ts"
import type { TransferEvent } from "../TransferEvent.ts"
import * as Hashes from "./Hashes.ts"
import * as SourceOrigin from "./SourceOrigin.ts"
import * as Sums from "./Sums.ts"
import { ChecksumMismatch } from "./TransferReason.ts"

/** Bytes that were handed on already are not handed on again; in the end their checksums are compared. */
export const of = <E, R>(
  events: Stream.Stream<TransferEvent, E, R>,
  hashes: Hashes.Hashes,
  source: Source.Source<E, R>
): Stream.Stream<Uint8Array, TransferError | E, R> =>
  Stream.suspend(() => {
    let given = 0
    let declared: ReadonlyArray<Checksum> = []
    let running: Hashes.Running | undefined
    const verified = Effect.suspend(() => {
      const [mismatch] = running === undefined ? [] : Sums.verify(running.sums(), declared).mismatches
      return mismatch === undefined
        ? Effect.void
        : Effect.fail(new TransferError({ origin: SourceOrigin.of(source), reason: new ChecksumMismatch(mismatch) }))
    })
    return events.pipe(
      Stream.map((event) => {
        // As long as nothing was handed on, another object may come.
        if (event._tag === "Opened" && given === 0) {
          declared = event.object.checksums ?? []
          running = Hashes.run(hashes, declared)
        }
        if (event._tag !== "Bytes" || event.offset + event.bytes.length <= given) return nothing
        const news = event.offset < given ? event.bytes.subarray(given - event.offset) : event.bytes
        given = event.offset + event.bytes.length
        running?.update(news)
        return news
      }),
      Stream.filter((bytes) => bytes.length > 0),
      Stream.concat(Stream.fromEffectDrain(verified))
    )
  })

const nothing = new Uint8Array(0)
