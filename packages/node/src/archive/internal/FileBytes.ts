/** The bytes of a file, to be read from anywhere in it. */
import * as Fs from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TransferEvent } from "@scenario-assets/core/transfer/TransferEvent"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { FileError } from "../../file/FileError.ts"
import { Changed } from "../../file/internal/FileReason.ts"
import * as Files from "../../file/internal/Files.ts"
import * as Buffers from "../../http/Buffers.ts"
import type { ByteSource } from "./ByteSource.ts"

/** Read at the beginning, from the end. */
const tailSize = 256 * 1024

export const open = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<ByteSource<FileError>, FileError, Scope.Scope> {
  const buffers = yield* Buffers.make
  const handle = yield* Files.open(path, "r")
  const stat = yield* Files.attempt("look at", path, () => handle.stat())
  if (!stat.isFile()) return yield* Files.attempt("read", path, () => Promise.reject({ code: "EISDIR" }))
  const { size } = stat

  /** As much as there is between two places, and the buffer takes. */
  const readAt = (buffer: Buffer<ArrayBuffer>, start: number, end: number) =>
    Files.attempt("read", path, () => handle.read(buffer, 0, Math.min(buffer.length, end - start), start)).pipe(
      Effect.flatMap(({ bytesRead }) =>
        bytesRead === 0
          ? Effect.fail(new FileError({ operation: "read", path, reason: new Changed() }))
          : Effect.succeed(buffer.subarray(0, bytesRead))
      )
    )

  const readRange = ([start, end]: readonly [number, number]): Stream.Stream<TransferEvent, FileError> =>
    Stream.unfold(start, (offset) =>
      offset === end
        ? Effect.succeed(undefined)
        : Effect.map(readAt(buffers.take(), offset, end), (bytes) => {
            const event: TransferEvent = { _tag: "Bytes", offset, bytes }
            return [event, offset + bytes.length] as const
          })
    )

  const tail = Buffer.allocUnsafe(Math.min(size, tailSize))
  for (let done = 0; done < tail.length;) {
    done += (yield* readAt(tail.subarray(done), size - tail.length + done, size)).length
  }
  return { size, tail, read: (ranges) => Stream.flatMap(Stream.fromIterable(ranges), readRange) }
})

/** Where an archive may be kept until the scope is closed. */
export const temporaryPath: Effect.Effect<string, FileError, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Files.attempt("make a directory in", tmpdir(), () => Fs.mkdtemp(join(tmpdir(), "scenario-assets-"))),
    (path) => Effect.ignore(Files.attempt("remove", path, () => Fs.rm(path, { recursive: true, force: true })))
  ),
  (directory) => join(directory, "archive.zip")
)
