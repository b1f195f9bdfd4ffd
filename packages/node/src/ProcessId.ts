/**
 * A process as it is written down, so that one that gets its number later is not taken for it.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"

/**
 * A process of this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProcessId {
  readonly pid: number
  /** When it began, in clock ticks after the machine did. None where the system does not tell: only Linux does. */
  readonly startTime?: number
}

/**
 * This process.
 *
 * @category getters
 * @since 0.1.0
 */
export const own = (): ProcessId => {
  const startTime = startTimeOf(process.pid)
  return { pid: process.pid, ...(startTime === undefined ? {} : { startTime }) }
}

/**
 * Whether it still runs. Without a start time, its number alone counts. The process that asks is not meant: what is written
 * down under its number was written by one before it, as in a container, where every run may have the same.
 *
 * @category getters
 * @since 0.1.0
 */
export const isAlive = ({ pid, startTime }: ProcessId): boolean => {
  if (pid === process.pid || !exists(pid)) return false
  const found = startTimeOf(pid)
  return startTime === undefined || found === undefined || found === startTime
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** Field 22 of its state. Field 2, its name in parentheses, may hold anything. */
const startTimeOf = (pid: number): number | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const state = readFileSync(`/proc/${pid}/stat`, "utf8")
    const startTime = state.slice(state.lastIndexOf(")") + 2).split(" ")[19]
    return startTime === undefined ? undefined : Number(startTime)
  } catch {
    return undefined
  }
}
