/** Several archives that go to one directory together. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { type ArchiveReader, Extraction } from "@scenario-assets/node"
import { Cause, Data, Deferred, Effect, Exit, Fiber, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

/** Each archive has the same names, and contents of its own. */
const archiveOf = (index: number) =>
  Extracting.fileOf(
    ZipMaker.make(
      Extracting.entriesOf({
        "cat.png": `cat ${index}`,
        [`d/${index}.png`]: `file ${index}`,
        "D/dog.png": `dog ${index}`,
        "same.png": "the same in all"
      })
    )
  )
const archives = [0, 1, 2].map((index) => ({ file: archiveOf(index) }))

/** Many files in more than the tail, so that they are fetched while they are unpacked. */
const long = ZipMaker.make(
  Array.from({ length: 40 }, (_, n) => ({ name: `${n}.bin`, content: Extracting.noise(50_000, n + 1) }))
)

/** The directory comes; of the files only some. */
const stalling = () =>
  Effect.map(
    RangeHost.make(long.bytes, { fate: (number) => (number === 0 ? {} : { stall: 200_000 }) }),
    ({ source }) => ({ name: "stalling", source })
  )

/** A stream of these archives that counts how many of them were asked for. */
const counted = <A>(all: ReadonlyArray<A>) => {
  const state = { asked: 0 }
  const stream = Stream.mapEffect(Stream.fromIterable(all), (one) => Effect.sync(() => (state.asked++, one)))
  return { state, stream }
}

class NoMore extends Data.TaggedError("NoMore") {}

