/** Every file of an archive with its content: in any order, at once, slowly, in part, twice, too late, or not at all. */
import { readdirSync, readlinkSync, truncateSync } from "node:fs"
import { deflateRawSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { TransferError } from "@scenario-assets/core"
import { ArchiveReader } from "@scenario-assets/node"
import { Cause, Clock, Deferred, Effect, Exit, Fiber, Option, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"

const mebibyte = 1024 * 1024
/** Large ones in one piece and in many, between small ones. */
const files: Readonly<Record<string, Uint8Array>> = {
  first: ZipMaker.text("the first"),
  blank: new Uint8Array(17 * mebibyte),
  second: ZipMaker.text("the second"),
  noise: Extracting.noise(5 * mebibyte),
  third: ZipMaker.text("the third"),
  large: Extracting.noise(6 * mebibyte, 2),
  empty: new Uint8Array(0),
  straddling: Extracting.noise(900_000, 4),
  ...Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [`many/${n}.txt`, ZipMaker.text(`file ${n} `.repeat(n * 20))])
  ),
  last: ZipMaker.text("the last")
}
const names = Object.keys(files)
const isLarge = (name: string) => (files[name]?.length ?? 0) > 4 * mebibyte
const byteCount = Object.values(files).reduce((sum, { length }) => sum + length, 0)
const withDirectory = (entries: ReadonlyArray<ZipMaker.Entry>) => ZipMaker.make([{ name: "many/" }, ...entries])
const archives = {
  deflated: withDirectory(Extracting.entriesOf(files, 8)),
  stored: withDirectory(Extracting.entriesOf(files, 0)),
  described: withDirectory(
    Extracting.entriesOf(files, 8).map((entry): ZipMaker.Entry => ({ ...entry, descriptor: "signed" }))
  )
}
const kinds = Object.entries(archives)
const concurrencies = [1, 8, "unbounded"] as const

/** A host and a file with the same archive. */
const locations = ({ bytes }: ZipMaker.Made) =>
  Effect.map(RangeHost.make(bytes), ({ source }): ReadonlyArray<ArchiveReader.ArchiveLocation> => [
    { name: "job", source },
    { file: Extracting.fileOf(bytes) }
  ])

const onHost = ({ source }: RangeHost.RangeHost) => ({ name: "job", source })

type Content = ArchiveReader.EntryContent

const forEach = <E, R>(
  location: ArchiveReader.ArchiveLocation,
  use: (name: string, content: Content) => Effect.Effect<unknown, E, R>,
  options: ArchiveReader.ForEachOptions = {}
) =>
  Effect.flatMap(ArchiveReader.ArchiveReader, (reader) =>
    reader.forEach(location, (entry, content) => use(entry.name, content), { ...Extracting.quick, ...options })
  )

const isRight = (name: string, bytes: Uint8Array) =>
  assert.isTrue(Buffer.from(files[name] ?? "").equals(bytes), `the content of ${name}`)

const whole = (name: string, content: Content) =>
  Effect.map(Stream.mkUint8Array(content), (bytes) => isRight(name, bytes))

/** Other fibers and what the system has to tell them come first. */
const others = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
const patience = Effect.forEach(Array.from({ length: 100 }), () => others, { discard: true })

/** Whether this process has the file open. */
const isOpen = (file: string) =>
  readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file
    } catch {
      return false
    }
  })

const reasonOf = (exit: Exit.Exit<unknown, unknown>): string => {
  assert(Exit.isFailure(exit), "it succeeded")
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  assert(typeof error === "object" && error !== null && "reason" in error, Cause.pretty(exit.cause))
  return (error.reason as { readonly _tag: string })._tag
}

