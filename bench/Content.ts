/** Files that look like archives from outside: a ZIP's first bytes, then noise that no compressor makes smaller. */
import { createCipheriv, createHash } from "node:crypto"
import { closeSync, createReadStream, ftruncateSync, openSync, statfsSync, statSync, writeSync } from "node:fs"
import path from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import * as Units from "./Units.ts"

const firstBytes = Buffer.from("PK\x03\x04", "latin1")
const blockSize = 4 * Units.mebibyte

/** The next bytes of noise, as many as asked for: the same ones in every run. */
export type Noise = (bytes: number) => Buffer

export const noise = (): Noise => {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, "key"), Buffer.alloc(16))
  const zeros = Buffer.alloc(blockSize)
  return (bytes) => cipher.update(bytes <= blockSize ? zeros.subarray(0, bytes) : Buffer.alloc(bytes))
}

/** Writes a file of so many bytes; a sparse one has holes instead of noise. */
export const write = (file: string, bytes: number, sparse: boolean): Effect.Effect<void, BenchError> =>
  Effect.try({
    try: () => {
      const next = noise()
      const handle = openSync(file, "w")
      if (sparse) ftruncateSync(handle, bytes)
      else
        for (let at = 0; at < bytes; at += blockSize) {
          writeSync(handle, next(blockSize), 0, Math.min(blockSize, bytes - at), at)
        }
      writeSync(handle, firstBytes, 0, firstBytes.length, 0)
      closeSync(handle)
    },
    catch: (cause) => new BenchError({ message: `Cannot write ${file}: ${String(cause)}` })
  })

/** The SHA-256 of a file, in hexadecimal. */
export const sha256 = (file: string): Effect.Effect<string, BenchError> =>
  Effect.tryPromise({
    try: async () => {
      const hash = createHash("sha256")
      await pipeline(createReadStream(file, { highWaterMark: blockSize }), hash)
      return hash.digest("hex")
    },
    catch: (cause) => new BenchError({ message: `Cannot read ${file}: ${String(cause)}` })
  })

export const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Refuses to begin what would fill the disk. */
export const makeSureOfSpace = (file: string, bytes: number, files = 1): Effect.Effect<void, BenchError> =>
  Effect.suspend(() => {
    const directory = path.dirname(file)
    const fail = (needed: string, free: string) =>
      Effect.fail(
        new BenchError({
          message: `${needed} are needed on ${directory}, and ${free} are free. Choose another directory by --dir, or a smaller --size.`
        })
      )
    const { bavail, bsize, ffree, files: inodes } = statfsSync(directory)
    if (bavail * bsize < bytes) return fail(Units.formatSize(bytes), Units.formatSize(bavail * bsize))
    // Some file systems make inodes as they need them, and tell of none.
    return inodes > 0 && ffree < files ? fail(`${files} inodes`, String(ffree)) : Effect.void
  })
