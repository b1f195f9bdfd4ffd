/** Downloads whose files go to a store, from the request to the record. */
import { assert, describe, it } from "@effect/vitest"
import { Selection } from "@scenario-assets/core"
import { Destination, DownloadRequest, Downloads, Runs } from "@scenario-assets/node"
import { Effect, Stream } from "effect"
import * as Canary from "../../../../test-support/Canary.ts"
import * as MemoryStore from "../support/MemoryStore.ts"
import * as Whole from "../support/Whole.ts"

const { store: toStore } = DownloadRequest

const large = { catalogue: { anyId: true }, archive: { size: 40_000, entries: 4 } }

const twoBatches = Selection.make({
  assetIds: Array.from({ length: 1001 }, (_, index) => `asset_${String(index).padStart(4, "0")}`)
})

const layer = (store: MemoryStore.MemoryStore, options: object = {}) =>
  Whole.layer(Whole.place(), { destinations: MemoryStore.layer(store), ...options })

describe("a download to a store", () => {
  it.live("brings the files there, is recorded, and brings none of them twice", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toStore("memory://renders/"))
      const first = yield* downloads.run(request)
      assert.deepInclude(first, { state: "complete", alreadyThere: 0, place: "memory://renders" })
      assert.strictEqual(first.files, store.files.size)
      assert.strictEqual(store.manifests.get("")?.jobId, first.jobs[0]?.jobId)
      const [head] = yield* (yield* Runs.Runs).list
      assert.deepInclude(head, { destination: "store", place: "memory://renders", files: first.files })

      const { length } = store.puts
      const second = yield* downloads.run(request)
      assert.deepInclude(second, { state: "complete", alreadyThere: first.files, fetched: 0 })
      assert.lengthOf(store.puts, length)
    }).pipe(Effect.provide(layer(store)))
  })

  it.live("has a folder for each of several archives", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const wanted = { _tag: "Assets" as const, selection: yield* twoBatches }
      const report = yield* downloads.run(yield* Whole.request(toStore("memory://renders"), { wanted }))
      assert.deepInclude(report, { state: "complete", files: 8 })
      assert.sameMembers([...store.manifests.keys()], ["1", "2"])
    }).pipe(Effect.provide(layer(store, large)))
  })

  it.live("is resumed with its job, and puts only what is missing", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const request = yield* Whole.request(toStore("memory://renders"))
      let puts = 0
      store.before = () => (++puts > 3 ? Effect.never : Effect.void)
      const stopped = Effect.raceFirst(
        Stream.runDrain(downloads.events(request)),
        Effect.repeat(Effect.sleep(20), { until: () => store.files.size === 3 })
      )
      yield* stopped
      store.before = () => Effect.void
      const report = yield* downloads.run(request)
      assert.deepInclude(report, { state: "complete", alreadyThere: 3 })
      assert.strictEqual(yield* Whole.jobsBegun, 1)
    }).pipe(Effect.provide(layer(store)))
  })

  it.live("says what it would do, and does nothing", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const report = yield* downloads.run(yield* Whole.request(toStore("memory://renders")))
      const [jobId] = report.jobs.map((job) => job.jobId)
      assert(jobId !== undefined)
      store.files.delete([...store.files.keys()][0] ?? "")
      const { length } = store.puts
      const preview = yield* downloads.preview(
        yield* Whole.request(toStore("memory://renders"), { wanted: { _tag: "Jobs", jobIds: [jobId] } })
      )
      assert(preview._tag === "Files")
      const actions = preview.archives.flatMap(({ files }) => files.map(({ action }) => action))
      assert.lengthOf(
        actions.filter((action) => action === "write"),
        1
      )
      assert.lengthOf(actions, report.files)
      assert.lengthOf(store.puts, length)
    }).pipe(Effect.provide(layer(store)))
  })

  it.live("is refused before a job begins where nobody knows the address, or the store cannot be opened", () => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const unknown = yield* Effect.flip(downloads.run(yield* Whole.request(toStore("s3://bucket/renders"))))
      assert(unknown._tag === "DestinationError")
      assert.include(unknown.message, "@scenario-assets/s3")
      assert.isTrue(unknown.isFatal)
      const broken = { ...store.destination, open: () => Effect.fail(MemoryStore.failure("memory:", true)) }
      const of = Destination.Destinations.layer({ "memory:": () => Effect.succeed(broken) })
      const closed = yield* Effect.gen(function* () {
        const downloads = yield* Downloads.Downloads
        return yield* Effect.flip(downloads.run(yield* Whole.request(toStore("memory://renders"))))
      }).pipe(Effect.provide(Whole.layer(Whole.place(), { destinations: of })))
      assert.strictEqual(closed._tag, "DestinationError")
      assert.strictEqual(yield* Whole.jobsBegun, 0)
    }).pipe(Effect.provide(layer(store)))
  })

  it.live.each([
    `s3://${Canary.key}:${Canary.secret}@bucket/renders`,
    `s3://bucket/renders?token=${Canary.secret}`,
    `s3://bucket/renders#${Canary.secret}`,
    "renders"
  ])("is refused, and not repeated, with an address that may hold a secret: %#", (url) => {
    const store = MemoryStore.make()
    return Effect.gen(function* () {
      const downloads = yield* Downloads.Downloads
      const error = yield* Effect.flip(downloads.run(yield* Whole.request(toStore(url))))
      assert(error._tag === "InvalidDownloadRequest")
      assert.include(error.message, "without user, password, query or fragment")
      for (const secret of [Canary.key, Canary.secret]) assert.notInclude(error.message, secret)
      assert.lengthOf(yield* (yield* Runs.Runs).list, 0)
    }).pipe(Effect.provide(layer(store)))
  })
})
