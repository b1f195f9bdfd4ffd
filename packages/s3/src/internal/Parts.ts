/** A content in pieces of one size. */
import * as Stream from "effect/Stream"

interface State {
  readonly pieces: ReadonlyArray<Uint8Array>
  readonly length: number
}

const empty: State = { pieces: [], length: 0 }

/** Each of so many bytes, but for the last one; each in memory of its own. A content of nothing is one empty part. */
export const of =
  (size: number) =>
  <E, R>(content: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Uint8Array, E, R> =>
    Stream.mapAccum(
      content,
      () => empty,
      (state, bytes) => {
        const parts: Array<Uint8Array> = []
        let { length, pieces } = state
        for (let from = 0; from < bytes.length;) {
          const piece = bytes.subarray(from, from + size - length)
          from += piece.length
          pieces = [...pieces, piece]
          length += piece.length
          if (length < size) continue
          parts.push(Buffer.concat(pieces))
          pieces = []
          length = 0
        }
        return [{ pieces, length }, parts] as const
      },
      { onHalt: ({ length, pieces }) => (length === 0 ? [] : [Buffer.concat(pieces)]) }
    )
