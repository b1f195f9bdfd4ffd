/** A directory that is kept in step with the catalogue, on an emulator on a real port. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetCatalog } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { Runs, Sync, type SyncRequest } from "@scenario-assets/node"
import { DateTime, Effect, Fiber, Layer, Schedule, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as EmulatedScenario from "../../../../test-support/EmulatedScenario.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"

const newest = Date.UTC(2026, 10, 1)
const day = 86_400_000

/** 240 pictures and more: three pages. */
const layer = EmulatedScenario.layer({ catalogue: { inferencesPerModel: 4, assetsPerInference: 5 } })

const sync = Effect.fnUntraced(function* (request: SyncRequest.SyncRequest) {
  const { events } = yield* Sync.Sync
  const last = yield* Stream.runLast(events(request))
  assert(last._tag === "Some" && last.value._tag === "Ended")
  return last.value.report
})

const indexOf = (directory: string) =>
  readFileSync(path.join(directory, "scenario-assets.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): { readonly id: string; readonly path: string; readonly bytes: number; readonly prompt?: string } =>
      JSON.parse(line)
    )

/** All that the index says is there, once, and nothing else is. */
const assertWhole = (directory: string, ids: ReadonlyArray<string>) => {
  const index = indexOf(directory)
  assert.deepStrictEqual(index.map(({ id }) => id).toSorted(), [...ids].toSorted())
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:scenario-assets\.jsonl|\.scenario-assets-sync\.json)$/.test(entry.name))
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
  assert.deepStrictEqual(files.toSorted(), index.map(({ path }) => path).toSorted())
}

const idsOf = (filter: AssetCatalog.Filter = {}) =>
  Effect.flatMap(AssetCatalog.AssetCatalog, ({ list }) =>
    Effect.map(Stream.runCollect(list(filter)), (all) => all.map(({ id }) => id))
  )

const requestsTo = (target: string) =>
  Effect.flatMap(Emulator.Emulator, ({ requests }) =>
    Effect.map(requests, (all) => all.filter((request) => request.target === target).length)
  )

const videos: AssetCatalog.Filter = { kinds: ["video"] }

