/**
 * A process as it is written down, so that one that gets its number later is not taken for it.
 *
 * @since 0.1.0
 */
import { readFileSync, readlinkSync } from "node:fs"

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
  /** In which its number counts: on Linux every container has one of its own. None where the system does not tell. */
  readonly namespace?: string
}

const namespace = ((): string | undefined => {
  try {
    return readlinkSync("/proc/self/ns/pid")
  } catch {
    return undefined
  }
})()

/**
 * Whether a number counts for this process too.
 *
 * @category getters
 * @since 0.1.0
 */
export const isOwnNamespace = (other: string | undefined): boolean =>
  other === namespace && (other !== undefined || process.platform !== "linux")

/**
 * This process.
 *
 * @category getters
 * @since 0.1.0
 */
export const own = (): ProcessId => {
  const startTime = stateOf(process.pid)?.startTime
  return {
    pid: process.pid,
    ...(startTime === undefined ? {} : { startTime }),
    ...(namespace === undefined ? {} : { namespace })
  }
}

/**
 * Whether one of the own namespace still runs. One that has ended does not, though its parent may not have noticed. Without a
 * start time, its number alone counts.
 *
 * @category getters
 * @since 0.1.0
 */
export const isAlive = ({ pid, startTime }: ProcessId): boolean => {
  if (!exists(pid)) return false
  const found = stateOf(pid)
  if (found === undefined) return true
  return !found.hasEnded && (startTime === undefined || found.startTime === startTime)
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/**
 * What Linux tells. One that has ended is there (`Z`, `X`) until its parent asks how, which the first program of a container
 * may never do. Field 2, the name in parentheses, may hold anything; 3 is the state, and 22 the start.
 */
const stateOf = (pid: number): { readonly hasEnded: boolean; readonly startTime: number } | undefined => {
  if (process.platform !== "linux") return undefined
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
    return { hasEnded: /^[ZXx]$/.test(fields[0] ?? ""), startTime: Number(fields[19]) }
  } catch {
    return undefined
  }
}
