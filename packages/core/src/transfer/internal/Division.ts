/**
 * How an object is divided among connections: by halves, whose bytes come in any order; or piece after piece, so that few bytes
 * wait for those before them.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { TransferEvent } from "../TransferEvent.ts"
import type { Position } from "./RangeRules.ts"

export interface Division {
  /** A range for one more connection, of so many in all. It is being read from now on. */
  readonly claim: (target: number) => Position | undefined
  /** What is left of a range waits for another connection. */
  readonly giveBack: (at: Position) => void
  /** Takes what a connection has brought; waits as long as nobody wants it. */
  readonly take: (at: Position, events: ReadonlyArray<TransferEvent>) => Effect.Effect<unknown>
  /** No more will come of a range. */
  readonly close: (at: Position) => Effect.Effect<unknown>
  /** Ranges that are being read. */
  readonly active: Set<Position>
}

export type Tell = (events: ReadonlyArray<TransferEvent>) => Effect.Effect<unknown>

/** How many bytes of a range are still to come; 0 where its end is not known. */
export const left = (at: Position): number => (at.end === undefined ? 0 : at.end - at.offset)

/** A range is not halved below this. */
const shortest = 4 * 1024 * 1024
/** Ranges begin at multiples of this, which suits disks. */
const alignment = 1024 * 1024

const position = (offset: number, end: number | undefined): Position => ({
  offset,
  end,
  whole: false,
  unconfirmed: false
})

/** Everybody who reads has a range; who has none takes the farther half of the longest one. */
export const inHalves = (todo: ReadonlyArray<Position>, tell: Tell): Division => {
  const active = new Set<Position>()
  const waiting = [...todo]
  const read = (at: Position): Position => {
    active.add(at)
    return at
  }
  return {
    active,
    claim: () => {
      const next = waiting.pop()
      if (next !== undefined) return read(next)
      const [longest] = [...active].toSorted((a, b) => left(b) - left(a))
      if (longest?.end === undefined || left(longest) < 2 * shortest) return undefined
      const middle = Math.ceil((longest.offset + left(longest) / 2) / alignment) * alignment
      const half = position(middle, longest.end)
      longest.end = middle
      return read(half)
    },
    giveBack: (at) => {
      active.delete(at)
      const before = [...active].find((other) => other.end === at.offset && !other.whole)
      if (before === undefined) waiting.push({ ...at, way: undefined })
      else before.end = at.end
    },
    take: (_at, events) => tell(events),
    close: (at) => Effect.sync(() => active.delete(at))
  }
}

/** One of several connections reads so many bytes, which wait in memory until their turn has come. */
const pieceSize = 2 * 1024 * 1024
/** Pieces that are read or wait, for each connection. */
const ahead = 1.5

/** The bytes of a range, as far as they wait. */
interface Slot {
  readonly at: Position
  readonly start: number
  events: Array<TransferEvent>
  isClosed: boolean
}

/** Piece after piece, told in order. One connection alone reads on without pieces, and what it brings never waits. */
export const inOrder = (todo: ReadonlyArray<Position>, tell: Tell): Division => {
  const active = new Set<Position>()
  /** In order, as are the ranges that wait. */
  const slots: Array<Slot> = []
  const waiting = [...todo]
  const one = Semaphore.makeUnsafe(1)

  const put = (at: Position) => {
    const next = waiting.findIndex(({ offset }) => offset > at.offset)
    waiting.splice(next === -1 ? waiting.length : next, 0, at)
  }

  /** All before it has been told. */
  const isNext = (slot: Slot | undefined): slot is Slot =>
    slot !== undefined && slot === slots[0] && (waiting[0] === undefined || waiting[0].offset >= slot.start)

  /** Tells what has its turn now. One at a time, for who waits to tell would be overtaken. */
  const drain = one.withPermits(1)(
    Effect.gen(function* () {
      for (let slot = slots[0]; isNext(slot); slot = slots[0]) {
        const { events } = slot
        slot.events = []
        if (events.length > 0) yield* tell(events)
        else if (slot.isClosed) slots.shift()
        else return
      }
    })
  )

  const slotOf = (at: Position) => slots.find((slot) => slot.at === at)

  return {
    active,
    claim: (target) => {
      if (target > 1) {
        // Who reads on and on leaves to others what is beyond its piece.
        for (const at of active) {
          if (at.end === undefined || left(at) < 2 * pieceSize) continue
          put(position(at.offset + pieceSize, at.end))
          at.end = at.offset + pieceSize
        }
      }
      const [next] = waiting
      if (next === undefined) return undefined
      const isFirst = slots[0] === undefined || next.offset < slots[0].start
      if (!isFirst && slots.length >= target * ahead) return undefined
      waiting.shift()
      if (target > 1 && left(next) >= 2 * pieceSize) {
        put(position(next.offset + pieceSize, next.end))
        next.end = next.offset + pieceSize
      }
      if (target === 1) {
        while (waiting[0] !== undefined && waiting[0].offset === next.end) next.end = waiting.shift()?.end
      }
      active.add(next)
      const after = slots.findIndex(({ start }) => start > next.offset)
      slots.splice(after === -1 ? slots.length : after, 0, {
        at: next,
        start: next.offset,
        events: [],
        isClosed: false
      })
      return next
    },
    giveBack: (at) => {
      active.delete(at)
      put({ ...at, way: undefined })
    },
    take: (at, events) => {
      const slot = slotOf(at)
      if (slot === undefined) return tell(events)
      const bytes = events.filter(({ _tag }) => _tag === "Bytes")
      const others = events.filter(({ _tag }) => _tag !== "Bytes")
      slot.events.push(...bytes)
      const told = others.length > 0 ? tell(others) : Effect.void
      return isNext(slot) && bytes.length > 0 ? Effect.andThen(told, drain) : told
    },
    close: (at) => {
      const slot = slotOf(at)
      if (slot !== undefined) slot.isClosed = true
      return Effect.andThen(
        isNext(slot) ? drain : Effect.void,
        Effect.sync(() => active.delete(at))
      )
    }
  }
}
