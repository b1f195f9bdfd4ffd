/** What a download that has not come to its end has left beside its target. */
import { existsSync, mkdirSync, readdirSync } from "node:fs"
import path from "node:path"

/** The directory that all of it is in. */
export const directoryOf = (target: string): string => `${target}.scenario-assets`

/** Where the last run has worked; made where there was none. */
const workOf = (target: string): string => {
  const directory = directoryOf(target)
  const [found] = existsSync(directory) ? readdirSync(directory).filter((name) => name.startsWith("work-")) : []
  const work = path.join(directory, found ?? "work-0123456789abcdef")
  mkdirSync(work, { recursive: true })
  return work
}

/** The bytes that have come. */
export const partOf = (target: string): string => path.join(workOf(target), "part")
/** What is known of them. */
export const stateOf = (target: string): string => path.join(workOf(target), "state.jsonl")
/** Who works there. */
export const lockOf = (target: string): string => path.join(directoryOf(target), "lock")
