/**
 * A file that is not yet whole: `part`, in a directory of our own, and beside it `state.jsonl`, which says of which object the
 * bytes are and which of them are there. The state speaks only of bytes that the system has taken before it was written, so
 * whatever moment a run is killed at, the two together are true. Where the system itself went down, only those count that
 * the disk had been asked to keep.
 */
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Hashes from "@scenario-assets/core/engine/transfer/Hashes"
import * as Ranges from "@scenario-assets/core/engine/transfer/Ranges"
import * as StoredObjects from "@scenario-assets/core/engine/transfer/StoredObjects"
import * as Sums from "@scenario-assets/core/engine/transfer/Sums"
import * as Tally from "@scenario-assets/core/engine/transfer/Tally"
import type { Checksum } from "@scenario-assets/core/transfer/Checksum"
import * as StoredObject from "@scenario-assets/core/transfer/StoredObject"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Buffers from "../../http/Buffers.ts"
import type { FileError } from "../FileError.ts"
import * as Boot from "./Boot.ts"
import * as Files from "./Files.ts"
import type * as OwnDirectory from "./OwnDirectory.ts"
import * as StateFile from "./StateFile.ts"

export interface PartFile {
  readonly path: string
  /** What may be resumed; nothing for a part that is new or cannot be trusted. */
  readonly resume: { readonly object: StoredObject.StoredObject; readonly ranges: Ranges.Ranges } | undefined
  /** Bytes given to the system so far. */
  readonly written: () => number
  /** Whether all bytes of the object are there, and no others. */
  readonly isWhole: () => boolean
  /** From now on, the bytes are of this object. */
  readonly describe: (object: StoredObject.StoredObject) => Effect.Effect<void, FileError>
  /** Takes bytes. */
  readonly push: (offset: number, bytes: Uint8Array) => void
  /** Gives bytes to the system once there is about 1 MiB of them, or a second has passed, and says whether it did. */
  readonly flushIfDue: Effect.Effect<boolean, FileError>
  /** Gives all bytes to the system. */
  readonly flush: Effect.Effect<void, FileError>
  /** Forgets all bytes. */
  readonly clear: Effect.Effect<void, FileError>
  /** Compares the checksums that the object declares. */
  readonly verify: Effect.Effect<Sums.Verdict, FileError>
  /** Makes the part last, and gives it its final name; `EEXIST` where that is taken and not to be replaced. */
  readonly finish: (name: string, options: { readonly replace: boolean }) => Effect.Effect<void, FileError>
}

/** One write for about so many bytes: one write for each chunk is the usual bottleneck. */
const batchSize = 1024 * 1024
/** How long, in milliseconds, fewer may be kept back: who looks on wants to see that a slow transfer goes on. */
const patience = 1000
/** How many bytes may be on the disk and not yet in the state: so many a killed run transfers again at the most. */
const checkpoint = 4 * 1024 * 1024

/** How often the disk is asked to keep what it was given: so much work a loss of power costs at the most. */
const syncInterval = Duration.seconds(5)

const Parts = Schema.Array(Tally.SummedRange)
const State = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.Literal(1),
    object: StoredObject.StoredObject,
    parts: Parts,
    /** Those of them that a loss of power leaves there. */
    durable: Parts,
    /** Which start of the system this was written after. */
    boot: Schema.String
  })
)
const decodeState = Schema.decodeUnknownOption(State)
const encodeState = Schema.encodeSync(State)

/** Bytes without a gap between them. */
interface Run {
  readonly offset: number
  readonly chunks: Array<Uint8Array>
  length: number
}

