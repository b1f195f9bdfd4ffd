/**
 * Whole entries to files, at once and without waiting: what a thread does all day. Imports nothing but Node and how to inflate,
 * so that a thread begins fast.
 */
import * as Fs from "node:fs"
import * as Zlib from "node:zlib"
import { codeOf, inflate, release } from "../../archive/internal/Inflate.ts"

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
