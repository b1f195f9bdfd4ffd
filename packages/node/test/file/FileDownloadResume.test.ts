import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { SignedUrl, Transfer, TransferError, type TransferEvent } from "@scenario-assets/core"
import { Fault } from "@scenario-assets/core/testing"
import { FileDownload } from "@scenario-assets/node"
import { Cause, Deferred, Effect, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import * as Downloading from "../support/Downloading.ts"
import { quick, size, testLayer } from "../support/SavingFiles.ts"

const { begin, inject, isWhole, storageRequests } = Downloading

describe("FileDownload", () => {
  describe("an interrupted run", () => {
    /** Stops a download after a MiB or more, and gives what it left. */
    const interrupted = Effect.gen(function* () {
      const begun = yield* begin
      const { events } = yield* FileDownload.FileDownload
      yield* inject(Fault.stall("storage", 2_500_000))
      const fiber = yield* Effect.forkChild(
        Stream.runDrain(
          Stream.takeUntil(
            events(begun.source, begun.target, { ...quick, idleTimeout: "1 minute" }),
            (event) => event._tag === "Written" && event.bytes > 1_000_000
          )
        )
      )
      yield* Fiber.await(fiber)
      return begun
    })

    it.live("leaves a part that the next one resumes", () =>
      Effect.gen(function* () {
        const { directory, expected, source, target } = yield* interrupted
        assert.deepStrictEqual(readdirSync(directory).toSorted(), ["archive.zip.scenario-assets"])
        assert.deepStrictEqual(
          [
            readdirSync(Unfinished.directoryOf(target)).length,
            readdirSync(join(Unfinished.partOf(target), "..")).toSorted()
          ],
          [1, ["part", "state.jsonl"]]
        )
        const there = statSync(Unfinished.partOf(target)).size
        assert.isAbove(there, 1_000_000)
        assert.isTrue(readFileSync(Unfinished.partOf(target)).equals(expected.subarray(0, there)))

        const before = (yield* storageRequests).length
        const { run } = yield* FileDownload.FileDownload
        const file = yield* run(source, target, quick)
        assert.deepInclude(file, { bytes: expected.length, resumedFrom: there })
        isWhole(target, expected)
        const requests = (yield* storageRequests).slice(before)
        assert.strictEqual(requests.length, 1)
        assert.strictEqual(requests[0]?.headers["range"], `bytes=${there}-`)
        assert.property(requests[0]?.headers, "if-range")
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is resumed though a system has left something beside it, which stays", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* interrupted
        const left = join(Unfinished.directoryOf(target), ".DS_Store")
        writeFileSync(left, "")
        const { run } = yield* FileDownload.FileDownload
        for (const ifExists of ["fail", "replace"] as const) {
          const file = yield* run(source, target, { ...quick, ifExists })
          assert.strictEqual(file.resumedFrom > 0, ifExists === "fail")
          isWhole(target, expected)
          assert.deepStrictEqual(readdirSync(Unfinished.directoryOf(target)), [".DS_Store"])
        }
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("ends in order, whenever in the beginning that is", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        for (let turns = 0; turns < 60; turns++) {
          // Of nothing known, so that it has to be emptied first.
          writeFileSync(Unfinished.partOf(target), "something")
          const fiber = yield* Effect.forkChild(Effect.exit(run(source, target, quick)))
          for (let turn = 0; turn < turns; turn++) yield* Effect.promise(() => new Promise(setImmediate))
          yield* Fiber.interrupt(fiber)
          const exit = yield* Fiber.await(fiber)
          assert.isTrue(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause), `after ${turns} turns`)
          rmSync(target, { force: true })
        }
        const descriptors = existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd") : []
        const open = descriptors.filter((name) => {
          const path = `/proc/self/fd/${name}`
          return existsSync(path) && readlinkSync(path).startsWith(Unfinished.directoryOf(target))
        })
        assert.deepStrictEqual(open, [])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("has a state that a torn line does no harm to", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* interrupted
        appendFileSync(Unfinished.stateOf(target), '{"version":1,"object":{"si')
        const { run } = yield* FileDownload.FileDownload
        const file = yield* run(source, target, quick)
        assert.isAbove(file.resumedFrom, 1_000_000)
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    /** As if the system had gone down: of the bytes that it had not been asked to keep, none are on the disk. */
    const loseAllBut = (target: string, durable: number) => {
      const lines = readFileSync(Unfinished.stateOf(target), "utf8").trimEnd().split("\n")
      const state: object = JSON.parse(lines.at(-1) ?? "")
      const parts = durable === 0 ? [] : [{ start: 0, sums: { length: durable, checksums: [] } }]
      writeFileSync(Unfinished.stateOf(target), `${JSON.stringify({ ...state, durable: parts, boot: "another" })}\n`)
      const part = readFileSync(Unfinished.partOf(target))
      writeFileSync(Unfinished.partOf(target), part.fill(0, durable))
    }

    it.live.each([1_000_000, 0])("is trusted after a loss of power as far as the disk kept it: %i bytes", (durable) =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* interrupted
        loseAllBut(target, durable)
        const { run } = yield* FileDownload.FileDownload
        assert.deepInclude(yield* run(source, target, quick), { resumedFrom: durable })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.effect("has the disk keep what there is, every five seconds", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        const { events } = yield* FileDownload.FileDownload
        yield* inject(Fault.stall("storage", 2_500_000))
        const arrived = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(
          Stream.runForEach(events(source, target, { ...quick, idleTimeout: "1 minute" }), (event) =>
            event._tag === "Written" && event.bytes > 2_000_000 ? Deferred.succeed(arrived, undefined) : Effect.void
          )
        )
        yield* Deferred.await(arrived)
        const state = () => readFileSync(Unfinished.stateOf(target), "utf8")
        assert.notInclude(state(), '"durable":[{')
        yield* TestClock.adjust("5 seconds")
        while (!state().includes('"durable":[{"start":0,"sums":{"length":2')) {
          yield* Effect.promise(() => new Promise(setImmediate))
        }
        yield* Fiber.interrupt(fiber)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is forgotten where the disk fails to keep it", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        const handle = yield* Effect.promise(() => open(fileURLToPath(import.meta.url)))
        yield* Effect.promise(() => handle.close())
        const failure = Object.assign(new Error("lost"), { code: "EIO" })
        const sync = vi.spyOn(Object.getPrototypeOf(handle), "sync").mockRejectedValueOnce(failure)
        const error = yield* Effect.flip(run(source, target, quick))
        sync.mockRestore()
        assert.deepInclude(error, { _tag: "FileError", operation: "sync" })
        assert(error._tag === "FileError")
        assert.deepInclude(error.reason, { _tag: "DiskFailed", code: "EIO" })
        // The system would say nothing of it a second time.
        assert.deepInclude(yield* run(source, target, quick), { resumedFrom: 0 })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("has no name yet where a disk that cannot sync says only at the close that it lost something", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        const handle = yield* Effect.promise(() => open(fileURLToPath(import.meta.url)))
        yield* Effect.promise(() => handle.close())
        const unsyncable = Object.assign(new Error("no sync"), { code: "ENOTSUP" })
        const lost = Object.assign(new Error("lost"), { code: "EDQUOT" })
        const sync = vi.spyOn(Object.getPrototypeOf(handle), "sync").mockImplementationOnce(function (
          this: FileHandle
        ) {
          vi.spyOn(this, "close").mockRejectedValueOnce(lost)
          return Promise.reject(unsyncable)
        })
        const error = yield* Effect.flip(run(source, target, quick))
        sync.mockRestore()
        assert.deepInclude(error, { _tag: "FileError", operation: "close" })
        assert.isFalse(existsSync(target))
        assert.deepInclude(yield* run(source, target, quick), { resumedFrom: 0 })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("writes down no link", () =>
      Effect.gen(function* () {
        const { source, target } = yield* interrupted
        const state = readFileSync(Unfinished.stateOf(target), "utf8")
        assert.include(state, "etag")
        assert.notInclude(state, Canary.signature)
        assert.notInclude(state, "http")
        assert.strictEqual(statSync(Unfinished.stateOf(target)).mode & 0o777, 0o600)
        assert(source.url !== undefined)
        assert.notInclude(state, SignedUrl.reveal(source.url).pathname)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is forgotten when the object is another one now", () =>
      Effect.gen(function* () {
        const { source, target } = yield* interrupted
        yield* inject(Fault.changedETag("storage"))
        const { events } = yield* FileDownload.FileDownload
        const all = yield* Stream.runCollect(events(source, target, quick))
        assert.isTrue(all.some((event) => event._tag === "StartedOver" && !event.sameObject))
        const completed = all.at(-1)
        assert(completed?._tag === "Completed")
        assert.strictEqual(completed.file.resumedFrom, 0)
        const transfer = yield* Transfer.Transfer
        isWhole(target, Buffer.concat(yield* Stream.runCollect(transfer.bytes(source))))
      }).pipe(Effect.provide(testLayer()))
    )

    it.live.each([
      ["a state that is damaged", (target: string) => writeFileSync(Unfinished.stateOf(target), '{"version":1,"obj')],
      [
        "a part that is longer than the object",
        (target: string) => writeFileSync(Unfinished.partOf(target), Buffer.alloc(size + 1))
      ],
      [
        "a state with a weak ETag",
        (target: string) =>
          writeFileSync(
            Unfinished.stateOf(target),
            JSON.stringify({
              version: 1,
              object: { size, etag: 'W/"1"' },
              parts: [{ start: 0, sums: { length: 1000, checksums: [] } }]
            })
          )
      ]
    ] as const)("is not trusted with %s", ([, damage]) =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* interrupted
        damage(target)
        const { run } = yield* FileDownload.FileDownload
        assert.deepInclude(yield* run(source, target, quick), { resumedFrom: 0 })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live.each<readonly [what: string, pieces: ReadonlyArray<readonly [offset: number, length: number]>]>([
    ["bytes that are missing at the end", [[0, 60]]],
    [
      "a gap",
      [
        [0, 30],
        [40, 60]
      ]
    ]
  ])("gives no name to %s, whatever another Transfer says", ([, pieces]) =>
    Effect.gen(function* () {
      const target = join(TestDirectory.make("download"), "archive.zip")
      const opened: TransferEvent.TransferEvent = { _tag: "Opened", object: { size: 100, etag: '"a"' }, offset: 0 }
      const bytes = pieces.map(([offset, length]): TransferEvent.TransferEvent => ({
        _tag: "Bytes",
        offset,
        bytes: new Uint8Array(length)
      }))
      const events = () => Stream.fromIterable([opened, ...bytes])
      const { run } = yield* FileDownload.make.pipe(
        Effect.provideService(Transfer.Transfer, { events, part: events, bytes: () => Stream.empty })
      )
      const error = yield* Effect.flip(run({ refresh: Effect.succeed(signedUrl("https://a.test/x")) }, target))
      assert(error instanceof TransferError.TransferError)
      assert.strictEqual(error.reason._tag, "LengthMismatch")
      assert.isFalse(existsSync(target))
      assert.isTrue(existsSync(Unfinished.partOf(target)), "what came stays for the next run")
    })
  )
})
