/** The content of one entry, piece by piece: for those too large to be held. */
import * as Zlib from "node:zlib"
import * as Effect from "effect/Effect"
import { broken, type Due, tooMuch, wrongSum } from "./Inflate.ts"

type Content = Effect.Effect<ReadonlyArray<Uint8Array>, string>

export interface Inflater {
  /** Takes data and gives the content that comes of it, or some of it; or says what is wrong. */
  readonly push: (data: Uint8Array) => Content
  /** There is more of the data that was taken last, which may not be used again yet: a megabyte may make a gigabyte. */
  readonly isBusy: () => boolean
  /** Gives more of it. */
  readonly more: Content
  /** All data was given, and is used up: gives the rest, once all is verified. */
  readonly finish: Content
  readonly close: () => void
}

/** Bytes that zlib gives at once. */
const chunkSize = 512 * 1024
/** Bytes of content that are given at once. */
const mostHeld = 8 * 1024 * 1024

/** Begins with an entry that has so many bytes of data. */
export const make = (due: Due, length: number): Inflater => {
  let sum = 0
  let size = 0

  const verify: Content = Effect.suspend(() => {
    if (size !== due.size) return Effect.fail(`has ${size} bytes and not ${due.size}`)
    return sum === due.crc32 ? Effect.succeed([]) : Effect.fail(wrongSum(sum, due.crc32))
  })

  /** Counts what came out. */
  const count = (content: ReadonlyArray<Uint8Array>): Content => {
    for (const chunk of content) {
      sum = Zlib.crc32(chunk, sum)
      size += chunk.length
    }
    return size > due.size ? Effect.fail(tooMuch(due)) : Effect.succeed(content)
  }

  if (!due.deflated) {
    return {
      push: (data) => count([data]),
      isBusy: () => false,
      more: Effect.succeed([]),
      finish: verify,
      close: () => undefined
    }
  }

  const zlib = Zlib.createInflateRaw({ chunkSize })
  let content: Array<Uint8Array> = []
  let held = 0
  let came = 0
  let failure: string | undefined
  let isBusy = false
  let isEnding = false
  let waiting: (() => void) | undefined
  zlib.on("data", (chunk: Uint8Array) => {
    came += chunk.length
    if (came > due.size) {
      // At once, before all of it is held.
      failure ??= tooMuch(due)
      return zlib.destroy()
    }
    content.push(chunk)
    held += chunk.length
    if (held < mostHeld || isEnding) return undefined
    zlib.pause()
    return waiting?.()
  })
  zlib.on("error", (cause) => {
    failure ??= broken(cause)
  })
  const settle = () => {
    isBusy = false
    waiting?.()
  }
  // After an error nobody is called back; and where the content ends before the data, its end comes early.
  zlib.on("close", settle)

  /** What has come, once it is enough, or all that comes of the data. */
  const taken: Content = Effect.andThen(
    Effect.callback<void>((resume) => {
      if (!isBusy) return resume(Effect.void)
      waiting = () => {
        waiting = undefined
        resume(Effect.void)
      }
      zlib.resume()
      return Effect.sync(() => (waiting = undefined))
    }),
    Effect.suspend(() => {
      const all = content
      content = []
      held = 0
      return failure === undefined ? count(all) : Effect.fail(failure)
    })
  )
  /** Begins what `settle` ends, unless zlib is done already. */
  const begin = (run: () => void) =>
    Effect.sync(() => {
      if (zlib.destroyed) return
      isBusy = true
      run()
    })

  return {
    push: (data) =>
      Effect.andThen(
        begin(() => zlib.write(data, settle)),
        taken
      ),
    isBusy: () => isBusy,
    more: taken,
    finish: begin(() => {
      isEnding = true
      zlib.end()
    }).pipe(
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