describe("ArchiveReader.forEach", () => {
  it.live.each(kinds.flatMap(([kind, made]) => concurrencies.map((concurrency) => [kind, concurrency, made] as const)))(
    "gives every file with its content: %s, %s at once",
    ([, concurrency, made]) =>
      Effect.gen(function* () {
        for (const location of yield* locations(made)) {
          const seen: Array<string> = []
          const kept: Array<readonly [name: string, chunks: ReadonlyArray<Uint8Array>]> = []
          const report = yield* forEach(
            location,
            Effect.fnUntraced(function* (name, content) {
              seen.push(name)
              kept.push([
                name,
                yield* Stream.runCollect(Stream.mapEffect(content, (bytes) => Effect.as(others, bytes)))
              ])
            }),
            { concurrency }
          )
          assert.deepStrictEqual(report, { fileCount: names.length, byteCount, refused: [] })
          if (concurrency === 1) assert.deepStrictEqual(seen, names)
          else assert.deepStrictEqual(seen.toSorted(), names.toSorted())
          // Looked at when all is over: no memory was used again.
          for (const [name, chunks] of kept) isRight(name, Buffer.concat(chunks))
        }
      }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([1, 5, 20].flatMap((size) => ([1, 8, "unbounded"] as const).map((at) => [size, at] as const)))(
    "gives several files of %s MiB, %s at once",
    ([size, concurrency]) =>
      Effect.gen(function* () {
        const contents = Object.fromEntries(
          Array.from({ length: 5 }, (_, n) => [`${n}`, Extracting.noise(size * mebibyte, n + 1)])
        )
        const host = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(contents, 0)).bytes)
        const report = yield* forEach(
          onHost(host),
          (name, content) =>
            Effect.map(Stream.mkUint8Array(content), (bytes) =>
              assert.isTrue(Buffer.from(contents[name] ?? "").equals(bytes))
            ),
          { concurrency }
        )
        assert.deepStrictEqual(report, { fileCount: 5, byteCount: 5 * size * mebibyte, refused: [] })
      }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("fetches no large file whose content is not run, and no file that is not selected", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const asked: Array<string> = []
      const select = ({ name }: { readonly name: string }) => {
        asked.push(name)
        return isLarge(name) || name === "second" || name === "last"
      }
      const report = yield* forEach(
        onHost(host),
        (name, content) => (isLarge(name) ? Effect.void : whole(name, content)),
        { select, concurrency: 3 }
      )
      assert.strictEqual(report.fileCount, names.filter(isLarge).length + 2)
      assert.deepStrictEqual(asked, names, "directories are no files")
      // The directory, and what lies before the tail.
      const { bytes, requests } = host.take()
      assert.isBelow(bytes, 2 * mebibyte)
      assert.isAtMost(requests, 3)
      assert.deepStrictEqual(yield* forEach(onHost(host), () => Effect.void, { select: () => false }), {
        fileCount: 0,
        byteCount: 0,
        refused: []
      })
      assert.strictEqual(host.take().requests, 1)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(kinds)("gives contents in part: %s", ([, made]) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        const report = yield* forEach(
          location,
          (name, content) =>
            Effect.map(Stream.mkUint8Array(Stream.take(content, 1)), (bytes) =>
              assert.isTrue(
                Buffer.from(files[name] ?? "")
                  .subarray(0, bytes.length)
                  .equals(bytes)
              )
            ),
          { concurrency: 2 }
        )
        assert.strictEqual(report.fileCount, names.length)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each(kinds)("gives a content as often as it is run, also at once: %s", ([, made]) =>
    Effect.gen(function* () {
      const select = ({ name }: { readonly name: string }) => !name.startsWith("many/")
      for (const location of yield* locations(made)) {
        yield* forEach(
          location,
          Effect.fnUntraced(function* (name, content) {
            yield* whole(name, content)
            yield* Effect.all([whole(name, content), whole(name, content), whole(name, Stream.rechunk(content, 3))], {
              concurrency: "unbounded"
            })
          }),
          { concurrency: 2, select }
        )
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("gives memory that a callback may change or give away", () =>
    Effect.gen(function* () {
      for (const [, made] of kinds) {
        for (const location of yield* locations(made)) {
          yield* forEach(
            location,
            Effect.fnUntraced(function* (name, content) {
              if (isLarge(name)) yield* Stream.runForEach(content, (bytes) => Effect.sync(() => bytes.fill(1)))
              yield* whole(name, content)
            }),
            { select: ({ name }) => !name.startsWith("many/") }
          )
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("ends a content with its callback: run later, or still under way, it fails", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const file = Extracting.fileOf(archives.stored)
      for (const location of [onHost(host), { file }]) {
        const kept = new Map<string, Content>()
        const late = new Map<string, Fiber.Fiber<void, ArchiveReader.ReadError>>()
        const report = yield* forEach(
          location,
          Effect.fnUntraced(function* (name, content) {
            kept.set(name, content)
            if (!isLarge(name)) return
            const began = yield* Deferred.make<void>()
            // It reads nothing more before the callback has ended.
            const slow = Stream.mapEffect(content, () => Effect.andThen(Deferred.succeed(began, undefined), patience))
            late.set(name, yield* Effect.forkDetach(Stream.runDrain(slow)))
            yield* Deferred.await(began)
          }),
          { concurrency: 4 }
        )
        assert.strictEqual(report.fileCount, names.length)
        for (const [name, fiber] of late) {
          assert.strictEqual(reasonOf(yield* Fiber.await(fiber)), "ContentClosed", name)
        }
        for (const [, content] of kept) {
          assert.strictEqual(reasonOf(yield* Effect.exit(Stream.runDrain(content))), "ContentClosed")
        }
      }
      yield* host.idle
      assert.isFalse(isOpen(file))
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("leaves what a callback acquires to the scope that the caller gives", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const select = ({ name }: { readonly name: string }) => name === "first" || name === "noise"
      yield* Effect.gen(function* () {
        const note = (what: string) => Effect.sync(() => void order.push(what))
        yield* forEach(
          { file: Extracting.fileOf(archives.stored) },
          (name, content) =>
            Effect.andThen(
              Effect.addFinalizer(() => note(`close ${name}`)),
              Stream.runDrain(content)
            ),
          { select }
        )
        yield* note("done")
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(order, ["done", "close noise", "close first"])
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("fails where a callback runs the content of another that has ended", () =>
    Effect.gen(function* () {
      for (const name of ["first", "noise"]) {
        let kept: Content | undefined
        const exit = yield* Effect.exit(
          forEach({ file: Extracting.fileOf(archives.stored) }, (other, content) => {
            if (other === name) kept = content
            return other === "third" || (kept !== undefined && other !== name)
              ? Stream.runDrain(kept ?? content)
              : Effect.void
          })
        )
        assert.strictEqual(reasonOf(exit), "ContentClosed")
      }
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("A damaged file in ArchiveReader.forEach", () => {
  const large = files["noise"] ?? new Uint8Array(0)
  const wrong: Readonly<Record<string, ZipMaker.Entry>> = {
    "a wrong checksum": { name: "", content: "small", central: { crc32: 1 }, local: { crc32: 1 } },
    "a wrong checksum, deflated": { name: "", content: "small", method: 8, central: { crc32: 1 }, local: { crc32: 1 } },
    "what is not deflated": { name: "", content: "small", method: 8, data: ZipMaker.text("\u0007nonsense") },
    "another name in the local header": {
      name: "",
      content: "small",
      local: { name: ZipMaker.text("another name in that local heade") }
    },
    "no local header": { name: "", content: "small", local: { signature: 7 } },
    "another checksum in the local header": { name: "", content: "small", method: 8, local: { crc32: 1 } },
    "a wrong checksum, large": { name: "", content: large, central: { crc32: 1 }, local: { crc32: 1 } },
    "a wrong checksum, large and deflated": {
      name: "",
      content: large,
      method: 8,
      central: { crc32: 1 },
      local: { crc32: 1 }
    },
    "what is not deflated, large": {
      name: "",
      content: large,
      method: 8,
      data: ZipMaker.concat(Uint8Array.of(7), deflateRawSync(large))
    },
    "no local header, large": { name: "", content: large, local: { signature: 7 } },
    "another checksum in the local header, large": { name: "", content: large, method: 8, local: { crc32: 1 } }
  }
  const damaged = Object.keys(wrong)
  const made = ZipMaker.make(
    Object.entries(wrong).flatMap(([name, entry], n): ReadonlyArray<ZipMaker.Entry> => [
      { name: `good ${n}`, content: `good ${n}` },
      { ...entry, name }
    ])
  )
  const read = (content: Content) => Stream.runDrain(content)

  it.live.each(concurrencies)("is in the report, and the others are given: %s at once", (concurrency) =>
    Effect.gen(function* () {
      for (const location of yield* locations(made)) {
        const given: Array<string> = []
        const report = yield* forEach(
          location,
          (name, content) =>
            Effect.tap(read(content), () =>
              Effect.sync(() => {
                given.push(name)
              })
            ),
          { concurrency }
        )
        assert.deepStrictEqual(
          report.refused.map(({ entry }) => entry.name),
          damaged
        )
        for (const { entry, error } of report.refused) assert.include(error.message, `"${entry.name}"`)
        assert.deepStrictEqual(given.toSorted(), damaged.map((_, n) => `good ${n}`).toSorted())
        assert.strictEqual(report.fileCount, damaged.length)
        assert.strictEqual(
          report.byteCount,
          given.reduce((sum, { length }) => sum + length, 0)
        )
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is in the report as well where it is kept in a way that is not supported", () =>
    Effect.gen(function* () {
      const other: Readonly<Record<string, Partial<ZipMaker.Entry>>> = {
        encryption: { flags: 1, method: 8 },
        "strong encryption": { flags: 0x41 },
        "encryption by AES": { flags: 1, method: 99, central: { crc32: 0 }, local: { crc32: 0 } },
        "the method bzip2": { method: 12 },
        "the method 77": { method: 77 },
        "a symbolic link": { mode: 0o120777 }
      }
      const made = ZipMaker.make(
        Object.entries(other).flatMap(([name, fields], n): ReadonlyArray<ZipMaker.Entry> => [
          { name: `good ${n}`, content: `good ${n}` },
          { name, content: "who knows", ...fields }
        ])
      )
      const reader = yield* ArchiveReader.ArchiveReader
      for (const location of yield* locations(made)) {
        const given: Array<string> = []
        const report = yield* forEach(location, (name) => Effect.sync(() => given.push(name)), { concurrency: 4 })
        assert.deepStrictEqual(
          report.refused.map(({ entry, error }) => [
            entry.name,
            error.reason._tag === "Unsupported" && error.reason.feature
          ]),
          Object.keys(other).map((name) => [name, /encryption/.test(name) ? "encryption" : name])
        )
        assert.deepStrictEqual(
          given,
          Object.keys(other).map((_, n) => `good ${n}`)
        )
        const selected = yield* forEach(location, () => Effect.void, {
          select: ({ refused }) => refused === undefined
        })
        assert.deepStrictEqual(selected, { ...report, refused: [] })
        assert.lengthOf(yield* reader.list(location), 12)
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is not in the report where its callback handles the error, or does not look", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(made) }
      const handled: Array<string> = []
      for (const use of [
        (name: string, content: Content) =>
          Effect.catchTag(read(content), "ArchiveError", () => Effect.sync(() => handled.push(name))),
        () => Effect.void
      ]) {
        const report = yield* forEach(location, use)
        assert.deepStrictEqual(
          report.refused.map(({ entry }) => entry.name),
          damaged.filter((name) => !name.endsWith("large") && !name.includes("large and"))
        )
      }
      assert.lengthOf(handled, 5)
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live("fails all where another callback meets its error, or its own makes a defect of it", () =>
    Effect.gen(function* () {
      const location = { file: Extracting.fileOf(made) }
      const name = "a wrong checksum, large"
      let kept: Content | undefined
      const other = yield* Effect.exit(
        forEach(
          location,
          (it, content) => {
            if (it === name) {
              kept = content
              return Effect.never
            }
            return kept === undefined ? Effect.void : read(kept)
          },
          { concurrency: 2 }
        )
      )
      assert.strictEqual(reasonOf(other), "WrongContent")
      const defect = yield* Effect.exit(
        forEach(location, (it, content) => (it === name ? Effect.orDie(read(content)) : Effect.void))
      )
      assert(Exit.isFailure(defect) && Cause.hasDies(defect.cause))
    }).pipe(Effect.provide(Extracting.layer))
  )
})

describe("What ends ArchiveReader.forEach", () => {
  it.live.each(concurrencies)("is a callback that fails, and the others are interrupted: %s at once", (concurrency) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const file = Extracting.fileOf(archives.stored)
      for (const location of [onHost(host), { file }]) {
        let running = 0
        const error = yield* Effect.flip(
          forEach(
            location,
            (name, content) => {
              running++
              return (
                name === "large"
                  ? Effect.andThen(Stream.runDrain(Stream.take(content, 1)), Effect.fail("full" as const))
                  : concurrency === 1
                    ? Stream.runDrain(content)
                    : Effect.andThen(Stream.runDrain(content), Effect.never)
              ).pipe(Effect.ensuring(Effect.sync(() => running--)))
            },
            { concurrency }
          )
        )
        assert.strictEqual(error, "full")
        assert.strictEqual(running, 0)
        assert.isFalse(isOpen(file))
      }
      yield* host.idle
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is an archive that cannot be read any further, and the callbacks that run are interrupted", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes, {
        fate: (number) => (number < 2 ? {} : { status: 503 })
      })
      let interrupted = 0
      const exit = yield* Effect.exit(
        forEach(
          onHost(host),
          (name) =>
            isLarge(name) ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++)) : Effect.void,
          { concurrency: 20, retries: 0 }
        )
      )
      assert.strictEqual(reasonOf(exit), "RetriesExhausted")
      assert.isAbove(interrupted, 0)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is an object that was replaced", () =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.stored.bytes)
      const exit = yield* Effect.exit(
        forEach(onHost(host), (name, content) => {
          if (name === "noise") Object.assign(host, { etag: '"2"', object: archives.deflated.bytes })
          return whole(name, content)
        })
      )
      assert.strictEqual(reasonOf(exit), "ObjectChanged")
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live("is a file that becomes shorter", () =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archives.stored)
      const error = yield* Effect.flip(
        forEach({ file }, (name, content) => {
          truncateSync(file, 18 * mebibyte)
          return whole(name, content)
        })
      )
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, "Changed")
    }).pipe(Effect.provide(Extracting.layer))
  )

  it.live.each(concurrencies)("is an interruption at any step, which leaves nothing open: %s at once", (concurrency) =>
    Effect.gen(function* () {
      const host = yield* RangeHost.make(archives.deflated.bytes)
      const file = Extracting.fileOf(archives.deflated)
      for (const location of [onHost(host), { file }]) {
        for (let steps = 0; ; steps = steps * 2 + 1) {
          let step = 0
          const reached = yield* Deferred.make<void>()
          const next = Effect.suspend(() =>
            step++ === steps ? Effect.andThen(Deferred.succeed(reached, undefined), others) : Effect.void
          )
          const fiber = yield* Effect.forkChild(
            forEach(
              location,
              (_, content) => next.pipe(Effect.andThen(Stream.runForEach(content, () => next)), Effect.andThen(next)),
              { concurrency }
            )
          )
          yield* Effect.raceFirst(Deferred.await(reached), Fiber.await(fiber))
          yield* Fiber.interrupt(fiber)
          const exit = yield* Fiber.await(fiber)
          yield* host.idle
          assert.isFalse(isOpen(file))
          if (Exit.isSuccess(exit)) break
          assert.isTrue(Cause.hasInterruptsOnly(exit.cause))
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )

  it.live.each([
    { concurrency: 0 },
    { concurrency: 1.5 },
    { concurrency: Number.NaN },
    { memory: 0 },
    { memory: Number.NaN }
  ])("is an option that means nothing, a defect: %o", (options) =>
    Effect.gen(function* () {
      const file = Extracting.fileOf(archives.stored)
      const exit = yield* Effect.exit(forEach({ file }, () => Effect.void, options))
      assert(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.instanceOf(Cause.squash(exit.cause), RangeError)
      assert.include(Cause.pretty(exit.cause), Object.keys(options).join())
    }).pipe(Effect.provide(Extracting.layer))
  )
})

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

describe("ArchiveReader", () => {
  it.live("reads files without network, configuration and credentials", () =>
    Effect.gen(function* () {
      const { forEach, list } = yield* ArchiveReader.ArchiveReader
      const location = { file: Extracting.fileOf(archives.described) }
      const entries = yield* list(location)
      assert.deepStrictEqual(
        entries.map(({ name }) => name),
        ["many/", ...names]
      )
      const report = yield* forEach(location, (entry, content) => whole(entry.name, content))
      assert.strictEqual(report.fileCount, names.length)
    }).pipe(Effect.provide(ArchiveReader.layerFiles))
  )

  it.live("lists 50,000 entries of an archive by few requests", () =>
    Effect.gen(function* () {
      const entries = Array.from({ length: 50_000 }, (_, n) => ({ name: `directory/of/files/${n}.png` }))
      const host = yield* RangeHost.make(ZipMaker.make(entries).bytes)
      const { list } = yield* ArchiveReader.ArchiveReader
      const found = yield* list({ name: "job", source: host.source })
      assert.deepStrictEqual([found.length, found.at(-1)?.name], [50_000, "directory/of/files/49999.png"])
      assert.strictEqual(host.take().requests, 2)
    }).pipe(Effect.scoped, Effect.provide(Extracting.layer))
  )
})
