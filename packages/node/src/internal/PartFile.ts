import * as Fs from "node:fs/promises"
import * as StoredObject from "@scenario-assets/core/StoredObject"
/**
 * A file that is not yet whole: `<target>.part`, and beside it `<target>.part.json`, which says of which object the
 * bytes are. The state is written before the first byte of an object, so whatever moment a run is killed at, the two
 * together are true: every byte in the part is a byte of that object, in its place.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { FileError } from "../FileError.ts"
import * as Files from "./Files.ts"

export interface PartFile {
  /** What may be resumed; nothing for a part that is new or cannot be trusted. */
  readonly resume: { readonly object: StoredObject.StoredObject; readonly offset: number } | undefined
  /** Bytes given to the system so far. */
  readonly written: () => number
  /** From now on, the bytes are of this object. */
  readonly describe: (object: StoredObject.StoredObject) => Effect.Effect<void, FileError>
  /** Takes bytes. */
  readonly push: (bytes: Uint8Array) => void
  /** Gives bytes to the system once there is about 1 MiB of them, and says whether it did. */
  readonly flushIfFull: Effect.Effect<boolean, FileError>
  /** Forgets all bytes. */
  readonly clear: Effect.Effect<void, FileError>
  /** Makes the part last, and gives it its final name. */
  readonly finish: (name: string) => Effect.Effect<void, FileError>
}

/** One write for about so many bytes: one write for each chunk is the usual bottleneck. */
const batchSize = 1024 * 1024

const State = Schema.fromJsonString(Schema.Struct({ version: Schema.Literal(1), object: StoredObject.StoredObject }))
const decodeState = Schema.decodeUnknownOption(State)
const encodeState = Schema.encodeSync(State)

/** Opens or makes the part of a target. Closing the scope gives pending bytes to the system, also on interruption. */
export const open = Effect.fnUntraced(function* (target: string): Effect.fn.Return<PartFile, FileError, Scope.Scope> {
  const path = `${target}.part`
  const statePath = `${path}.json`
  const text = yield* Files.readText(statePath)
  const state = text === undefined ? Option.none() : decodeState(text)

  const handle = yield* Effect.acquireRelease(
    Files.attempt("open", path, () => Fs.open(path, Fs.constants.O_RDWR | Fs.constants.O_CREAT, 0o644)),
    (handle) =>
      Effect.ignore(
        Effect.andThen(
          flush(),
          Files.attempt("close", path, () => handle.close())
        )
      )
  )
  const size = yield* Files.attempt("look at", path, async () => (await handle.stat()).size)
  const resume =
    Option.isSome(state) && isResumable(state.value.object, size)
      ? { object: state.value.object, offset: size }
      : undefined

  let pending: Array<Uint8Array> = []
  let held = 0
  let position = resume?.offset ?? 0
  if (resume === undefined && size > 0) yield* truncate()

  function truncate() {
    return Files.attempt("truncate", path, () => handle.truncate(0))
  }

  function flush(): Effect.Effect<void, FileError> {
    return held === 0
      ? Effect.void
      : Files.attempt("write", path, async () => {
          const batch = pending
          const length = held
          pending = []
          held = 0
          const { bytesWritten } = await handle.writev(batch, position)
          // A short write (a full disk, a signal) leaves the rest to be written by itself, or to fail by itself.
          for (let rest = bytesWritten; rest < length;) {
            const left = Buffer.concat(batch).subarray(rest)
            rest += (await handle.write(left, 0, left.length, position + rest)).bytesWritten
          }
          position += length
        }).pipe(Effect.uninterruptible)
  }

  return {
    resume,
    written: () => position,
    describe: (object) => Files.writeWhole(statePath, encodeState({ version: 1, object })),
    push: (bytes) => {
      pending.push(bytes)
      held += bytes.length
    },
    flushIfFull: Effect.suspend(() => (held < batchSize ? Effect.succeed(false) : Effect.as(flush(), true))),
    clear: Effect.suspend(() => {
      pending = []
      held = 0
      position = 0
      return truncate()
    }),
    finish: Effect.fnUntraced(function* (name) {
      yield* flush()
      yield* Files.attempt("sync", path, () => handle.sync())
      yield* Files.rename(path, name)
      yield* Files.remove(statePath)
    })
  }
})

/** Across runs only a strong validator will do: bytes of two objects are never joined. */
const isResumable = (object: StoredObject.StoredObject, size: number): boolean =>
  size > 0 && StoredObject.strongEtag(object) !== undefined && (object.size === undefined || size <= object.size)
