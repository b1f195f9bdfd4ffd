import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@scenario-assets/core"
import { Destination } from "@scenario-assets/node"
import { Effect, Exit, Fiber, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as OpenArchive from "../../src/archive/internal/OpenArchive.ts"
import type { SaveEvent } from "../../src/download/internal/Destination.ts"
import * as StoredFiles from "../../src/download/internal/StoredFiles.ts"
import * as ArchiveHost from "../support/ArchiveHost.ts"
import * as Extracting from "../support/Extracting.ts"
import * as MemoryStore from "../support/MemoryStore.ts"

const jobId = Asset.JobId.make("job_stored")

const ready = (batch: number, { source }: ArchiveHost.ArchiveHost) => ({ batch, jobId, source, resumed: false })

const opened = Effect.fnUntraced(function* (
  store: MemoryStore.MemoryStore,
  { total = 1, ...options }: Partial<Parameters<typeof StoredFiles.open>[2]> & { readonly total?: number } = {}
) {
  const openArchive = yield* OpenArchive.make
  const of = { store: store.destination, total, concurrency: 4 }
  return StoredFiles.open(openArchive, of, { select: () => true, backoffBase: "1 millis", ...options })
})

/** Stores one archive, and gives all that is told. */
const run = Effect.fnUntraced(function* (
  store: MemoryStore.MemoryStore,
  entries: ReadonlyArray<ZipMaker.Entry>,
  options: Parameters<typeof opened>[1] = {}
) {
  const host = yield* ArchiveHost.make(ZipMaker.make(entries).bytes)
  const destination = yield* opened(store, options)
  const events: Array<SaveEvent> = []
  const exit = yield* destination.save(Stream.make(ready(0, host))).pipe(
    Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
    Effect.exit
  )
  return { events, exit, host }
})

const last = ({ events }: { readonly events: ReadonlyArray<SaveEvent> }) => {
  const event = events.at(-1)
  assert(event !== undefined)
  return event
}

const provided = Effect.provide(Extracting.layer)

const paths = (store: MemoryStore.MemoryStore) => [...store.files.keys()].toSorted()

describe("the files of an archive in a store", () => {
  it.live("are there with their content, and the manifest comes last", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const large = Extracting.noise(20_000_000)
      const outcome = yield* run(store, [
        { name: "castle.png", content: "a castle" },
        { name: "towers/", content: "" },
        { name: "towers/one.txt", content: "one ".repeat(1000), method: 8 },
        { name: "large.bin", content: large }
      ])
      assert.deepInclude(last(outcome), { _tag: "ArchiveSaved", files: 3, alreadyThere: 0 })
      assert.deepStrictEqual(paths(store), ["castle.png", "large.bin", "towers/one.txt"])
      assert.strictEqual(Buffer.compare(store.files.get("large.bin") ?? Buffer.of(), large), 0)
      const manifest = store.manifests.get("")
      assert.deepInclude(manifest, { version: 1, jobId, fileCount: 3 })
      assert.deepStrictEqual(
        manifest?.files.map(({ path, size }) => [path, size]),
        [
          ["castle.png", 8],
          ["towers/one.txt", 4000],
          ["large.bin", 20_000_000]
        ]
      )
      const tags = new Set(outcome.events.map(({ _tag }) => _tag))
      assert.sameMembers(
        [...tags],
        ["ArchivePlanned", "ArchiveProgressed", "FileStarted", "FilesSaved", "ArchiveSaved"]
      )
    }).pipe(Effect.scoped, provided)
  })

  it.live("get safe names of their own, the same in every run", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const entries = [
        { name: "a.png", content: "one" },
        { name: "a.png", content: "two" },
        { name: "A.PNG", content: "three" },
        { name: "a.png", content: "one" },
        { name: "what?.png", content: "four" },
        { name: "scenario-manifest.json", content: "mine" }
      ]
      yield* run(store, entries)
      const expected = ["A (3).PNG", "a (2).png", "a.png", "scenario-manifest (2).json", "what_.png"]
      assert.deepStrictEqual(paths(store), expected)
      assert.strictEqual(String(store.files.get("a (2).png")), "two")
      assert.lengthOf(store.puts, 5, "what is the same twice is put once")

      const again = yield* run(store, entries)
      assert.deepInclude(last(again), { _tag: "ArchiveSaved", files: 6, alreadyThere: 6, fetched: 0 })
      assert.lengthOf(store.puts, 5)
    }).pipe(Effect.scoped, provided)
  })

  it.live("of several archives are in a folder for each, by number", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const destination = yield* opened(store, { total: 12 })
      const archives = yield* Effect.forEach([0, 11], (batch) =>
        Effect.map(ArchiveHost.make(ZipMaker.make([{ name: "a.png", content: `${batch}` }]).bytes), (host) =>
          ready(batch, host)
        )
      )
      const events = yield* Stream.runCollect(destination.save(Stream.fromIterable(archives)))
      assert.deepStrictEqual(paths(store), ["01/a.png", "12/a.png"])
      assert.sameMembers([...store.manifests.keys()], ["01", "12"])
      assert.strictEqual(store.opened[0], "", "the root is opened first")
      const told = events.flatMap((event) => (event._tag === "FilesSaved" ? event.files.map(({ path }) => path) : []))
      assert.sameMembers(told, ["01/a.png", "12/a.png"])
    }).pipe(Effect.scoped, provided)
  })

  it.live("that are not wanted are neither fetched nor asked for", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const outcome = yield* run(
        store,
        [
          { name: "a.png", content: "a" },
          { name: "b.txt", content: "b" }
        ],
        { select: ({ name }) => name.endsWith(".png") }
      )
      assert.deepInclude(last(outcome), { files: 1 })
      assert.deepStrictEqual(store.asked, [["a.png"]])
      assert.deepStrictEqual(paths(store), ["a.png"])
    }).pipe(Effect.scoped, provided)
  })

  it.live("are stored though others are refused, and nothing is said to be complete", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const outcome = yield* run(store, [
        { name: "../outside.png", content: "x" },
        { name: "wrong.png", content: "right", data: ZipMaker.text("wrong") },
        { name: "good.png", content: "good" }
      ])
      const refused = outcome.events.flatMap((event) => (event._tag === "FileRefused" ? [event.name] : []))
      assert.deepStrictEqual(refused, ["../outside.png", "wrong.png"])
      const end = last(outcome)
      assert(end._tag === "NotSaved" && end.error._tag === "ArchiveError")
      assert.strictEqual(end.error.reason._tag, "UnsafeName")
      assert.deepStrictEqual(paths(store), ["good.png"])
      assert.strictEqual(store.manifests.size, 0)
    }).pipe(Effect.scoped, provided)
  })

  it.live("are taken from another entry of the same name and checksum where the first is damaged", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      yield* run(store, [
        { name: "a.png", content: "right", data: ZipMaker.text("wrong") },
        { name: "a.png", content: "right" }
      ])
      assert.strictEqual(String(store.files.get("a.png")), "right")
    }).pipe(Effect.scoped, provided)
  })

  it.live("are put again where that failed once", () => {
    const store = MemoryStore.make()
    let failed = false
    store.before = (path) => {
      if (failed) return Effect.void
      failed = true
      return Effect.fail(MemoryStore.failure(path))
    }
    return Effect.gen(function* () {
      const outcome = yield* run(store, [{ name: "a.png", content: "a" }])
      assert.deepInclude(last(outcome), { _tag: "ArchiveSaved", files: 1, alreadyThere: 0 })
      assert.deepStrictEqual(store.puts, ["a.png", "a.png"])
    }).pipe(Effect.scoped, provided)
  })

  it.live("cost no other where one cannot be put", () => {
    const store = MemoryStore.make()
    store.before = (path) => (path === "a.png" ? Effect.fail(MemoryStore.failure(path)) : Effect.void)
    return Effect.gen(function* () {
      const outcome = yield* run(store, [
        { name: "a.png", content: "a" },
        { name: "b.png", content: "b" }
      ])
      const end = last(outcome)
      assert(end._tag === "NotSaved" && end.error._tag === "DestinationError")
      assert.strictEqual(end.error.message, "Cannot store a.png: the store is in a bad mood.")
      assert.deepStrictEqual(paths(store), ["b.png"])
      assert.strictEqual(store.manifests.size, 0)
      assert.lengthOf(
        store.puts.filter((path) => path === "a.png"),
        3
      )
    }).pipe(Effect.scoped, provided)
  })

  it.live("end the download where nothing can be stored any more", () => {
    const store = MemoryStore.make()
    store.before = (path) => Effect.fail(MemoryStore.failure(path, true))
    return Effect.gen(function* () {
      const { exit } = yield* run(store, [{ name: "a.png", content: "a" }])
      assert.isTrue(Exit.isFailure(exit))
      assert.lengthOf(store.puts, 1)
    }).pipe(Effect.scoped, provided)
  })

  it.live("are let go where the download is interrupted", () => {
    const store = MemoryStore.make()
    store.piece = () => Effect.never
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        run(store, [
          { name: "a.png", content: "a" },
          { name: "large.bin", content: Extracting.noise(20_000_000) }
        ])
      )
      yield* Effect.sleep(50).pipe(Effect.repeat({ until: () => store.underWay > 0 }))
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(store.underWay, 0)
      assert.strictEqual(store.files.size, 0)
      assert.strictEqual(store.manifests.size, 0)
    }).pipe(Effect.scoped, provided)
  })

  it.live("hold the reading where the store is slow", () => {
    const store = MemoryStore.make()
    const isDone = Promise.withResolvers<void>()
    store.piece = () => Effect.promise(() => isDone.promise)
    return Effect.gen(function* () {
      const content = Extracting.noise(3_000_000)
      const entries = Array.from({ length: 40 }, (_, index) => ({
        name: `${index}.bin`,
        content
      }))
      const host = yield* ArchiveHost.make(ZipMaker.make(entries).bytes)
      // A quarter of the memory is its own.
      const destination = yield* opened(store, { total: 4 })
      const fiber = yield* Effect.forkChild(Stream.runDrain(destination.save(Stream.make(ready(0, host)))))
      yield* Effect.sleep(1500)
      assert.isAtMost(store.most, 16 * 1024 * 1024)
      assert.isAtLeast(store.underWay, 2, "several are put at once")
      isDone.resolve()
      yield* Fiber.join(fiber)
      assert.strictEqual(store.files.size, 40)
    }).pipe(Effect.scoped, provided)
  })

  it.live("come by one connection too, small and large ones", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const outcome = yield* run(
        store,
        [
          { name: "large.bin", content: Extracting.noise(20_000_000) },
          { name: "a.png", content: Extracting.noise(2_000_000) },
          { name: "large too.bin", content: Extracting.noise(20_000_000, 2) }
        ],
        { connections: 1 }
      )
      assert.deepInclude(last(outcome), { _tag: "ArchiveSaved", files: 3 })
    }).pipe(Effect.scoped, provided)
  })

  it.live("go through a temporary file where the host serves no ranges", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const host = yield* ArchiveHost.make(ZipMaker.make([{ name: "a.bin", content: Extracting.noise(600_000) }]).bytes)
      host.ranges = false
      const destination = yield* opened(store)
      const events = yield* Stream.runCollect(destination.save(Stream.make(ready(0, host))))
      assert.isTrue(events.some(({ _tag }) => _tag === "ArchiveSpooled"))
      assert.deepInclude(events.at(-1), { _tag: "ArchiveSaved", files: 1 })
    }).pipe(Effect.scoped, provided)
  })
})

describe("DestinationError.of", () => {
  it("takes credentials and queries out of its words", () => {
    const error = Destination.DestinationError.of({
      operation: "store files in",
      place: "s3://name:secretword@bucket/folder?token=secretword",
      description: "see https://name:secretword@example.com/?X-Amz-Signature=secretword",
      isFatal: true
    })
    assert.notInclude(JSON.stringify(error) + error.message, "secretword")
    assert.include(error.message, "bucket/folder")
  })
})
