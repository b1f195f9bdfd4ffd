/** Writes archives as a server does that knows its files: each deflated, with its sizes and CRC-32 in front of it. */
import { hash } from "node:crypto"
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"
import { crc32, deflateRawSync } from "node:zlib"
import * as Effect from "effect/Effect"
import { BenchError } from "./BenchError.ts"
import type { Entry } from "./Entries.ts"
import * as Tree from "./Tree.ts"

/** An archive, and what comes out of it. */
export interface Written extends Tree.Tree {
  /** How long it is itself. */
  readonly length: number
}

/** Without ZIP64: at most 4 GiB, and 65,535 entries. One entry at a time is in memory. */
export const write = (file: string, entries: Iterable<Entry>): Effect.Effect<Written, BenchError> =>
  Effect.acquireUseRelease(
    attempt(file, () => openSync(file, "w")),
    Effect.fnUntraced(function* (handle) {
      const directory: Array<Buffer> = []
      const { add, end } = Tree.digest()
      let length = 0
      let bytes = 0
      const append = (piece: Buffer) => {
        for (let done = 0; done < piece.length;) done += writeSync(handle, piece, done)
        length += piece.length
      }
      for (const { content, name } of entries) {
        yield* attempt(file, () => {
          const data = deflateRawSync(content)
          const facts = factsOf(name, content, data)
          directory.push(centralHeader(facts, name, length))
          append(localHeader(facts, name))
          append(data)
          add(name, hash("sha256", content))
          bytes += content.length
        })
        // Otherwise an interruption would have to wait for the last entry.
        yield* Effect.yieldNow
      }
      return yield* attempt(file, () => {
        const start = length
        const files = directory.length
        append(Buffer.concat(directory))
        append(endOfDirectory(files, length - start, start))
        fsyncSync(handle)
        return { files, bytes, length, sha256: end() }
      })
    }),
    (handle) => Effect.sync(() => closeSync(handle))
  )

const attempt = <A>(file: string, step: () => A): Effect.Effect<A, BenchError> =>
  Effect.try({ try: step, catch: (cause) => new BenchError({ message: `Cannot write ${file}: ${String(cause)}` }) })

/** What the local header and the directory both say of an entry. */
const factsOf = (name: string, content: Buffer, data: Buffer): Buffer => {
  const facts = Buffer.alloc(26)
  facts.writeUInt16LE(20, 0) // Needs ZIP 2.0.
  facts.writeUInt16LE(8, 4) // Deflated.
  facts.writeUInt16LE((2026 - 1980) * 512 + 1 * 32 + 1, 8) // On the first of January 2026.
  facts.writeUInt32LE(crc32(content), 10)
  facts.writeUInt32LE(data.length, 14)
  facts.writeUInt32LE(content.length, 18)
  facts.writeUInt16LE(name.length, 22)
  return facts
}

const localHeader = (facts: Buffer, name: string): Buffer =>
  Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), facts, Buffer.from(name, "latin1")])

const centralHeader = (facts: Buffer, name: string, offset: number): Buffer => {
  const rest = Buffer.alloc(14)
  rest.writeUInt32LE(0o100644 * 2 ** 16, 6) // A file of Unix.
  rest.writeUInt32LE(offset, 10)
  const [signature, madeOnUnix] = [Buffer.from("PK\x01\x02", "latin1"), Buffer.from([20, 3])]
  return Buffer.concat([signature, madeOnUnix, facts, rest, Buffer.from(name, "latin1")])
}

const endOfDirectory = (entries: number, size: number, offset: number): Buffer => {
  const end = Buffer.alloc(22)
  end.write("PK\x05\x06", 0, "latin1")
  end.writeUInt16LE(entries, 8)
  end.writeUInt16LE(entries, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
