/** What is under way: each job that is waited for or whose archive is on its way, each file that is. */
import type { Progressing } from "./ProgressLine.ts"
import * as TransferMeter from "./TransferMeter.ts"

/** One of them, as it stands: either waited for in a state, or on its way. */
export interface Task {
  readonly id: string
  readonly waiting: { readonly state: string; readonly elapsed: number; readonly retries: number } | undefined
  readonly progress: Progressing | undefined
}

export interface Overview {
  /** Those that have not ended, in the order in which they came; first those on their way. */
  readonly open: ReadonlyArray<Task>
  readonly ended: number
  /** How many there will be, those that have ended too. */
  readonly total: number
  /** Whether one of them is waited for, or has not begun, so that it is not known how much there will be. */
  readonly isWaiting: boolean
  /** All bytes there are; without a size while it is not known. */
  readonly all: TransferMeter.Reading | undefined
}

export interface Tasks {
  /** So many in all, at least. */
  readonly expect: (count: number) => void
  /** Waited for since this time, in milliseconds, unless it was in the same state before. */
  readonly waiting: (id: string, state: string, time: number) => void
  readonly bytes: (id: string, done: number, size: number | undefined) => void
  /** Gives how often by now. */
  readonly retried: (id: string) => number
  readonly connections: (id: string, count: number) => void
  /** Well or not. */
  readonly ended: (id: string) => void
  /** Another one comes in its place. */
  readonly abandoned: (id: string) => void
  readonly overview: (time: number) => Overview
}

interface Entry {
  waiting: { readonly state: string; readonly since: number } | undefined
  meter: TransferMeter.TransferMeter
  retries: number
  connections: number
}

export const make = (): Tasks => {
  const open = new Map<string, Entry>()
  const all = TransferMeter.make()
  let [expected, ended] = [0, 0]
  const entry = (id: string): Entry => {
    const found = open.get(id)
    if (found !== undefined) return found
    const made: Entry = { waiting: undefined, meter: TransferMeter.make(), retries: 0, connections: 1 }
    open.set(id, made)
    return made
  }
  const close = (id: string): boolean => {
    if (!open.delete(id)) return false
    all.close(id)
    return true
  }
  return {
    expect: (count) => void (expected = Math.max(expected, count)),
    waiting: (id, state, time) => {
      const task = entry(id)
      if (task.waiting?.state !== state) task.waiting = { state, since: time }
    },
    bytes: (id, done, size) => {
      const task = entry(id)
      task.waiting = undefined
      task.meter.set(id, done, size)
      all.set(id, done, size)
    },
    retried: (id) => ++entry(id).retries,
    connections: (id, count) => void (entry(id).connections = count),
    ended: (id) => {
      if (close(id)) ended++
    },
    abandoned: (id) => void close(id),
    overview: (time) => {
      const tasks = [...open].map(([id, { connections, meter, retries, waiting }]): Task => {
        const reading = meter.read(time)
        return {
          id,
          waiting: waiting === undefined ? undefined : { state: waiting.state, elapsed: time - waiting.since, retries },
          progress: waiting !== undefined || reading === undefined ? undefined : { ...reading, retries, connections }
        }
      })
      const seen = tasks.length + ended
      const isWaiting = seen < expected || tasks.some((task) => task.waiting !== undefined)
      const reading = all.read(time)
      return {
        open: tasks.toSorted((a, b) => Number(a.progress === undefined) - Number(b.progress === undefined)),
        ended,
        total: Math.max(expected, seen),
        isWaiting,
        all: reading === undefined || !isWaiting ? reading : { ...reading, size: undefined }
      }
    }
  }
}
