/** Errors of all kinds in archives, made up by a seeded generator: the same ones for the same seed. */
import * as ZipMaker from "./ZipMaker.ts"

/** Numbers from 0 to `limit` (exclusive), always the same for a seed: mulberry32. */
export const randomOf = (seed: number) => {
  let state = seed
  return (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}
export type Random = ReturnType<typeof randomOf>

/** Where fields stand in the records, counted from their first byte, and how many bytes they have. */
type Field = readonly [at: number, size: 2 | 4]
const narrow = (...places: ReadonlyArray<number>) => places.map((at): Field => [at, 2])
const wide = (...places: ReadonlyArray<number>) => places.map((at): Field => [at, 4])
const centralFields = [...narrow(4, 6, 8, 10, 12, 14, 28, 30, 32, 34, 36), ...wide(0, 16, 20, 24, 38, 42)]
const localFields = [...narrow(4, 6, 8, 26, 28), ...wide(0, 14, 18, 22)]
const endFields = [...narrow(4, 6, 8, 10, 20), ...wide(0, 12, 16)]
/** Those of ZIP64 lie before the end record. */
const end64Fields = wide(-76, -72, -60, -56, -52, -44, -36, -28, -20, -16, -12, -8, -4)

const extremes = [
  0, 1, 2, 4, 7, 8, 9, 12, 20, 22, 30, 46, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff
]

const hostile = ["../", "/", "C:", "\\", "..", "con", "a//", ".", "\0", "a:", " ", "\u202e", "B", "d"]

export const mutate = (made: ZipMaker.Made, random: Random): Uint8Array => {
  const pick = <A>(choices: ReadonlyArray<A>): A | undefined => choices[random(choices.length)]
  const at = () => random(made.bytes.length + 1)
  const within = (start: number, end: number) => start + random(Math.max(1, end - start))
  const bytes = made.bytes.slice()
  const flipped = at()
  switch (random(9)) {
    case 0:
      for (let n = random(4); n >= 0; n--) bytes[at()] = random(256)
      return bytes
    case 1:
      return bytes.map((byte, index) => (index === flipped ? byte ^ (1 << random(8)) : byte))
    case 2:
      // Directory and end record are where most of the meaning is.
      bytes[within(made.directory, bytes.length)] = random(256)
      return bytes
    case 3:
      return bytes.slice(0, at())
    case 4: {
      const [start, end] = [at(), at()].toSorted((a, b) => a - b)
      return ZipMaker.concat(bytes.subarray(0, start), bytes.subarray(end))
    }
    case 5: {
      const where = at()
      const inserted = Uint8Array.from({ length: 1 + random(50) }, () => random(256))
      return ZipMaker.concat(bytes.subarray(0, where), inserted, bytes.subarray(where))
    }
    case 6: {
      const where = at()
      const [start = 0, end = 0] = [at(), at()].toSorted((a, b) => a - b)
      return ZipMaker.concat(bytes.subarray(0, where), bytes.subarray(start, end), bytes.subarray(where))
    }
    case 7: {
      // A hostile beginning of a name, in both headers.
      const index = random(made.locals.length)
      const name = ZipMaker.text(pick(hostile) ?? "")
      for (const start of [(made.locals[index] ?? 0) + 30, (made.centrals[index] ?? 0) + 46]) {
        if (start + name.length <= bytes.length) bytes.set(name, start)
      }
      return bytes
    }
    default: {
      const places: ReadonlyArray<readonly [start: number, fields: ReadonlyArray<Field>]> = [
        [pick(made.centrals) ?? 0, centralFields],
        [pick(made.locals) ?? 0, localFields],
        [made.end, endFields],
        [made.end, end64Fields]
      ]
      const [start = 0, fields = []] = pick(places) ?? []
      const [field = 0, size = 2] = pick(fields) ?? []
      const view = new DataView(bytes.buffer)
      const where = start + field
      if (where < 0 || where + size > bytes.length) return bytes
      const old = size === 2 ? view.getUint16(where, true) : view.getUint32(where, true)
      const value = pick([...extremes, old + 1, old - 1, old * 2, made.bytes.length, made.directory]) ?? 0
      if (size === 2) view.setUint16(where, value, true)
      else view.setUint32(where, value, true)
      return bytes
    }
  }
}
