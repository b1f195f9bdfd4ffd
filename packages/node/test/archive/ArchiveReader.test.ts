/** Every file of an archive with its content: in any order, at once, slowly, in part, twice, too late, or not at all. */
import { assert, describe, it } from "@effect/vitest"
import { ArchiveReader } from "@scenario-assets/node"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as Extracting from "../support/Extracting.ts"
import * as RangeHost from "../support/RangeHost.ts"
import {
  mebibyte,
  files,
  names,
  isLarge,
  byteCount,
  archives,
  kinds,
  concurrencies,
  locations,
  onHost,
  type Content,
  forEach,
  isRight,
  whole,
  others,
  patience,
  isOpen,
  reasonOf
} from "../support/ReadingEntries.ts"

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

  it.live.each([1, 5])(`gives several files of %s MiB, ${concurrencies.join(", ")} at once`, (size) =>
    Effect.gen(function* () {
      const contents = Object.fromEntries(
        Array.from({ length: 5 }, (_, n) => [`${n}`, Extracting.noise(size * mebibyte, n + 1)])
      )
      const host = yield* RangeHost.make(ZipMaker.make(Extracting.entriesOf(contents, 0)).bytes)
      for (const concurrency of concurrencies) {
        const report = yield* forEach(
          onHost(host),
          (name, content) =>
            Effect.map(Stream.mkUint8Array(content), (bytes) =>
              assert.isTrue(Buffer.compare(contents[name] ?? new Uint8Array(0), bytes) === 0)
            ),
          { concurrency }
        )
        assert.deepStrictEqual(report, { fileCount: 5, byteCount: 5 * size * mebibyte, refused: [] })
      }
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
