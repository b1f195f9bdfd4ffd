/** How much memory reading takes, and hosts that make it hard. */
import { assert, describe, it } from "@effect/vitest"
import { TransferError } from "@scenario-assets/core"
import { Clock, Deferred, Effect, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"
import {
  mebibyte,
  names,
  isLarge,
  byteCount,
  archives,
  kinds,
  locations,
  onHost,
  forEach,
  whole,
  patience
} from "../support/ReadingEntries.ts"

describe("The memory of ArchiveReader.forEach", () => {
  /** Callbacks that run, and wait for each other until so many do. */
  const meeting = (count: number, sizeOf: (name: string) => number) => {
    const all = Deferred.makeUnsafe<void>()
    let running = 0
    let held = 0
    const seen = { most: 0, running: 0 }
    const meet = (name: string) =>
      Effect.gen(function* () {
        running++
        held += sizeOf(name)
        seen.most = Math.max(seen.most, held)
        seen.running = Math.max(seen.running, running)
        if (running === count) yield* Deferred.succeed(all, undefined)
        yield* Deferred.await(all)
        yield* patience
        running--
        held -= sizeOf(name)
      })
    return { seen, meet }
  }

  it.live.each(kinds.map(([kind]) => kind))("is never more than the budget, and used: %s", (kind) =>
    Effect.gen(function* () {
      const contents = Object.fromEntries(
        Array.from({ length: 24 }, (_, n) => [`${n}`, Extracting.noise(((n % 3) + 1) * 500_000, n + 1)])
      )
      const made = ZipMaker.make(
        Extracting.entriesOf(contents, kind === "stored" ? 0 : 8).map((entry): ZipMaker.Entry =>
          kind === "described" ? { ...entry, descriptor: "signed" } : entry
        )
      )
      for (const location of yield* locations(made)) {
        const memory = 4_000_000
        // 0.5, 1, 1.5 and 0.5 MB; the next would be too much.
        const { meet, seen } = meeting(4, (name) => contents[name]?.length ?? 0)
        const report = yield* forEach(
          location,
          Effect.fnUntraced(function* (name, content) {
            const bytes = yield* Stream.mkUint8Array(content)
            yield* meet(name)
            assert.isTrue(Buffer.from(contents[name] ?? "").equals(bytes))
          }),
          { concurrency: "unbounded", memory }
        )
        assert.strictEqual(report.fileCount, 24)
        assert.isAtMost(seen.most, memory)
        assert.isAbove(seen.most, memory / 2)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("lets as many large files be read at once as there is room for", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(archives.deflated) }
      const { meet, seen } = meeting(2, () => 1)
      yield* forEach(location, (name, content) => Effect.andThen(whole(name, content), meet(name)), {
        concurrency: "unbounded",
        memory: 16 * mebibyte,
        select: ({ name }) => isLarge(name)
      })
      assert.strictEqual(seen.running, 2)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live.each([1, 500_000])("may be less than one file has, which is then read piece by piece: %s bytes", (memory) =>
    Effect.gen(function* () {
      for (const location of yield* locations(archives.stored)) {
        const report = yield* forEach(location, whole, {
          concurrency: "unbounded",
          memory,
          select: ({ name }) => !name.startsWith("many/") || name.endsWith("99.txt")
        })
        assert.isAbove(report.fileCount, 9)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})

describe("A storage host that is read by ArchiveReader.forEach", () => {
  it.live("may serve no ranges: the archive is fetched once, and gone in the end", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.deflated.bytes, { ranges: false })
      const report = yield* forEach(onHost(host), whole, { concurrency: 8 })
      assert.deepStrictEqual(report, { fileCount: names.length, byteCount, refused: [] })
      assert.isAtMost(host.take().requests, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("may end connections that have to wait for a callback: each is made once more", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      yield* forEach(onHost(host), whole)
      const { requests } = host.take()
      const report = yield* forEach(onHost(host), (name, content) => {
        if (name === "straddling" || name === "many/400.txt") host.reset()
        return whole(name, content)
      })
      assert.strictEqual(report.fileCount, names.length)
      assert.isAtMost(host.take().requests, requests + 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("may refuse a link: all reads share one fresh link", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes, {
        fate: (number, { url = "" }) => (number > 1 && url.endsWith("n=0") ? { status: 403 } : {})
      })
      const report = yield* forEach(onHost(host), whole, { concurrency: 8 })
      assert.strictEqual(report.fileCount, names.length)
      assert.strictEqual(host.links(), 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("may cut every body once", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes, {
        fate: (number) => (number % 2 === 1 ? { cut: 300_000 } : {})
      })
      const report = yield* forEach(onHost(host), whole, { concurrency: 4 })
      assert.deepStrictEqual(report, { fileCount: names.length, byteCount, refused: [] })
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("may be asked for so many bytes a second, over all reads", () =>
    Effect.gen(function* () {
      const contents = Object.fromEntries(
        Array.from({ length: 4 }, (_, n) => [`${n}`, Extracting.noise(4_500_000, n + 1)])
      )
      const host = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(contents, 0)).bytes)
      const start = yield* Clock.currentTimeMillis
      yield* forEach(onHost(host), (_, content) => Stream.runDrain(content), {
        concurrency: "unbounded",
        limitRate: 12_000_000
      })
      // 18 MB, of which a piece of a quarter of a second may come at once.
      assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 1000)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("tells why it gives nothing", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes, { fate: () => ({ status: 404 }) })
      const error = yield* Effect.flip(forEach(onHost(host), () => Effect.void))
      assert.instanceOf(error, TransferError.TransferError)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
