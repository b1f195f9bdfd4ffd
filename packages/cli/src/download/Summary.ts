/** Files that were fetched, in one line. */
import * as Format from "../text/Format.ts"

interface Fetched {
  readonly bytes: number
  readonly resumedFrom: number
  readonly alreadyThere: boolean
}

/** `2 archives, 8.4 MB (4.2 MB of it fetched now) in 3s`; the time where it is of interest. */
export const ofFiles = (files: ReadonlyArray<Fetched>, one: string, took?: number): string => {
  const bytes = sum(files, (file) => file.bytes)
  const fetched = sum(files, (file) => (file.alreadyThere ? 0 : file.bytes - file.resumedFrom))
  const some = fetched < bytes ? ` (${Format.bytes(fetched)} of it fetched now)` : ""
  return `${Format.count(files.length, one)}, ${Format.bytes(bytes)}${some}${took === undefined ? "" : ` in ${Format.time(took)}`}`
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => all.reduce((total, one) => total + of(one), 0)
