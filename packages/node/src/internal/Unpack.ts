/**
 * Whole entries to files, at once and without waiting: what a thread does all day. Imports nothing but Node, so that a
 * thread begins fast.
 */
import * as Fs from "node:fs"
import * as Zlib from "node:zlib"

/** An entry whose data is all there. */
export interface Job {
  /** Where the file is made. */
  readonly temporary: string
  /** Where it goes once it is right. */
  readonly path: string
  readonly deflated: boolean
  readonly size: number
  readonly crc32: number
  /** Where its data begins, and how long it is, among bytes that it shares with others. */
  readonly start: number
  readonly length: number
}

/** What went wrong with a job: its content, or the disk. */
export type Failure =
  | { readonly _tag: "Content"; readonly description: string }
  | { readonly _tag: "File"; readonly operation: string; readonly path: string; readonly code: string }

/** A file that may be there already. */
export type Check = Pick<Job, "path" | "size" | "crc32">

/** What a thread is asked. */
export type Request =
  | { readonly _tag: "Unpack"; readonly slot: number; readonly jobs: ReadonlyArray<Job> }
  | { readonly _tag: "Check"; readonly files: ReadonlyArray<Check> }

/** Its answer: for each job that failed a failure under its number; for each file whether it holds what is due. */
export type Response =
  | { readonly _tag: "Unpacked"; readonly failures: ReadonlyArray<Failure | undefined> }
  | { readonly _tag: "Checked"; readonly right: ReadonlyArray<boolean> }

/** Does what is asked, with the memory that is shared. */
export const work = (request: Request, slots: ReadonlyArray<Uint8Array>): Response => {
  if (request._tag === "Check") return { _tag: "Checked", right: request.files.map(holds) }
  const bytes = slots[request.slot] ?? new Uint8Array(0)
  return { _tag: "Unpacked", failures: request.jobs.map((job) => unpack(job, bytes)) }
}

const unpack = (job: Job, bytes: Uint8Array): Failure | undefined => {
  const content = inflate(job, bytes.subarray(job.start, job.start + job.length))
  if (typeof content === "string") return { _tag: "Content", description: content }
  const failure = write(job, content)
  if (job.deflated) release(content)
  return failure
}

/** Gives memory back at once: until the collector comes, there would be a hundred times as much of it. */
export const release = ({ buffer }: Uint8Array): void => {
  // What is smaller may stand in memory that others use too.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 64 * 1024) buffer.transfer(0)
}

/** What is due to come out of an entry. */
export type Due = Pick<Job, "deflated" | "size" | "crc32">

/** The content of an entry, verified; or what is wrong with it. */
export const inflate = ({ crc32, deflated, size }: Due, data: Uint8Array): Uint8Array | string => {
  const content = deflated ? inflateExactly(data, size) : data
  if (typeof content === "string") return content
  if (content.length !== size) return `has ${content.length} bytes and not ${size}`
  const found = Zlib.crc32(content)
  return found === crc32 ? content : wrongSum(found, crc32)
}

export const tooMuch = ({ size }: Pick<Due, "size">): string => `has more than ${size} bytes`

export const wrongSum = (found: number, due: number): string =>
  `has the CRC-32 ${found.toString(16).padStart(8, "0")} and not ${due.toString(16).padStart(8, "0")}`

const inflateExactly = (data: Uint8Array, size: number): Uint8Array | string => {
  try {
    // One buffer that is a little larger than the content: zlib then knows without another round that it is done.
    const options: Zlib.ZlibOptions = { chunkSize: Math.max(64, size + 1), maxOutputLength: size + 1, info: true }
    const { buffer, engine } = asInfo(Zlib.inflateRawSync(data, options))
    return engine.bytesWritten === data.length ? buffer : `ends ${data.length - engine.bytesWritten} bytes early`
  } catch (cause) {
    return codeOf(cause) === "ERR_BUFFER_TOO_LARGE" ? tooMuch({ size }) : broken(cause)
  }
}

export const broken = (cause: unknown): string => `cannot be decompressed (${codeOf(cause) ?? "broken"})`

const codeOf = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause ? String(cause.code) : undefined

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

const write = ({ path, temporary }: Job, content: Uint8Array): Failure | undefined => {
  try {
    const file = Fs.openSync(temporary, "w", 0o644)
    try {
      for (let done = 0; done < content.length;) done += Fs.writeSync(file, content, done)
    } finally {
      Fs.closeSync(file)
    }
    Fs.renameSync(temporary, path)
    return undefined
  } catch (cause) {
    return { _tag: "File", operation: "write", path, code: codeOf(cause) ?? String(cause) }
  }
}

/** Whether a file holds exactly this content. */
const holds = ({ crc32, path, size }: Check): boolean => {
  let file: number | undefined
  try {
    const stat = Fs.lstatSync(path)
    if (!stat.isFile() || stat.size !== size) return false
    file = Fs.openSync(path, "r")
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, 1024 * 1024)))
    let found = 0
    let length = 0
    for (let read = Fs.readSync(file, buffer); read > 0; read = Fs.readSync(file, buffer)) {
      found = Zlib.crc32(buffer.subarray(0, read), found)
      length += read
    }
    return length === size && found === crc32
  } catch {
    return false
  } finally {
    if (file !== undefined) Fs.closeSync(file)
  }
}
