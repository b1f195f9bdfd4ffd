import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import { FileDownload, FileError } from "@scenario-assets/node"
import type { EmulatorServer } from "@scenario-assets/node/testing"
import { Cause, Effect, Exit, Stream } from "effect"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import * as Downloading from "../support/Downloading.ts"
import { lockOf, quick, testLayer } from "../support/SavingFiles.ts"

const { begin, inject, isWhole, storageRequests } = Downloading

describe("FileDownload", () => {
  describe("a target that is there", () => {
    it.live("is not touched: an error, before anything is sent", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        writeFileSync(target, "mine")
        const before = (yield* storageRequests).length
        const { run } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(run(source, target, quick))
        assert(error._tag === "FileError")
        assert.strictEqual(error.reason._tag, "Exists")
        assert.include(error.message, target)
        assert.strictEqual(readFileSync(target, "utf8"), "mine")
        assert.strictEqual((yield* storageRequests).length, before)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is not touched either where it has come meanwhile", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        const { events } = yield* FileDownload.FileDownload
        const come = ({ _tag }: FileDownload.FileEvent) =>
          Effect.sync(() => (_tag === "Opened" ? writeFileSync(target, "mine") : undefined))
        const error = yield* Effect.flip(Stream.runForEach(events(source, target, quick), come))
        assert(error._tag === "FileError")
        assert.strictEqual(error.reason._tag, "Exists")
        assert.strictEqual(readFileSync(target, "utf8"), "mine")
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is left with skip, and replaced whole with replace", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        writeFileSync(target, "mine")
        const { run } = yield* FileDownload.FileDownload
        assert.deepStrictEqual(yield* run(source, target, { ...quick, ifExists: "skip" }), {
          path: target,
          bytes: 4,
          resumedFrom: 0,
          alreadyThere: true,
          verified: []
        })
        yield* inject(Fault.html("storage"))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(run(source, target, { ...quick, ifExists: "replace" }))))
        assert.strictEqual(readFileSync(target, "utf8"), "mine", "never half overwritten")
        yield* run(source, target, { ...quick, ifExists: "replace" })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live.each<[string, EmulatorServer.Options, ReadonlyArray<Fault.Fault>]>([
      ["its checksum", { checksums: ["md5"] }, []],
      ["its bytes, where the host declares no checksum", {}, []],
      ["its bytes, where the host serves no ranges either", {}, [Fault.ignoreRange("storage", { times: "always" })]],
      ["its bytes, where the ETag is another one each time", {}, [Fault.noETag("storage", { times: "always" })]],
      ["some of its bytes, where it is large", { archive: { size: 20_000_000, entries: 3 } }, []]
    ])(
      "is kept with keep where it is the object by %s, and refused where it differs in one byte",
      ([, options, faults]) =>
        Effect.gen(function* () {
          const { directory, expected, source, target } = yield* begin
          const { run } = yield* FileDownload.FileDownload
          yield* inject(...faults)
          const keep = { ...quick, ifExists: "keep" } as const
          assert.strictEqual((yield* run(source, target, keep)).alreadyThere, false)
          isWhole(target, expected)
          const again = yield* run(source, target, keep)
          assert.deepInclude(again, { path: target, bytes: expected.length, alreadyThere: true })

          const changed = Buffer.from(expected)
          changed[changed.length - 1000] = (changed[changed.length - 1000] ?? 0) ^ 1
          for (const other of [changed, expected.subarray(0, -1), Buffer.concat([expected, Buffer.of(0)])]) {
            writeFileSync(target, other)
            const error = yield* Effect.flip(run(source, target, keep))
            assert(error._tag === "FileError")
            assert.strictEqual(error.reason._tag, "Exists")
            assert.isTrue(readFileSync(target).equals(other), "it is left as it is")
          }
          assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
        }).pipe(Effect.provide(testLayer(options)))
    )

    it.live("is what another one brought meanwhile: no second file, and nothing left over", () =>
      Effect.gen(function* () {
        const { directory, source, target } = yield* begin
        const { events } = yield* FileDownload.FileDownload
        const all = yield* events(source, target, { ...quick, ifExists: "skip" }).pipe(
          Stream.tap(() => Effect.sync(() => writeFileSync(target, "mine"))),
          Stream.runCollect
        )
        assert.deepInclude(all.at(-1), {
          _tag: "Completed",
          file: { path: target, bytes: 4, resumedFrom: 0, alreadyThere: true, verified: [] }
        })
        assert.strictEqual(readFileSync(target, "utf8"), "mine")
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("has one of two that end under one name; the other one says so", () =>
      Effect.gen(function* () {
        const { directory, expected, source } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        const path = join(directory, "final.zip")
        const both = ["a", "b"].map((name) => run(source, join(directory, name), { ...quick, rename: () => path }))
        const [right, ...wrong] = (yield* Effect.all(both.map(Effect.exit), { concurrency: 2 })).toSorted(
          (a, b) => Number(Exit.isFailure(a)) - Number(Exit.isFailure(b))
        )
        assert(right !== undefined && Exit.isSuccess(right))
        const [error] = wrong.map((exit) => Exit.isFailure(exit) && Cause.squash(exit.cause))
        assert(error instanceof FileError.FileError)
        assert.deepInclude({ path: error.path, reason: error.reason._tag }, { path, reason: "Exists" })
        isWhole(path, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("under the final name is found out before the first byte", () =>
      Effect.gen(function* () {
        const { directory, source, target } = yield* begin
        const { events } = yield* FileDownload.FileDownload
        const path = join(directory, "final.zip")
        writeFileSync(path, "mine")
        const seen: Array<string> = []
        const error = yield* events(source, target, { ...quick, rename: () => path }).pipe(
          Stream.runForEach(({ _tag }) => Effect.sync(() => seen.push(_tag))),
          Effect.flip
        )
        assert.deepInclude(error, { _tag: "FileError", path })
        assert(error._tag === "FileError")
        assert.strictEqual(error.reason._tag, "Exists")
        assert.notInclude(seen, "Written")
        assert.deepStrictEqual(readdirSync(directory), ["final.zip"])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("that is a directory is never replaced: an error, before anything is sent", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        mkdirSync(target)
        const before = (yield* storageRequests).length
        const { run } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(run(source, target, { ...quick, ifExists: "replace" }))
        assert.deepInclude(error, { _tag: "FileError", path: target })
        assert(error._tag === "FileError")
        assert.strictEqual(error.reason._tag, "IsDirectory")
        assert.strictEqual((yield* storageRequests).length, before)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is not written to where its part has the same inode, as a kill just before the end leaves it", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        writeFileSync(target, "mine")
        linkSync(target, Unfinished.partOf(target))
        const { run } = yield* FileDownload.FileDownload
        yield* inject(Fault.cut("storage", 1_500_000))
        yield* Effect.exit(run(source, target, { ...quick, retries: 0, ifExists: "replace" }))
        assert.strictEqual(readFileSync(target, "utf8"), "mine")
        yield* run(source, target, { ...quick, ifExists: "replace" })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("may also be a link that leads nowhere", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        symlinkSync("nowhere", target)
        const { run } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(run(source, target, quick))
        assert.strictEqual(error._tag, "FileError")
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("names the file after what it is, where asked to", () =>
      Effect.gen(function* () {
        const { directory, expected, source } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        const rename = ({ contentType }: { readonly contentType?: string }) =>
          join(directory, `x.${contentType?.split("/")[1]}`)
        const file = yield* run(source, join(directory, "x"), { ...quick, rename })
        assert.strictEqual(file.path, join(directory, "x.zip"))
        isWhole(file.path, expected)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("ends where no directory can be made, though the one above says that it is not there", () =>
    Effect.gen(function* () {
      const { source } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      const error = yield* Effect.flip(run(source, "/proc/scenario-assets/here/file", quick))
      assert(error._tag === "FileError")
      assert.include(error.message, "/proc/scenario-assets/here")
    }).pipe(Effect.provide(testLayer()))
  )

  describe("what another program has beside the target", () => {
    it.live("is not touched: a part, its state, a lock", () =>
      Effect.gen(function* () {
        const { directory, expected, source, target } = yield* begin
        const names = [".part", ".part.jsonl", ".part.jsonl.tmp", ".part.lock", ".lock", ".tmp"]
        for (const name of names) writeFileSync(target + name, "theirs")
        const { run } = yield* FileDownload.FileDownload
        yield* inject(Fault.cut("storage", 1_500_000))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(run(source, target, { ...quick, retries: 0 }))))
        yield* run(source, target, quick)
        isWhole(target, expected)
        for (const name of names) assert.strictEqual(readFileSync(target + name, "utf8"), "theirs")
        assert.lengthOf(readdirSync(directory), names.length + 1)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live.each<readonly [what: string, make: (path: string) => void]>([
      ["a file", (path) => writeFileSync(path, "theirs")],
      [
        "a directory with something else",
        (path) => {
          mkdirSync(path)
          writeFileSync(join(path, "part"), "theirs")
        }
      ],
      ["a link", (path) => symlinkSync(TestDirectory.make(), path)],
      ["a link that leads nowhere", (path) => symlinkSync("nowhere", path)]
    ])("under the name that we need is an error before anything is sent: %s", ([what, make]) =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        const path = Unfinished.directoryOf(target)
        make(path)
        const before = (yield* storageRequests).length
        const { run } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(run(source, target, quick))
        assert.deepInclude(error, { _tag: "FileError", path })
        assert(error._tag === "FileError")
        assert.strictEqual(error.reason._tag, "NotOurs")
        assert.match(String(error), /scenario-assets did not create it; move it away/)
        if (what === "a file") assert.strictEqual(readFileSync(path, "utf8"), "theirs")
        else if (what.startsWith("a dir")) assert.strictEqual(readFileSync(join(path, "part"), "utf8"), "theirs")
        else assert.isNotEmpty(readlinkSync(path))
        assert.strictEqual((yield* storageRequests).length, before)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("that was suspended and taken for gone does no harm when it comes back", () =>
    Effect.gen(function* () {
      const { directory, expected, source, target } = yield* begin
      const { events, run } = yield* FileDownload.FileDownload
      yield* inject(Fault.throttle("storage", 4_000_000))
      let inode = 0
      const first = yield* events(source, target, { ...quick, idleTimeout: "1 minute" }).pipe(
        Stream.tap((event) => {
          if (event._tag !== "Written" || inode > 0) return Effect.void
          inode = statSync(Unfinished.partOf(target)).ino
          // Of a machine that has said nothing for long.
          writeFileSync(Unfinished.lockOf(target), lockOf(1).replace(hostname(), "elsewhere.test"))
          utimesSync(Unfinished.lockOf(target), 1, 1)
          return Effect.asVoid(
            events(source, target, quick).pipe(
              Stream.tap((told) =>
                Effect.sync(() => {
                  if (told._tag === "Opened") assert.notStrictEqual(statSync(Unfinished.partOf(target)).ino, inode)
                })
              ),
              Stream.runDrain
            )
          )
        }),
        Stream.runDrain,
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(first))
      isWhole(target, expected)
      assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      yield* run(source, target, { ...quick, ifExists: "skip" })
    }).pipe(Effect.provide(testLayer()))
  )

  it.live("is one run's at a time: a second one says so and does nothing", () =>
    Effect.gen(function* () {
      const { expected, source, target } = yield* begin
      const { events, run } = yield* FileDownload.FileDownload
      yield* inject(Fault.stall("storage", 1_500_000))
      const tried = yield* events(source, target, quick).pipe(
        Stream.filter((event) => event._tag === "Opened"),
        Stream.mapEffect(() => Effect.flip(run(source, target, quick))),
        Stream.take(1),
        Stream.runHead
      )
      assert(tried._tag === "Some" && tried.value._tag === "FileError")
      assert.strictEqual(tried.value.reason._tag, "Locked")
      assert.include(tried.value.message, "another run")
      yield* run(source, target, quick)
      isWhole(target, expected)
    }).pipe(Effect.provide(testLayer()))
  )
})
