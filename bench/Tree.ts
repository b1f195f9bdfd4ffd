/** A directory with the files below it, as far as it has to be as it was put into an archive. */
import { createHash } from "node:crypto"
import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, truncateSync } from "node:fs"
import path from "node:path"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import * as Process from "./Process.ts"
import * as Units from "./Units.ts"

export interface Tree {
  readonly files: number
  /** Of all files. */
  readonly bytes: number
  /** Over the names and contents, in the order of the names. */
  readonly sha256: string
}

/** The SHA-256 of a tree, from those of its files, which are added in any order. */
export const digest = () => {
  const files: Array<{ readonly name: string; readonly sha256: string }> = []
  return {
    add: (name: string, sha256: string): void => void files.push({ name, sha256 }),
    end: (): string => {
      const all = createHash("sha256")
      const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
      for (const { name, sha256 } of sorted) all.update(`${sha256} ${name}\n`)
      return all.digest("hex")
    }
  }
}

/** What stands below a directory, of every kind but directories: relative, with `/`. */
const list = (directory: string): ReadonlyArray<string> =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name, parentPath }) => path.relative(directory, path.join(parentPath, name)).replaceAll(path.sep, "/"))

const attempt = <A>(directory: string, look: () => A): Effect.Effect<A, BenchError> =>
  Effect.try({
    try: look,
    catch: (cause) => new BenchError({ message: `Cannot look at ${directory}: ${String(cause)}` })
  })

/** How many files, and how many bytes. */
export const measure = (directory: string): Effect.Effect<Pick<Tree, "files" | "bytes">, BenchError> =>
  attempt(directory, () => {
    const files = list(directory)
    return {
      files: files.length,
      bytes: files.reduce((bytes, name) => bytes + lstatSync(path.join(directory, name)).size, 0)
    }
  })

export const sha256 = (directory: string): Effect.Effect<string, BenchError> =>
  attempt(directory, () => {
    const { add, end } = digest()
    const buffer = Buffer.alloc(4 * Units.mebibyte)
    for (const name of list(directory)) {
      const file = createHash("sha256")
      const handle = openSync(path.join(directory, name), "r")
      for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) {
        file.update(buffer.subarray(0, read))
      }
      closeSync(handle)
      add(name, file.digest("hex"))
    }
    return end()
  })

/**
 * Makes all files empty: their space is free again, and what of them is still in memory is never written. They are not
 * removed: an ext4 without a journal then goes round all their inodes, for minutes, whenever it makes a file.
 */
export const empty = (directory: string): Effect.Effect<void, BenchError> =>
  attempt(directory, () => {
    for (const name of list(directory)) truncateSync(path.join(directory, name))
  })

/** Has the file system write what it still has to, so that the next program does not wait for it. */
export const settle = (directory: string): Effect.Effect<void> =>
  Effect.ignore(Process.run({ file: "sync", args: ["-f", directory] }))

/** Files of a control, in several directories as in an archive. */
const control = { directories: 10, files: 40 }
export const controlFiles = control.directories * control.files

/** How many seconds it takes just now to make an empty file: more where many were removed nearby. */
export const secondsPerFile = (parent: string): Effect.Effect<number, BenchError> =>
  attempt(parent, () => {
    const started = performance.now()
    for (let index = 0; index < control.directories; index++) {
      const below = path.join(parent, String(index))
      mkdirSync(below, { recursive: true })
      for (let file = 0; file < control.files; file++) closeSync(openSync(path.join(below, String(file)), "w"))
    }
    return (performance.now() - started) / 1000 / controlFiles
  })
