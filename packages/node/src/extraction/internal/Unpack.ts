/** What unpacks: whole entries to files, and sums of files that are there, at once and without waiting. */
import type { Due, Inflate, ZlibModule } from "../../archive/internal/Inflate.ts"

/** An entry whose data is all there. */
export interface Job extends Due {
  /** Where the file is made. */
  readonly temporary: string
  /** Where it goes once it is right. */
  readonly path: string
  /** Whether it takes the place of what is there. */
  readonly replaces: boolean
  /** Where its data begins, and how long it is, among bytes that it shares with others. */
  readonly start: number
  readonly length: number
}

/** What went wrong with a job: its content, or the disk. `Taken`: it is right, but something has its path by now. */
export type Failure =
  | { readonly _tag: "Content"; readonly description: string }
  | { readonly _tag: "Taken" }
  | { readonly _tag: "File"; readonly operation: string; readonly path: string; readonly code: string }

/** Some of a file, and the CRC-32 of what comes before. */
export interface Stretch {
  readonly path: string
  readonly start: number
  readonly length: number
  readonly crc32: number
}

/** What is used of `node:fs`, said anew for the same reason as `ZlibModule`. */
interface FsModule {
  readonly openSync: (path: string, flags: string | number, mode?: number) => number
  readonly writeSync: (file: number, content: Uint8Array, offset: number) => number
  readonly readSync: (file: number, buffer: Uint8Array, offset: number, length: number, position: number) => number
  readonly closeSync: (file: number) => void
  readonly renameSync: (from: string, to: string) => void
  readonly linkSync: (from: string, to: string) => void
  readonly unlinkSync: (path: string) => void
  readonly lstatSync: (path: string) => { readonly isFile: () => boolean; readonly size: number }
  readonly constants: { readonly O_RDONLY: number; readonly O_NOFOLLOW?: number }
}

/**
 * The same in this program and on a thread, which is started with the source of this function: it refers to nothing around it.
 */
export const make = (fs: FsModule, zlib: Pick<ZlibModule, "crc32">, { codeOf, inflate, release }: Inflate) => {
  /** One that is right goes to its path. */
  const unpack = (job: Job, bytes: Uint8Array): Failure | undefined => {
    const content = inflate(job, bytes.subarray(job.start, job.start + job.length))
    if (typeof content === "string") return { _tag: "Content", description: content }
    const failure = write(job, content)
    if (job.deflated) release(content)
    return failure
  }

  const write = (job: Job, content: Uint8Array): Failure | undefined => {
    const { path, temporary } = job
    try {
      const file = fs.openSync(temporary, "wx", 0o644)
      try {
        for (let done = 0; done < content.length;) done += fs.writeSync(file, content, done)
      } finally {
        fs.closeSync(file)
      }
      return place(job)
    } catch (cause) {
      return { _tag: "File", operation: "write", path, code: codeOf(cause) ?? String(cause) }
    }
  }

  /**
   * A hard link cannot replace anything, and costs less than to look first: 1.5 µs more for a file than a mere renaming, and
   * `lstat` 2.5 µs (medians of 50,000 files on tmpfs, 13 µs each).
   */
  const place = ({ path, replaces, temporary }: Job): Failure | undefined => {
    if (replaces) fs.renameSync(temporary, path)
    else {
      try {
        fs.linkSync(temporary, path)
      } catch (cause) {
        if (codeOf(cause) === "EEXIST" || isThere(path)) return { _tag: "Taken" }
        // Some file systems have no hard links.
        fs.renameSync(temporary, path)
        return undefined
      }
      fs.unlinkSync(temporary)
    }
    return undefined
  }

  const isThere = (path: string): boolean => {
    try {
      fs.lstatSync(path)
      return true
    } catch (cause) {
      return codeOf(cause) !== "ENOENT"
    }
  }

  /** How many bytes a file has; none for what is no file. */
  const sizeOf = (path: string): number | undefined => {
    try {
      const stat = fs.lstatSync(path)
      return stat.isFile() ? stat.size : undefined
    } catch {
      return undefined
    }
  }

  /** The CRC-32 of a file up to the end of a stretch; none where it cannot be read so far. */
  const sum = ({ crc32, length, path, start }: Stretch): number | undefined => {
    try {
      const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0))
      try {
        const buffer = Buffer.allocUnsafe(Math.min(length, 1024 * 1024))
        let found = crc32
        for (let done = 0; done < length;) {
          const read = fs.readSync(file, buffer, 0, Math.min(buffer.length, length - done), start + done)
          if (read === 0) return undefined
          found = zlib.crc32(buffer.subarray(0, read), found)
          done += read
        }
        return found
      } finally {
        fs.closeSync(file)
      }
    } catch {
      return undefined
    }
  }

  return { unpack, sizeOf, sum }
}

export type Unpack = ReturnType<typeof make>
