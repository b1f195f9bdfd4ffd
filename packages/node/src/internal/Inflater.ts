/** The content of one entry, piece by piece: for those too large to be held. */
import * as Zlib from "node:zlib"
import type { Piece } from "@scenario-assets/core/EntryData"
import * as Effect from "effect/Effect"
import { broken, type Due, tooMuch, wrongSum } from "./Unpack.ts"

export interface Inflater {
  /** Takes data and gives the content that comes of it; or says what is wrong. The data may be used again afterwards. */
  readonly push: (data: Uint8Array) => Effect.Effect<ReadonlyArray<Uint8Array>, string>
  /** All data was given: gives the rest, once all is verified. */
  readonly finish: Effect.Effect<ReadonlyArray<Uint8Array>, string>
  readonly close: () => void
}

/** Bytes that zlib gives at once. */
const chunkSize = 512 * 1024
/** What is held at once of one entry, in bytes: 1032 times the data that is taken, and never more than is due. */
const mostHeld = 64 * 1024 * 1024
/**
 * A piece of an entry as pieces that are taken one by one, so that what comes of each can be held. A megabyte of data may
 * make a gigabyte of content.
 */
export const inSlices = (piece: Piece): ReadonlyArray<Piece> => {
  const { data, entry, isFirst, isLast } = piece
  const size = entry.size > mostHeld ? mostHeld / 1024 : mostHeld
  if (entry.method === "stored" || data.length <= size) return [piece]
  return Array.from({ length: Math.ceil(data.length / size) }, (_, index) => ({
    entry,
    data: data.subarray(index * size, (index + 1) * size),
    isFirst: isFirst && index === 0,
    isLast: isLast && (index + 1) * size >= data.length
  }))
}

/** Begins with an entry that has so many bytes of data. */
export const make = (due: Due, length: number): Inflater => {
  let sum = 0
  let size = 0

  const verify = Effect.suspend(() => {
    if (size !== due.size) return Effect.fail(`has ${size} bytes and not ${due.size}`)
    return sum === due.crc32 ? Effect.succeed([]) : Effect.fail(wrongSum(sum, due.crc32))
  })

  /** Counts what came out. */
  const count = (content: ReadonlyArray<Uint8Array>): Effect.Effect<ReadonlyArray<Uint8Array>, string> => {
    for (const chunk of content) {
      sum = Zlib.crc32(chunk, sum)
      size += chunk.length
    }
    return size > due.size ? Effect.fail(tooMuch(due)) : Effect.succeed(content)
  }

  if (!due.deflated) return { push: (data) => count([data]), finish: verify, close: () => undefined }

  const zlib = Zlib.createInflateRaw({ chunkSize })
  let content: Array<Uint8Array> = []
  let came = 0
  let failure: string | undefined
  zlib.on("data", (chunk: Uint8Array) => {
    came += chunk.length
    if (came <= due.size) return content.push(chunk)
    // At once, before all of it is held.
    failure ??= tooMuch(due)
    return zlib.destroy()
  })
  zlib.on("error", (cause) => {
    failure ??= broken(cause)
  })
  const taken = Effect.suspend(() => {
    const all = content
    content = []
    return failure === undefined ? count(all) : Effect.fail(failure)
  })

  /** Waits until `begin` says that it is done; or until zlib is, which after an error calls nobody back. */
  const settled = (begin: (done: () => void) => void) =>
    Effect.callback<void>((resume) => {
      if (zlib.destroyed) return resume(Effect.void)
      const done = () => {
        zlib.off("close", done)
        resume(Effect.void)
      }
      zlib.once("close", done)
      return begin(done)
    })

  return {
    push: (data) =>
      Effect.andThen(
        settled((done) => zlib.write(data, done)),
        taken
      ),
    // Its end may have come long before that of the data: what it closes with is the same in all cases.
    finish: settled(() => zlib.end()).pipe(
      Effect.andThen(taken),
      Effect.flatMap((rest) =>
        zlib.bytesWritten === length
          ? Effect.as(verify, rest)
          : Effect.fail(`ends ${length - zlib.bytesWritten} bytes early`)
      )
    ),
    close: () => zlib.destroy()
  }
}
