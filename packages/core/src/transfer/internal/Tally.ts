/**
 * Which bytes of an object are there, and what they sum up to, however they arrive.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Checksum } from "../Checksum.ts"
import * as Hashes from "./Hashes.ts"
import * as Ranges from "./Ranges.ts"
import * as Sums from "./Sums.ts"

/**
 * Bytes without a gap from `start` on, as many as the sums are of.
 *
 * @category models
 * @since 0.1.0
 */
export const SummedRange = Schema.Struct({
  start: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
  sums: Sums.Sums
})
/** @category models @since 0.1.0 */
export type SummedRange = typeof SummedRange.Type

/**
 * Counts and sums up bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tally {
  /** Takes bytes that were not there yet. */
  readonly add: (offset: number, bytes: Uint8Array) => void
  readonly ranges: () => Ranges.Ranges
  /** What a later run needs to go on: a small value of JSON. */
  readonly parts: () => ReadonlyArray<SummedRange>
  /** The sums from the first byte to the first gap. MD5 and SHA are among them only where the bytes came in order. */
  readonly sums: () => Sums.Sums
}

/**
 * Begins to sum up what is declared and can be computed here, after the parts that are there.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  hashes: Hashes.Hashes,
  declared: ReadonlyArray<Checksum>,
  parts: ReadonlyArray<SummedRange> = []
): Tally => {
  const all = parts.map(({ start, sums }) => ({
    start,
    end: start + sums.length,
    running: Hashes.run(hashes, declared, { from: sums })
  }))
  const inOrder = () => all.toSorted((a, b) => a.start - b.start)
  let current = all[0]
  return {
    add: (offset, bytes) => {
      if (current?.end !== offset) {
        current = all.find((part) => part.end === offset)
        if (current === undefined) {
          current = { start: offset, end: offset, running: Hashes.run(hashes, declared, { joinable: offset > 0 }) }
          all.push(current)
        }
      }
      current.running.update(bytes)
      current.end += bytes.length
    },
    ranges: () => all.reduce((ranges, { end, start }) => Ranges.add(ranges, start, end), Ranges.empty),
    parts: () => inOrder().map(({ running, start }) => ({ start, sums: running.sums() })),
    sums: () =>
      inOrder().reduce(
        (sums, { running, start }) => (start === sums.length ? Sums.join(sums, running.sums()) : sums),
        Sums.empty
      )
  }
}
