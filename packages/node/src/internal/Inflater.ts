/** The content of one entry, piece by piece: for those too large to be held. */
import * as Zlib from "node:zlib"
import * as Effect from "effect/Effect"
import { broken, type Due, wrongSum } from "./Unpack.ts"

export interface Inflater {
  /** Takes data and gives the content that comes of it; or says what is wrong. The data may be used again afterwards. */
  readonly push: (data: Uint8Array) => Effect.Effect<ReadonlyArray<Uint8Array>, string>
  /** All data was given: gives the rest, once all is verified. */
  readonly finish: Effect.Effect<ReadonlyArray<Uint8Array>, string>
  readonly close: () => void
}

/** Bytes that zlib gives at once. */
const chunkSize = 512 * 1024
/** What is given to zlib at once, so that what comes out, at most 1032 times as much, can be held. */
const sliceSize = (due: Due, length: number): number => (due.size > 16 * length ? 32 * 1024 : 1024 * 1024)

/** Begins with an entry that has so many bytes of data. */
export const make = (due: Due, length: number): Inflater => {
  let sum = 0
  let size = 0

  /** Counts what came out. */
  const count = (content: ReadonlyArray<Uint8Array>): Effect.Effect<ReadonlyArray<Uint8Array>, string> => {
    for (const chunk of content) {
      sum = Zlib.crc32(chunk, sum)
      size += chunk.length
    }
    return size > due.size ? Effect.fail(`has more than ${due.size} bytes`) : Effect.succeed(content)
  }

  const verify = Effect.suspend(() => {
    if (size !== due.size) return Effect.fail(`has ${size} bytes and not ${due.size}`)
    return sum === due.crc32 ? Effect.succeed([]) : Effect.fail(wrongSum(sum, due.crc32))
  })

  if (!due.deflated) return { push: (data) => count([data]), finish: verify, close: () => undefined }

  const zlib = Zlib.createInflateRaw({ chunkSize })
  let content: Array<Uint8Array> = []
  let failure: string | undefined
  zlib.on("data", (chunk: Uint8Array) => content.push(chunk))
  zlib.on("error", (cause) => {
    failure ??= broken(cause)
  })
  const taken = Effect.suspend(() => {
    const all = content
    content = []
    return failure === undefined ? count(all) : Effect.fail(failure)
  })

  const write = (data: Uint8Array) =>
    Effect.andThen(
      Effect.callback<void>((resume) => {
        if (zlib.destroyed) resume(Effect.void)
        else zlib.write(data, () => resume(Effect.void))
      }),
      taken
    )

  return {
    push: (data) => {
      const size = sliceSize(due, length)
      if (data.length <= size) return write(data)
      const slices = Array.from({ length: Math.ceil(data.length / size) }, (_, index) =>
        data.subarray(index * size, (index + 1) * size)
      )
      return Effect.map(Effect.forEach(slices, write), (contents) => contents.flat())
    },
    finish: Effect.callback<void>((resume) => {
      const done = () => resume(Effect.void)
      if (zlib.destroyed) return done()
      zlib.once("end", done)
      zlib.once("error", done)
      zlib.end()
    }).pipe(
      Effect.andThen(taken),
      Effect.tap(() =>
        zlib.bytesWritten === length ? verify : Effect.fail(`ends ${length - zlib.bytesWritten} bytes early`)
      )
    ),
    close: () => zlib.destroy()
  }
}