describe("Archives that go to one directory", () => {
  it.live.each([
    ["0, 1, 2", [0, 1, 2]],
    ["2, 1, 0", [2, 1, 0]],
    ["1, 2, 0", [1, 2, 0]]
  ] as const)("are named as they come: %s", ([, order]) =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const [first, second, third] = order
      const inOrder = order.flatMap((index) => archives.slice(index, index + 1))
      const outcomes = yield* Extracting.runAll(inOrder, directory, { concurrency: 1 })
      assert.deepStrictEqual(
        outcomes.map((outcome) => Extracting.extracted(outcome).files),
        [4, 4, 4]
      )
      const expected = Extracting.treeOf({
        "cat.png": `cat ${first}`,
        "cat (2).png": `cat ${second}`,
        "cat (3).png": `cat ${third}`,
        "d/0.png": "file 0",
        "d/1.png": "file 1",
        "d/2.png": "file 2",
        "d/dog.png": `dog ${first}`,
        "d/dog (2).png": `dog ${second}`,
        "d/dog (3).png": `dog ${third}`,
        "same.png": "the same in all"
      })
      assert.deepStrictEqual(Extracting.tree(directory), expected)

      // And have the same names on every later run, in whatever order they come then.
      for (const concurrency of [1, 3]) {
        const again = yield* Extracting.runAll(archives, directory, { concurrency })
        assert.deepStrictEqual(
          again.map((outcome) => Extracting.extracted(outcome).alreadyThere),
          [4, 4, 4]
        )
        assert.deepStrictEqual(Extracting.tree(directory), expected)
      }
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("are each told of by themselves, and one that fails stops no other", () =>
    Effect.gen(function* () {
      const all = [...archives, { file: Extracting.fileOf(ZipMaker.text("no archive")) }, { file: "/nowhere/a.zip" }]
      const outcomes = yield* Extracting.runAll(all, TestDirectory.make(), { concurrency: 5 })
      for (const outcome of outcomes.slice(0, 3)) assert.strictEqual(Extracting.extracted(outcome).files, 4)
      assert.deepStrictEqual(outcomes.slice(3).map(Extracting.kindOf), ["NotAnArchive", "NotFound"])
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("may be the same one twice, at once", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const host = yield* RangeHost.make(long.bytes, { ranges: false })
      const location = { name: "job", source: host.source }
      const outcomes = yield* Extracting.runAll([location, location, { ...location }], directory)
      for (const outcome of outcomes) assert.strictEqual(Extracting.extracted(outcome).files, 40)
      assert.strictEqual(readdirSync(directory).length, 40)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([0, 2])(
    "do not wait for others that get stuck in the middle of their files, with %s threads",
    (threads) =>
      Effect.gen(function* () {
        const stuck = yield* Effect.forEach([1, 2, 3, 4, 5, 6], stalling)
        const good = { name: "good", file: Extracting.fileOf(long) }
        const { eventsAll } = yield* Extraction.Extraction
        const read = new Set<object>()
        // The good one comes when all others have begun to be read.
        const begun = yield* Deferred.make<void>()
        const last = Stream.fromEffect(Effect.as(Deferred.await(begun), good))
        const directory = TestDirectory.make()
        const completed = yield* eventsAll(Stream.concat(Stream.fromIterable(stuck), last), directory, {
          threads,
          concurrency: 7
        }).pipe(
          Stream.tap(({ archive, event }) => {
            if (event._tag === "Read" && archive !== good) read.add(archive)
            return read.size === stuck.length ? Deferred.succeed(begun, undefined) : Effect.void
          }),
          Stream.filter(({ event }) => event._tag === "Completed"),
          Stream.runHead
        )
        assert(completed._tag === "Some")
        assert.strictEqual(completed.value.archive, good)
        for (let n = 0; n < 40; n++) assert.isTrue(existsSync(join(directory, `${n}.bin`)))
      }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("are asked for only when there is room for another one", () =>
    Effect.gen(function* () {
      const stuck = yield* Effect.forEach([1, 2, 3, 4, 5], stalling)
      const { state, stream } = counted(stuck)
      const { eventsAll } = yield* Extraction.Extraction
      const read = new Set<object>()
      yield* eventsAll(stream, TestDirectory.make(), { concurrency: 2 }).pipe(
        Stream.takeUntil(({ archive, event }) => {
          if (event._tag === "Read") read.add(archive)
          return read.size === 2
        }),
        Stream.runDrain
      )
      assert.strictEqual(state.asked, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("are extracted although no more can come, and then that is an error", () =>
    Effect.gen(function* () {
      const { eventsAll } = yield* Extraction.Extraction
      const directory = TestDirectory.make()
      const some = Stream.concat(Stream.fromIterable(archives), Stream.fail(new NoMore()))
      const events: Array<string> = []
      const exit = yield* eventsAll(some, directory).pipe(
        Stream.runForEach(({ event }) => Effect.sync(() => void events.push(event._tag))),
        Effect.exit
      )
      assert(Exit.isFailure(exit))
      const error = Cause.findErrorOption(exit.cause)
      assert(error._tag === "Some" && error.value._tag === "NoMore")
      assert.strictEqual(events.filter((tag) => tag === "Completed").length, 3)
      assert.notInclude(readdirSync(directory), ".scenario-assets")
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("go on after others that ended in the middle of a batch", () =>
    Effect.gen(function* () {
      const bad = Buffer.from(long.bytes)
      bad.writeUInt32LE(0, long.locals[30] ?? 0)
      for (const threads of [0, 2]) {
        const broken = yield* RangeHost.make(bad)
        const all: ReadonlyArray<ArchiveReader.ArchiveLocation> = [
          ...Array.from({ length: 6 }, (_, n) => ({ name: `broken ${n}`, source: broken.source })),
          { file: Extracting.fileOf(long) }
        ]
        const outcomes = yield* Extracting.runAll(all, TestDirectory.make(), { threads, concurrency: 3 })
        for (const [index, outcome] of outcomes.entries()) {
          if (index === 6) assert.strictEqual(Extracting.extracted(outcome).files, 40)
          else assert.strictEqual(Extracting.kindOf(outcome), "Damaged")
        }
        // What had come whole before the damage is there, and was told.
        const told = outcomes.slice(0, 6).flatMap((outcome) => {
          const { there, written } = Extracting.told(outcome)
          return [...there, ...written]
        })
        assert.includeMembers(told, ["0.bin", "1.bin", "2.bin"])
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("leave nothing but whole files when they are interrupted, and the next run brings the rest", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const { eventsAll } = yield* Extraction.Extraction
      const begun = yield* Deferred.make<void>()
      const stuck = yield* stalling()
      const fiber = yield* eventsAll(Stream.make(stuck, ...archives), directory, { concurrency: 4 }).pipe(
        Stream.runForEach(({ archive, event }) =>
          event._tag === "Read" && archive === stuck ? Deferred.succeed(begun, undefined) : Effect.void
        ),
        Effect.forkChild
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.notInclude(readdirSync(directory).join(" "), "scenario-assets")
      const [outcome] = yield* Extracting.runAll([{ file: Extracting.fileOf(long) }, ...archives], directory)
      assert(outcome !== undefined)
      assert.strictEqual(Extracting.extracted(outcome).files, 40)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

/** Worth a thread. */
const many = Extracting.fileOf(
  ZipMaker.make(Array.from({ length: 600 }, (_, n) => ({ name: `${n}.txt`, content: `file ${n}` })))
)

/** Begins an extraction that gets stuck, and gives it when it has the directory. */
const stuckWith = Effect.fnUntraced(function* (threads: number) {
  const { events } = yield* Extraction.Extraction
  const begun = yield* Deferred.make<void>()
  const fiber = yield* events(yield* stalling(), TestDirectory.make(), { threads }).pipe(
    Stream.runForEach(({ _tag }) => (_tag === "Planned" ? Deferred.succeed(begun, undefined) : Effect.void)),
    Effect.forkChild
  )
  yield* Deferred.await(begun)
  return fiber
})

describe("Extractions of one service", () => {
  /** The threads that are begun from now on, and how many have ended. */
  const watchThreads = Effect.gen(function* () {
    const seen = { begun: new Array<Worker>(), ended: 0 }
    const note = (worker: Worker) => {
      seen.begun.push(worker)
      worker.once("exit", () => seen.ended++)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => process.on("worker", note)),
      () => Effect.sync(() => process.off("worker", note))
    )
    return seen
  })

  it.live("at the same time share their threads, which end with the last of them", () =>
    Effect.gen(function* () {
      const threads = yield* watchThreads
      const { run } = yield* Extraction.Extraction
      const extractTwo = Effect.forEach([1, 2], () => run({ file: many }, TestDirectory.make(), { threads: 2 }), {
        concurrency: 2
      })
      const stuck = yield* stuckWith(2)
      for (let round = 0; round < 3; round++) {
        const found = yield* extractTwo
        assert.deepStrictEqual(
          found.map(({ files }) => files),
          [600, 600]
        )
      }
      assert.deepStrictEqual([threads.begun.length, threads.ended], [2, 0])
      yield* Fiber.interrupt(stuck)
      assert.deepStrictEqual([threads.begun.length, threads.ended], [2, 2])
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("go on without threads that have ended", () =>
    Effect.gen(function* () {
      const threads = yield* watchThreads
      const { run } = yield* Extraction.Extraction
      yield* stuckWith(2)
      for (let round = 0; round < 2; round++) {
        const { files } = yield* run({ file: many }, TestDirectory.make(), { threads: 2 })
        assert.strictEqual(files, 600)
        yield* Effect.promise(() => Promise.all(threads.begun.map((worker) => worker.terminate())))
      }
      assert.lengthOf(threads.begun, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live(
    "that are interrupted end with what was begun, and make nothing more while others go on with the threads",
    () =>
      Effect.gen(function* () {
        const { events, run } = yield* Extraction.Extraction
        yield* stuckWith(1)
        // Little to be read, and much to be written: two pieces of work for the thread, of 256 files each, and a smaller one.
        const content = Buffer.alloc(200_000)
        const large = ZipMaker.make(Array.from({ length: 600 }, (_, n) => ({ name: `${n}.bin`, content, method: 8 })))
        const file = Extracting.fileOf(large)
        const directory = TestDirectory.make()
        // So that the thread has been started.
        yield* run({ file: many }, TestDirectory.make(), { threads: 1 })
        yield* events({ file }, directory, { threads: 1 }).pipe(
          Stream.takeUntil(({ _tag }) => _tag === "Read"),
          Stream.runDrain
        )
        const before = Extracting.tree(directory)
        // The thread does one thing after the other, so what was left for it is done by the end of this.
        const extracted = yield* run({ file: many }, TestDirectory.make(), { threads: 1 })
        assert.strictEqual(extracted.files, 600)
        assert.deepStrictEqual(Extracting.tree(directory), before)
        assert.notProperty(before, ".scenario-assets/")
        assert.include([256, 512, 600], Object.keys(before).length, "what was begun is whole")
      }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
