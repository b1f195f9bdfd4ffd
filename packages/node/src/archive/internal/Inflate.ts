/** The content of an entry whose data is all there, inflated at once and verified. */
import * as Zlib from "node:zlib"

/** What is due to come out of an entry. */
export interface Due {
  readonly deflated: boolean
  readonly size: number
  readonly crc32: number
}

/** What is used of `node:zlib`, said anew: who has no types of Node can use the library all the same. */
export interface ZlibModule {
  readonly crc32: (data: Uint8Array, sum?: number) => number
  readonly inflateRawSync: (
    data: Uint8Array,
    options: { readonly chunkSize: number; readonly maxOutputLength: number; readonly info: boolean }
  ) => unknown
}

/**
 * The same in this program and on a thread, which is started with the source of this function: it refers to nothing around it.
 */
export const make = (zlib: ZlibModule) => {
  const inflate = ({ crc32, deflated, size }: Due, data: Uint8Array): Uint8Array | string => {
    const content = deflated ? inflateExactly(data, size) : data
    if (typeof content === "string") return content
    if (content.length !== size) return `has ${content.length} bytes and not ${size}`
    const found = zlib.crc32(content)
    return found === crc32 ? content : wrongSum(found, crc32)
  }

  const release = ({ buffer }: Uint8Array): void => {
    // What is smaller may stand in memory that others use too.
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 64 * 1024) buffer.transfer(0)
  }

  const tooMuch = ({ size }: Pick<Due, "size">): string => `has more than ${size} bytes`

  const wrongSum = (found: number, due: number): string =>
    `has the CRC-32 ${found.toString(16).padStart(8, "0")} and not ${due.toString(16).padStart(8, "0")}`

  const inflateExactly = (data: Uint8Array, size: number): Uint8Array | string => {
    try {
      // One buffer that is a little larger than the content: zlib then knows without another round that it is done.
      const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: size + 1, info: true }
      const { buffer, engine } = asInfo(zlib.inflateRawSync(data, options))
      return engine.bytesWritten === data.length ? buffer : `ends ${data.length - engine.bytesWritten} bytes early`
    } catch (cause) {
      return codeOf(cause) === "ERR_BUFFER_TOO_LARGE" ? tooMuch({ size }) : broken(cause)
    }
  }

  const broken = (cause: unknown): string => `cannot be decompressed (${codeOf(cause) ?? "broken"})`

  const codeOf = (cause: unknown): string | undefined => {
    if (!(cause instanceof Error && "code" in cause)) return undefined
    // Of an error that libuv has no name for, the number says more.
    return cause.code === "UNKNOWN" && "errno" in cause
      ? `Unknown system error ${String(cause.errno)}`
      : String(cause.code)
  }

  /** With `info` zlib gives the engine as well, which the types do not say. */
  const asInfo = (
    result: unknown
  ): { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } } => {
    if (typeof result === "object" && result !== null && "buffer" in result && "engine" in result) {
      const { buffer, engine } = result
      if (buffer instanceof Uint8Array && typeof engine === "object" && engine !== null && "bytesWritten" in engine) {
        return { buffer, engine: { bytesWritten: Number(engine.bytesWritten) } }
      }
    }
    throw new Error("zlib gives no info")
  }

  return {
    /** The content of an entry, verified; or what is wrong with it. */
    inflate,
    /** Gives memory back at once: until the collector comes, there would be a hundred times as much of it. */
    release,
    tooMuch,
    wrongSum,
    broken,
    /** The system's code of a failure. */
    codeOf
  }
}

export type Inflate = ReturnType<typeof make>

export const { broken, inflate, release, tooMuch, wrongSum } = make(Zlib)
