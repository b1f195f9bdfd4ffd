/**
 * The paths that are given away in one directory, and for what. There is one for each file of all archives, a million perhaps, so
 * they are not held as text, unless they need a number: a path is told by a digest of it, and how it is spelled by where its
 * capital letters are. That is 0.1 kB a file instead of 0.3. Should two of a million paths have the same digest (1 in 10,000
 * times), one gets a number that it did not need.
 */
import { hash, randomUUID } from "node:crypto"

/** What tells the content of a file from that of another. */
export interface Content {
  readonly size: number
  readonly crc32: number
}

/** What becomes of a file. `skip`: it is there, with the right size and CRC-32. */
export type Action = "write" | "replace" | "skip"

/** A path that is given away. */
export interface Claim extends Content {
  readonly path: string
  /** The path without its number, where it has one. */
  readonly wanted: string
  readonly action: Action
}

export interface Claims {
  readonly has: (key: string) => boolean
  readonly get: (key: string) => Claim | undefined
  /** `key` is the folded path. */
  readonly set: (key: string, claim: Claim) => void
}

export const make = (): Claims => {
  /** By the digests of their keys, where in the columns they are. */
  const rows = new Map<number, number>()
  const sizes: Array<number> = []
  const sums: Array<number> = []
  const actions: Array<Action> = []
  const spellings: Array<Spelling> = []
  /** Of those that have a number. */
  const unnumbered = new Map<number, string>()
  /** Nobody can make names whose digests are the same without it. */
  const salt = randomUUID()
  const digest = (key: string): number =>
    Number.parseInt(hash("sha1", Buffer.from(salt + key, "utf16le"), "hex").slice(0, 13), 16)
  /** Most keys are asked for several times in a row. */
  let last = { key: "", id: digest("") }
  const idOf = (key: string): number => {
    if (last.key !== key) last = { key, id: digest(key) }
    return last.id
  }

  return {
    has: (key) => rows.has(idOf(key)),
    get: (key) => {
      const row = rows.get(idOf(key))
      if (row === undefined) return undefined
      const path = spelled(key, spellings[row])
      return {
        size: sizes[row] ?? Number.NaN,
        crc32: sums[row] ?? Number.NaN,
        action: actions[row] ?? "write",
        path,
        wanted: unnumbered.get(row) ?? path
      }
    },
    set: (key, { action, crc32, path, size, wanted }) => {
      const id = idOf(key)
      const row = rows.get(id) ?? rows.size
      rows.set(id, row)
      sizes[row] = size
      sums[row] = crc32
      actions[row] = action
      spellings[row] = spellingOf(key, path)
      if (wanted === path) unnumbered.delete(row)
      else unnumbered.set(row, wanted)
    }
  }
}

/** What a path has that its key has not: nothing, capital letters as bits, or more than that. */
type Spelling = undefined | bigint | string

const spellingOf = (key: string, path: string): Spelling => {
  if (path === key) return undefined
  if (path.toLowerCase() !== key) return path
  const bits = Array.from({ length: key.length }, (_, index) => (path[index] === key[index] ? "0" : "1"))
  const capitals = BigInt(`0b${bits.join("")}`)
  return spelled(key, capitals) === path ? capitals : path
}

const spelled = (key: string, spelling: Spelling): string => {
  if (typeof spelling !== "bigint") return spelling ?? key
  const bits = spelling.toString(2).padStart(key.length, "0")
  return Array.from({ length: key.length }, (_, index) => {
    const unit = key[index] ?? ""
    return bits[index] === "1" ? unit.toUpperCase() : unit
  }).join("")
}