/** Opens or makes the part in a directory. Closing the scope gives pending bytes to the system, also on interruption. */
export const open = Effect.fnUntraced(function* (
  directory: OwnDirectory.OwnDirectory,
  hashes: Hashes.Hashes
): Effect.fn.Return<PartFile, FileError, Scope.Scope> {
  const path = join(directory.path, "part")
  // Killed when it had its final name already, and this one still: whoever writes to it writes to the finished file.
  const names = yield* Files.orMissing(Files.attempt("look at", path, () => Fs.stat(path)))
  if (names?.isFile() === true && names.nlink > 1) yield* Files.remove(path)
  if (!directory.isCertain) yield* detach(path)
  const stateFile = yield* StateFile.open(join(directory.path, "state.jsonl"))
  const boot = yield* Boot.id
  const state = Option.map(
    Arr.findFirst(stateFile.lines, (line) => decodeState(line)),
    (found) => (found.boot === boot ? found : { ...found, parts: found.durable })
  )

  const handle = yield* Files.open(path, Fs.constants.O_RDWR | Fs.constants.O_CREAT, 0o644)
  const size = yield* Files.attempt("look at", path, async () => (await handle.stat()).size)
  const trusted = Option.isSome(state) && isResumable(state.value, size) ? state.value : undefined
  if (trusted === undefined && size > 0) yield* truncate()

  let object = trusted?.object
  let tally = Tally.make(hashes, object?.checksums ?? [], trusted?.parts)
  let pending: Array<Run> = []
  let held = 0
  let unsaved = 0
  let flushed = yield* Clock.currentTimeMillis
  let durable = trusted?.durable ?? []
  let unsynced: FileError | undefined
  let finished = false
  /** For the state, which two write. */
  const turn = yield* Semaphore.make(1)
  yield* Effect.addFinalizer(() =>
    Effect.ignore(flush()).pipe(Effect.andThen(Effect.ignore(save)), Effect.andThen(Effect.ignore(removeIfUnused())))
  )

  function truncate() {
    // It may be closed already.
    return Files.attempt("truncate", path, () => (handle.fd === -1 ? Fs.truncate(path) : handle.truncate(0)))
  }

  const writeState = Effect.suspend(() => {
    if (object === undefined || finished) return Effect.void
    // What the disk failed to keep may not even be in the system's memory any more.
    const parts = unsynced === undefined ? tally.parts() : durable
    return stateFile.write(encodeState({ version: 1, object, parts, durable, boot }))
  })
  const save = turn.withPermit(writeState)

  /** A system tells of a failure once, and then no more. */
  const noteFailure = (error: FileError) =>
    Effect.sync(() => {
      unsynced = error
    })

  const sync = Effect.gen(function* () {
    yield* Effect.sleep(syncInterval)
    const synced = tally
    const parts = synced.parts()
    if (!(yield* Files.sync(path, handle, "data"))) return yield* Effect.never
    const keep = Effect.suspend(() => {
      // They were forgotten meanwhile.
      if (tally !== synced || finished) return Effect.void
      durable = parts
      return Effect.andThen(writeState, stateFile.sync)
    })
    // The next state that is written would tell of a failure.
    yield* Effect.ignore(turn.withPermit(keep))
  })
  yield* Effect.forkScoped(Effect.catch(Effect.forever(sync), noteFailure))

  /** Who cannot be asked to keep the bytes tells at the close what became of them, as network disks do. */
  const settled = Effect.flatMap(Files.sync(path, handle), (isSynced) =>
    isSynced ? Effect.void : Files.attempt("close", path, () => handle.close())
  )

  /** Where nothing came, as of an asset that is unknown, there is nothing to go on from. */
  function removeIfUnused(): Effect.Effect<void, FileError> {
    return Effect.suspend(() => (object === undefined && !finished ? Files.remove(path) : Effect.void))
  }

  function flush(): Effect.Effect<void, FileError> {
    if (unsynced !== undefined) return Effect.fail(unsynced)
    if (held === 0) return Effect.void
    return Files.attempt("write", path, async () => {
      const batch = pending
      pending = []
      unsaved += held
      held = 0
      for (const { chunks, offset } of batch) {
        await Files.writeAll(handle, chunks, offset)
        let position = offset
        for (const chunk of chunks) {
          tally.add(position, chunk)
          position += chunk.length
          Buffers.giveBack(chunk)
        }
      }
    }).pipe(Effect.uninterruptible)
  }

  function readAgain(declared: ReadonlyArray<Checksum>): Effect.Effect<Sums.Sums, FileError> {
    return Files.attempt("read", path, async () => {
      const running = Hashes.run(hashes, declared)
      const buffer = Buffer.allocUnsafe(batchSize)
      for (let position = 0; ;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) return running.sums()
        running.update(buffer.subarray(0, bytesRead))
        position += bytesRead
      }
    })
  }

  return {
    path,
    flush: Effect.suspend(flush),
    resume: trusted === undefined ? undefined : { object: trusted.object, ranges: tally.ranges() },
    written: () => Ranges.length(tally.ranges()),
    isWhole: () => {
      const [first, ...others] = tally.ranges()
      const end = first === undefined ? 0 : first[1]
      return (first?.[0] ?? 0) === 0 && others.length === 0 && end === (object?.size ?? end)
    },
    describe: Effect.fnUntraced(function* (next) {
      const isNew = object === undefined
      object = next
      if (isNew) tally = Tally.make(hashes, next.checksums ?? [])
      yield* save
    }),
    push: (offset, bytes) => {
      const last = pending.at(-1)
      held += bytes.length
      if (last !== undefined && last.offset + last.length === offset) {
        last.chunks.push(bytes)
        last.length += bytes.length
      } else pending.push({ offset, chunks: [bytes], length: bytes.length })
    },
    flushIfDue: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (held < batchSize && now - flushed < patience) return Effect.succeed(false)
      flushed = now
      return Effect.as(
        Effect.andThen(
          flush(),
          Effect.suspend(() => {
            if (unsaved < checkpoint) return Effect.void
            unsaved = 0
            return save
          })
        ),
        true
      )
    }),
    clear: turn.withPermit(
      Effect.suspend(() => {
        pending = []
        held = 0
        object = undefined
        durable = []
        tally = Tally.make(hashes, [])
        return Effect.andThen(stateFile.remove, truncate())
      })
    ),
    verify: Effect.gen(function* () {
      yield* flush()
      const declared = object?.checksums ?? []
      const verdict = Sums.verify(tally.sums(), declared)
      // Bytes that came out of order, or in two runs, have no MD5 or SHA yet: they are read once more.
      const isEnough = verdict.verified.length > 0 || verdict.mismatches.length > 0
      return isEnough || declared.length === 0 ? verdict : Sums.verify(yield* readAgain(declared), declared)
    }),
    finish: Effect.fnUntraced(function* (name, { replace }) {
      yield* Effect.tapError(settled, noteFailure)
      const end = Effect.suspend(() => {
        finished = true
        return stateFile.remove
      })
      yield* (replace ? Files.rename(path, name) : Files.publish(path, name)).pipe(
        Effect.andThen(turn.withPermit(end)),
        Effect.uninterruptible
      )
    })
  }
})

/**
 * Makes another file of the part: whoever was taken for gone writes to the old one, should it come back. Where there is no room
 * for two, the download begins anew.
 */
const detach = (path: string): Effect.Effect<void, FileError> => {
  const copy = `${path}.copy`
  return Files.attempt("copy", path, () => Fs.copyFile(path, copy, Fs.constants.COPYFILE_FICLONE)).pipe(
    Effect.andThen(Files.attempt("rename to", path, () => Fs.rename(copy, path))),
    Effect.catch(() => Effect.andThen(Files.remove(copy), Files.remove(path)))
  )
}

/** Across runs only a strong validator will do: bytes of two objects are never joined. */
const isResumable = ({ object, parts }: typeof State.Type, size: number): boolean => {
  const end = Math.max(0, ...parts.map(({ start, sums }) => start + sums.length))
  return end > 0 && end <= size && StoredObjects.strongEtag(object) !== undefined && size <= (object.size ?? size)
}
