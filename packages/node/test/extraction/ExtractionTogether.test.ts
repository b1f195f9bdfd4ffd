/** Several archives that go to one directory, where their names meet. */
import { assert, describe, it } from "@effect/vitest"
import { type ArchiveReader, Extraction } from "@scenario-assets/node"
import { Deferred, Effect, Fiber, Stream } from "effect"
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
const archives = [0, 1, 2].map(archiveOf)

const expected = Extracting.treeOf({
  "cat.png": "cat 0",
  "cat (2).png": "cat 1",
  "cat (3).png": "cat 2",
  "d/0.png": "file 0",
  "d/1.png": "file 1",
  "d/2.png": "file 2",
  "d/dog.png": "dog 0",
  "d/dog (2).png": "dog 1",
  "d/dog (3).png": "dog 2",
  "same.png": "the same in all",
  "same (2).png": "the same in all",
  "same (3).png": "the same in all"
})

/** Extracts archives at once; each begins when those before it in `order` have been begun and had their turn to run. */
const together = (
  locations: ReadonlyArray<ArchiveReader.ArchiveLocation>,
  order: ReadonlyArray<number>,
  directory: string,
  skipped: ReadonlyArray<number> = [],
  options: Extraction.Options = {}
) =>
  Effect.gen(function* () {
    const extraction = yield* Extraction.Extraction
    const extractor = yield* extraction.open(directory, locations.length, { ...Extracting.quick, ...options })
    const fibers: Array<Fiber.Fiber<Extracting.Outcome>> = []
    for (const index of order) {
      const location = locations[index]
      assert(location !== undefined)
      fibers.push(
        yield* Effect.forkChild(Extracting.collect(extractor.extract(index, location)), { startImmediately: true })
      )
    }
    for (const index of skipped) yield* extractor.skip(index)
    return yield* Effect.forEach(fibers, Fiber.join)
  }).pipe(Effect.scoped)

const orders: ReadonlyArray<ReadonlyArray<number>> = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [2, 0, 1]
]

describe("Several archives in one directory", () => {
  it.live.each(orders.map((order) => [order.join(" "), order] as const))(
    "give the same in whatever order they come: %s",
    ([, order]) =>
      Effect.gen(function* () {
        const directory = TestDirectory.make()
        const locations = archives.map((file) => ({ file }))
        for (const run of [1, 2]) {
          const outcomes = yield* together(locations, order, directory)
          const there = outcomes.map((outcome) => Extracting.extracted(outcome).alreadyThere)
          assert.deepStrictEqual(there, run === 1 ? [0, 0, 0] : [4, 4, 4])
          assert.deepStrictEqual(Extracting.tree(directory), expected)
        }
      }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("one after the other, too", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const extraction = yield* Extraction.Extraction
      yield* Effect.gen(function* () {
        const extractor = yield* extraction.open(directory, archives.length)
        for (const [index, file] of archives.entries()) {
          Extracting.extracted(yield* Extracting.collect(extractor.extract(index, { file })))
        }
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(Extracting.tree(directory), expected)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("do not wait for one that will not come", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const [only] = yield* together([{ file: "none" }, { file: archives[1] ?? "" }], [1], directory, [0])
      assert(only !== undefined)
      Extracting.extracted(only)
      assert.deepStrictEqual(
        Extracting.tree(directory),
        Extracting.treeOf({
          "cat.png": "cat 1",
          "d/1.png": "file 1",
          "d/dog.png": "dog 1",
          "same.png": "the same in all"
        })
      )
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("do not wait for one that cannot be read", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const broken = { file: Extracting.fileOf(ZipMaker.text("no archive")) }
      const [second, first] = yield* together([broken, { file: archives[1] ?? "" }], [1, 0], directory)
      assert(first !== undefined && second !== undefined)
      assert.strictEqual(Extracting.kindOf(first), "NotAnArchive")
      assert.strictEqual(Extracting.extracted(second).files, 4)
    }).pipe(Effect.provide(Extracting.layer))
  )

  /** Many files in more than the tail, so that they are fetched while they are unpacked. */
  const long = () =>
    ZipMaker.make(
      Array.from({ length: 40 }, (_, n) => ({ name: `${n}.bin`, content: Extracting.noise(50_000, n + 1) }))
    )

  it.live("go on after one that ended in the middle of a batch, with and without threads", () =>
    Effect.gen(function* () {
      const good = long()
      const bad = Buffer.from(good.bytes)
      bad.writeUInt32LE(0, good.locals[3] ?? 0)
      for (const threads of [0, 2]) {
        const broken = yield* RangeHost.make(bad)
        const locations = [
          ...Array.from({ length: 6 }, (_, n) => ({ name: `broken ${n}`, source: broken.source })),
          { file: Extracting.fileOf(good) }
        ]
        const extractor = yield* Effect.flatMap(Extraction.Extraction, ({ open }) =>
          open(TestDirectory.make(), locations.length, { ...Extracting.quick, threads })
        )
        for (const [index, location] of locations.entries()) {
          const outcome = yield* Extracting.collect(extractor.extract(index, location))
          if (index < 6) assert.strictEqual(Extracting.kindOf(outcome), "Damaged")
          else assert.strictEqual(Extracting.extracted(outcome).files, 40)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("go on after one that was interrupted in the middle of a batch", () =>
    Effect.gen(function* () {
      const good = long()
      // The directory comes; of the files only some.
      const host = yield* RangeHost.make(good.bytes, { fate: (number) => (number === 0 ? {} : { stall: 200_000 }) })
      const directory = TestDirectory.make()
      const extractor = yield* Effect.flatMap(Extraction.Extraction, ({ open }) => open(directory, 2))
      const begun = yield* Deferred.make<void>()
      const stalled = extractor
        .extract(0, { name: "job", source: host.source })
        .pipe(
          Stream.runForEach((event) =>
            event._tag === "Read" ? Effect.asVoid(Deferred.succeed(begun, undefined)) : Effect.void
          )
        )
      const fiber = yield* Effect.forkChild(stalled)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      const outcome = yield* Extracting.collect(extractor.extract(1, { file: Extracting.fileOf(good) }))
      assert.strictEqual(Extracting.extracted(outcome).files, 40)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