describe("Sync", () => {
  it.live("is recorded: one run for a filter, begun again each time; one that found nothing leaves nothing", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const runs = yield* Runs.Runs
      const directory = TestDirectory.make()
      yield* inject(Fault.status("storage", 404, { times: 1 }))
      const failed = yield* sync({ directory, filter: videos })
      const [first] = yield* runs.list
      assert(first !== undefined)
      assert.deepStrictEqual([first.runId, first.place, first.files], [failed.runId, directory, failed.total])
      assert.strictEqual(first.end?.state, "incomplete")
      assert.include(first.end?.message ?? "", failed.failures[0]?.assetId ?? "?")
      const asked = yield* runs.syncRequest(first.runId)
      assert.deepStrictEqual(asked, { directory, filter: videos })
      assert.strictEqual((yield* Effect.flip(runs.request(first.runId)))._tag, "OtherKindOfRun")

      const { runId, saved } = yield* sync(asked)
      assert.deepStrictEqual([runId, saved], [first.runId, 1])
      assert.strictEqual((yield* runs.list)[0]?.end?.state, "complete")
      assert.strictEqual((yield* sync(asked)).runId, runId)
      yield* sync({ directory, filter: { ...videos, createdAfter: DateTime.makeUnsafe(newest) } })
      assert.deepStrictEqual(
        (yield* runs.list).map(({ runId }) => runId),
        [runId]
      )

      // Who stops listening has interrupted it; and another one of the same place waits for it to end.
      const { events } = yield* Sync.Sync
      const others: Array<string> = []
      yield* events({ directory, filter: { kinds: ["audio"] } }).pipe(
        Stream.tap(({ _tag }) =>
          _tag === "Started" ? Effect.map(Effect.flip(sync(asked)), (error) => others.push(error._tag)) : Effect.void
        ),
        Stream.take(2),
        Stream.runDrain
      )
      assert.deepStrictEqual(others, ["RunBusy"])
      assert.strictEqual((yield* runs.list)[0]?.end?.state, "interrupted")
    }).pipe(Effect.provide(layer))
  )

  it.live("fetches everything, then nothing, then what is new", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      const first = yield* sync({ directory })
      assert.deepInclude(first, {
        wanted: catalogue.assets.length,
        saved: catalogue.assets.length,
        alreadyThere: 0,
        failures: []
      })
      assertWhole(
        directory,
        catalogue.assets.map(({ id }) => id)
      )
      const [fetched, listed] = [yield* requestsTo("storage"), yield* requestsTo("listAssets")]
      assert.strictEqual(yield* requestsTo("request"), 0, "by the links of the records")

      assert.deepInclude(yield* sync({ directory }), { wanted: 0, saved: 0, total: catalogue.assets.length })
      const added = catalogue.add({ modelId: Asset.ModelId.make("model_slow"), createdAt: Date.now() })
      assert.deepInclude(yield* sync({ directory }), { wanted: 1, saved: 1, total: catalogue.assets.length })
      assert.deepInclude(indexOf(directory).at(-1), { id: added.id, prompt: added.prompt })
      assert.strictEqual(yield* requestsTo("storage"), fetched + 1)
      assert.isAtMost((yield* requestsTo("listAssets")) - listed, 2, "a page each, from the bound on")
    }).pipe(Effect.provide(layer))
  )

  it.live("of what was made a while ago and shows up late, everything comes that is not older than a day", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      yield* sync({ directory, filter: videos })
      const { modelId } = catalogue.assets.find(({ kind }) => kind === "video") ?? assert.fail()
      const now = Date.now()
      // Several of one time among them.
      for (const ago of [day - 60_000, 1000, 1000, 1000]) catalogue.add({ modelId, createdAt: now - ago })
      assert.deepInclude(yield* sync({ directory, filter: videos }), { wanted: 4, saved: 4 })
    }).pipe(Effect.provide(layer))
  )

  it.live("a run that was cut short while it listed, or that left a file out, moves no bound", () =>
    Effect.gen(function* () {
      const { catalogue, clearFaults, inject } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      const all = catalogue.assets.map(({ id }) => id)
      yield* inject(Fault.status("listAssets", 401, { skip: 1 }))
      const error = yield* Effect.flip(sync({ directory }))
      assert.strictEqual(error._tag, "ApiError")
      assert.isFalse(existsSync(path.join(directory, ".scenario-assets-sync.json")))
      yield* clearFaults

      yield* inject(Fault.status("storage", 404, { times: 2 }))
      const second = yield* sync({ directory })
      assert.lengthOf(second.failures, 2)
      assert.isFalse(existsSync(path.join(directory, ".scenario-assets-sync.json")))
      const third = yield* sync({ directory })
      assert.deepInclude(third, { wanted: 2, saved: 2, failures: [] })
      assert.isTrue(existsSync(path.join(directory, ".scenario-assets-sync.json")))
      assertWhole(directory, all)
    }).pipe(Effect.provide(layer))
  )

  it.live("an old asset that is added to a collection later comes; two filters share a directory", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      const [old, other] = catalogue.assets
      assert(old !== undefined && other !== undefined)
      const { id: collectionId } = catalogue.collect("mine", [other.id])
      const mine = { collectionId }
      assert.deepInclude(yield* sync({ directory, filter: mine }), { saved: 1 })
      catalogue.collect("mine", [old.id])
      assert.deepInclude(yield* sync({ directory, filter: mine }), { wanted: 1, saved: 1 })
      assert.deepInclude(yield* sync({ directory, filter: videos }), { saved: (yield* idsOf(videos)).length })
      yield* sync({ directory })
      assertWhole(
        directory,
        catalogue.assets.map(({ id }) => id)
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("an earlier window does not hide what is older: a bound covers what it was listed for", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const since = (at: number) => ({ createdAfter: DateTime.makeUnsafe(at) })
      const few = yield* sync({ directory, filter: since(newest - 2 * day) })
      const more = yield* sync({ directory, filter: since(newest - 5 * day) })
      assert.deepInclude(more, { wanted: (yield* idsOf(since(newest - 5 * day))).length - few.saved })
      assert.deepInclude(yield* sync({ directory, filter: since(newest - 3 * day) }), { wanted: 0 })
    }).pipe(Effect.provide(layer))
  )

  it.live("keeps what was deleted remotely; leaves what a person removed or renamed, unless it is to be repaired", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      yield* sync({ directory, filter: videos })
      const [removed, renamed, deleted] = indexOf(directory)
      assert(removed !== undefined && renamed !== undefined && deleted !== undefined)
      rmSync(path.join(directory, removed.path))
      renameSync(path.join(directory, renamed.path), path.join(directory, "mine.mp4"))
      catalogue.remove([Asset.AssetId.make(deleted.id)])
      assert.deepInclude(yield* sync({ directory, filter: videos }), { wanted: 0 })
      assert.isTrue(existsSync(path.join(directory, deleted.path)))
      assert.deepInclude(yield* sync({ directory, filter: videos, repair: true }), { wanted: 2, saved: 2 })
      assert.isTrue(existsSync(path.join(directory, removed.path)) && existsSync(path.join(directory, renamed.path)))
      assert.lengthOf(indexOf(directory), new Set(indexOf(directory).map(({ id }) => id)).size)
    }).pipe(Effect.provide(layer))
  )

  it.live("an index whose last line was torn off is mended, and files of others are left alone", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      yield* sync({ directory, filter: videos })
      const file = path.join(directory, "scenario-assets.jsonl")
      const text = readFileSync(file)
      const [, line] = indexOf(directory)
      assert(line !== undefined)
      const { id, path: name } = line
      writeFileSync(file, text.subarray(0, text.length - 20))
      assert.deepInclude(yield* sync({ directory, filter: videos }), { wanted: 1, saved: 1, alreadyThere: 1 })
      assertWhole(directory, yield* idsOf(videos))
      // The index is gone, and something else has the name of one.
      rmSync(file)
      writeFileSync(path.join(directory, name), "somebody's")
      const anew = yield* sync({ directory, filter: videos })
      assert.deepInclude(anew, { saved: (yield* idsOf(videos)).length, failures: [] })
      assert.strictEqual(readFileSync(path.join(directory, name), "utf8"), "somebody's")
      assert.strictEqual(indexOf(directory).find((line) => line.id === id)?.path, name.replace(/\.mp4$/, " (2).mp4"))
    }).pipe(Effect.provide(layer))
  )

  it.live("names by a template, safe and unique; in another format where that is asked for", () =>
    Effect.gen(function* () {
      const directory = TestDirectory.make()
      const report = yield* sync({ directory, filter: videos, template: "{collection}/{kind}s/{prompt}.{ext}" })
      assert.isEmpty(report.failures)
      const paths = indexOf(directory).map(({ path }) => path)
      assert.lengthOf(new Set(paths.map((path) => path.toLowerCase())), paths.length)
      assertWhole(directory, yield* idsOf(videos))
      for (const name of paths) assert.match(name, /^(?:[^/]+\/)?videos\/[^/]+\.mp4$/)
      const pictures = TestDirectory.make()
      const one = yield* sync({ directory: pictures, filter: { kinds: ["image"] }, format: "png", limit: 3 })
      assert.deepInclude(one, { saved: 3 })
      assert.strictEqual(yield* requestsTo("request"), 3)
      for (const { path: name } of indexOf(pictures)) assert.match(name, /\.png$/)
      const error = yield* Effect.flip(sync({ directory, template: "{title}.{ext}" }))
      assert.include(error.message, "has {title}, which is no field; there are {date}, {model}")
    }).pipe(Effect.provide(layer))
  )

  it.live("interrupted ten times, wherever it is, it is whole in the end, and each file there is once", () =>
    Effect.gen(function* () {
      const { catalogue } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      const { events } = yield* Sync.Sync
      for (let n = 0; n < 10; n++) {
        const some = Stream.takeUntil(
          events({ directory, concurrency: 4 }),
          (() => {
            let left = 3 + n * 14
            return () => left-- <= 0
          })()
        )
        yield* Stream.runDrain(some)
      }
      const last = yield* sync({ directory })
      assert.isEmpty(last.failures)
      assertWhole(
        directory,
        catalogue.assets.map(({ id }) => id)
      )
    }).pipe(Effect.provide(layer))
  )

  it.live("a link that the host refuses is renewed", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      yield* inject(Fault.status("storage", 403))
      assert.deepInclude(yield* sync({ directory, filter: videos, limit: 2 }), { saved: 2, failures: [] })
      assert.strictEqual(yield* requestsTo("request"), 1)
    }).pipe(Effect.provide(layer))
  )

  it.live("one run at a time in a directory", () =>
    Effect.gen(function* () {
      const { inject } = yield* Emulator.Emulator
      const directory = TestDirectory.make()
      yield* inject(Fault.stall("storage", 10, { times: "always" }))
      const { events } = yield* Sync.Sync
      const begun = yield* Effect.forkChild(Stream.runDrain(events({ directory })))
      yield* Effect.eventually(
        Effect.suspend(() =>
          existsSync(path.join(directory, "scenario-assets.jsonl")) ? Effect.void : Effect.fail("not yet")
        )
      )
      // Of another person, or in another container, whose runs are recorded elsewhere.
      const elsewhere = Layer.provide(Sync.layer, Runs.layer({ directory: TestDirectory.make() }))
      const error = yield* Effect.flip(Effect.provide(sync({ directory }), elsewhere))
      assert.strictEqual(error._tag === "FileError" ? error.reason._tag : error._tag, "Locked")
      yield* Fiber.interrupt(begun)
    }).pipe(Effect.provide(layer))
  )
})

describe("Sync.watch", () => {
  it.effect("goes on through what passes, and ends with a template that cannot be used", () =>
    Effect.gen(function* () {
      const outcomes: Array<Stream.Stream<number, { readonly _tag: string }>> = [
        Stream.succeed(1),
        Stream.fail({ _tag: "ApiError" }),
        Stream.succeed(2),
        Stream.fail({ _tag: "FileError" }),
        Stream.succeed(3)
      ]
      const errors: Array<string> = []
      const events = Stream.suspend(() => outcomes.shift() ?? Stream.never)
      const seen: Array<number> = []
      const fiber = yield* Sync.watch(events, Schedule.spaced("10 minutes"), ({ _tag }) =>
        Effect.sync(() => void errors.push(_tag))
      ).pipe(
        Stream.runForEach((n) => Effect.sync(() => seen.push(n))),
        Effect.forkChild
      )
      yield* TestClock.adjust("39 minutes")
      assert.deepStrictEqual(
        [seen, errors],
        [
          [1, 2],
          ["ApiError", "FileError"]
        ]
      )
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(seen, [1, 2, 3])
      yield* Fiber.interrupt(fiber)
    })
  )
})
