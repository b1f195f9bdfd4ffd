/** How far several transfers are together, and how fast. */

export interface Reading {
  readonly done: number
  /** None while the size of one of them is not known. */
  readonly size: number | undefined
  /** Bytes a second. */
  readonly rate: number
}

export interface TransferMeter {
  /** Bytes there so far, of so many in all, for one of the transfers. */
  readonly set: (id: string, done: number, size: number | undefined) => void
  /** No more bytes of this one will come: those there are are all. */
  readonly close: (id: string) => void
  /** Where it stands at a time in milliseconds; nothing before the first transfer. */
  readonly read: (time: number) => Reading | undefined
}

/** The rate is that of the last milliseconds in which bytes came. */
const span = 3000

export const make = (): TransferMeter => {
  const parts = new Map<string, { readonly done: number; readonly size: number | undefined }>()
  const samples: Array<{ readonly time: number; readonly done: number }> = []
  return {
    set: (id, done, size) => void parts.set(id, { done, size }),
    close: (id) => {
      const part = parts.get(id)
      if (part !== undefined) parts.set(id, { done: part.done, size: part.done })
    },
    read: (time) => {
      if (parts.size === 0) return undefined
      const done = [...parts.values()].reduce((sum, part) => sum + part.done, 0)
      const size = [...parts.values()].reduce<number | undefined>(
        (sum, part) => (sum === undefined || part.size === undefined ? undefined : sum + part.size),
        0
      )
      const last = samples.at(-1)
      if (last === undefined || last.done !== done) samples.push({ time, done })
      // Two are kept however old: a slow transfer moves less than once in the span.
      while (samples.length > 2 && time - (samples[1]?.time ?? time) > span) samples.shift()
      const first = samples[0]
      const rate =
        first === undefined || time <= first.time ? 0 : Math.max(0, ((done - first.done) * 1000) / (time - first.time))
      return { done, size, rate }
    }
  }
}
