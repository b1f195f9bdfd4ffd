/** Those who unpack: threads; or the program's own, where an archive is not worth one, or none can be started. */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Thread from "./Thread.ts"
import type * as Unpack from "./Unpack.ts"

export interface Unpackers {
  /** Memory for so many bytes of entries, or for more: whoever takes it has it alone, until it is unpacked. */
  readonly memory: (size: number) => Thread.Memory
  /**
   * Unpacks what stands in such memory, and waits until somebody has time to begin with it. The work goes on whatever becomes of the
   * caller, who is given it first. To interrupt it waits for what a thread has been given.
   */
  readonly unpack: (
    memory: Thread.Memory,
    jobs: ReadonlyArray<Unpack.Job>,
    onWork: (work: Fiber.Fiber<Thread.Unpacked["failures"]>) => void
  ) => Effect.Effect<void>
  /** How many bytes these files have; none for what is no file. */
  readonly sizes: (paths: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<number | undefined>>
  /** The CRC-32 of files that have so many bytes; none for those that cannot be read. */
  readonly sums: (files: ReadonlyArray<FileThere>) => Effect.Effect<ReadonlyArray<number | undefined>>
  /** Begins to start the threads, so that nobody waits for them later. */
  readonly warmUp: Effect.Effect<void>
}

export interface FileThere {
  readonly path: string
  readonly size: number
}

/** Memory comes in multiples of so many bytes, which is as much data as is worth the way to a thread. */
export const memorySize = 1024 * 1024
/** So many pieces of work has each thread: one that waits while the other is done. */
const turnsOfThread = 2
/** So many bytes of files are read at once: whoever wants to stop it waits for no more of them. */
const stretchSize = 8 * 1024 * 1024
/** So many files are looked at, at once. */
const groupSize = 64

/** So many threads, started when they are needed; with none, everything is done by the program's own. */
export const make = Effect.fnUntraced(function* (count: number): Effect.fn.Return<Unpackers, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const most = Math.max(1, count) * turnsOfThread
  const turns = yield* Semaphore.make(most)
  const idle: Array<Thread.Memory> = []
  const threads = yield* Effect.cached(
    Effect.forEach(Array.from({ length: Math.max(0, count) }), () => Thread.start, { concurrency: "unbounded" }).pipe(
      Effect.map((started) => {
        const able = started.filter((thread) => thread !== undefined)
        return Arr.isArrayNonEmpty(able) ? able : Arr.of(Thread.own)
      }),
      Scope.provide(scope)
    )
  )
  /** Whoever has the least to do; the program's own where all have ended. */
  const thread = Effect.map(threads, (all) => {
    const least = all.reduce((one, other) => (other.load() < one.load() ? other : one))
    return Number.isFinite(least.load()) ? least : Thread.own
  })

  /** Of one file, however large it is. */
  const sumOf = Effect.fnUntraced(function* ({ path, size }: FileThere) {
    let crc32: number | undefined = 0
    for (let start = 0; start < size && crc32 !== undefined; start += stretchSize) {
      const stretch: Unpack.Stretch = { path, start, length: Math.min(stretchSize, size - start), crc32 }
      const [sum]: ReadonlyArray<number | undefined> = yield* Effect.flatMap(thread, ({ sums }) => sums([stretch]))
      crc32 = sum
    }
    return [crc32]
  })

  return {
    warmUp: Effect.asVoid(Effect.forkIn(threads, scope)),
    memory: (size) => {
      const index = idle.findLastIndex(({ length }) => length >= size)
      const [memory] = index === -1 ? [] : idle.splice(index, 1)
      return memory ?? new Uint8Array(memorySize * Math.ceil(size / memorySize))
    },
    unpack: (memory, jobs, onWork) => {
      const work = Effect.map(
        Effect.flatMap(thread, ({ unpack }) => unpack(memory, jobs)),
        ({ failures, memory }) => {
          // What was used last is of the size that is needed next.
          idle.push(memory)
          if (idle.length > most) idle.shift()
          return failures
        }
      )
      return Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const hasBegun = yield* Latch.make()
          const turn = turns.withPermits(1)(Effect.andThen(hasBegun.open, work))
          onWork(yield* Effect.forkIn(turn, scope, { startImmediately: true }))
          yield* restore(hasBegun.await)
        })
      )
    },
    sizes: (paths) =>
      Effect.map(
        Effect.forEach(Arr.chunksOf(paths, groupSize), (some) => Effect.flatMap(thread, ({ sizes }) => sizes(some)), {
          concurrency: most
        }),
        Arr.flatten
      ),
    sums: (files) =>
      Effect.map(
        Effect.forEach(
          groupsOf(files),
          (group) =>
            group.length === 1
              ? sumOf(group[0])
              : Effect.flatMap(thread, ({ sums }) =>
                  sums(group.map(({ path, size }) => ({ path, start: 0, length: size, crc32: 0 })))
                ),
          { concurrency: most }
        ),
        Arr.flatten
      )
  }
})

/** Several small files, or one of any size. */
const groupsOf = (files: ReadonlyArray<FileThere>): ReadonlyArray<Arr.NonEmptyReadonlyArray<FileThere>> => {
  const groups: Array<Arr.NonEmptyArray<FileThere>> = []
  let bytes = 0
  for (const file of files) {
    const last = groups.at(-1)
    bytes += file.size
    if (last !== undefined && last.length < groupSize && bytes <= stretchSize) last.push(file)
    else {
      groups.push([file])
      bytes = file.size
    }
  }
  return groups
}
