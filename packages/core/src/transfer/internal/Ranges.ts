/**
 * Which bytes of an object are there.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Offset = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/**
 * Ranges of bytes, each from its first byte to the one after its last; in order, neither overlapping nor adjoining.
 *
 * @category models
 * @since 0.1.0
 */
export const Ranges = Schema.Array(Schema.Tuple([Offset, Offset])).pipe(
  Schema.check(
    Schema.makeFilter(
      (ranges: ReadonlyArray<readonly [number, number]>) =>
        ranges.every(([start, end], index) => start < end && start > (ranges[index - 1]?.[1] ?? -1)) ||
        "Expected ranges in order, neither empty, overlapping nor adjoining"
    )
  )
)
/** @category models @since 0.1.0 */
export type Ranges = typeof Ranges.Type

/**
 * Nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const empty: Ranges = []

/**
 * With the bytes from `start` to `end` (exclusive) as well.
 *
 * @category combinators
 * @since 0.1.0
 */
export const add = (self: Ranges, start: number, end: number): Ranges => {
  if (start >= end) return self
  const before = self.filter((range) => range[1] < start)
  const after = self.filter((range) => range[0] > end)
  const touched = self.slice(before.length, self.length - after.length)
  const first = touched[0]
  const last = touched.at(-1)
  return [...before, [Math.min(start, first?.[0] ?? start), Math.max(end, last?.[1] ?? end)], ...after]
}

/**
 * How many bytes there are.
 *
 * @category getters
 * @since 0.1.0
 */
export const length = (self: Ranges): number => self.reduce((sum, [start, end]) => sum + end - start, 0)

/**
 * What is missing up to `size`; the last gap has no end where the size is not known.
 *
 * @category getters
 * @since 0.1.0
 */
export const gaps = (
  self: Ranges,
  size: number | undefined
): ReadonlyArray<readonly [start: number, end: number | undefined]> => {
  const starts = [0, ...self.map(([, end]) => end)]
  const ends = [...self.map(([start]) => start), size]
  return starts.flatMap((start, index) => {
    const end = ends[index]
    return end === undefined || start < end ? [[start, end] as const] : []
  })
}
