import { execFile, spawnSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, SignedUrl, Transfer, TransferError, type TransferEvent } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { FileDownload, FileError } from "@scenario-assets/node"
import type { EmulatorServer } from "@scenario-assets/node/testing"
import { Cause, Deferred, Effect, Equal, Exit, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { vi } from "vitest"
import * as Canary from "../../../../test-support/Canary.ts"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import * as Boot from "../../src/file/internal/Boot.ts"
import * as ProcessId from "../../src/file/internal/ProcessId.ts"
import { cert, key } from "../support/certificate.ts"
import * as Downloading from "../support/Downloading.ts"

const size = 3_000_000

const testLayer = (options: EmulatorServer.Options = {}) =>
  Downloading.layer({ archive: { size, entries: 3 }, ...options })

const { begin, inject, isWhole, storageRequests } = Downloading

const quick: FileDownload.Options = { expect: "zip", idleTimeout: "250 millis", backoffBase: "1 milli" }

/** What the lock says of a run of this system before this one. */
const lockOf = (pid: number): string =>
  JSON.stringify({
    ...ProcessId.own(),
    host: hostname(),
    pid,
    startTime: 1,
    boot: Boot.system,
    token: "0123456789abcdef"
  })

describe("FileDownload", () => {
  it.live("writes a file, and leaves nothing else", () =>
    Effect.gen(function* () {
      const { directory, expected, source, target } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      const file = yield* run(source, target, quick)
      assert.deepStrictEqual(file, {
        path: target,
        bytes: expected.length,
        resumedFrom: 0,
        alreadyThere: false,
        verified: []
      })
      isWhole(target, expected)
      assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
    }).pipe(Effect.provide(testLayer()))
  )

  it.live("tells of bytes written, now and then, and of the end", () =>
    Effect.gen(function* () {
      const { source, target } = yield* begin
      const { events } = yield* FileDownload.FileDownload
      const all = yield* Stream.runCollect(events(source, target, quick))
      assert.strictEqual(all[0]?._tag, "Opened")
      assert.strictEqual(all.at(-1)?._tag, "Completed")
      const written = all.flatMap((event) => (event._tag === "Written" ? [event] : []))
      assert.isAtLeast(written.length, 2)
      assert.isTrue(
        written.every((event, index) => event.size === 20_000_000 && event.bytes > (written[index - 1]?.bytes ?? 0))
      )
    }).pipe(Effect.provide(testLayer({ archive: { size: 20_000_000 } })))
  )

  it.effect("tells of them once a second, however slow they are", () =>
    Effect.gen(function* () {
      const { source, target } = yield* begin
      const { events } = yield* FileDownload.FileDownload
      const transferring = yield* Effect.forkChild(
        Stream.runCollect(events(source, target, { ...quick, idleTimeout: "1 hour", limitRate: 100_000 }))
      )
      while (transferring.pollUnsafe() === undefined) {
        yield* TestClock.adjust("250 millis")
        yield* Effect.promise(() => new Promise(setImmediate))
      }
      const written = (yield* Fiber.join(transferring)).filter((event) => event._tag === "Written")
      assert.isAtLeast(written.length, 20)
    }).pipe(Effect.provide(testLayer()))
  )

  it.live("makes the directories on the way", () =>
    Effect.gen(function* () {
      const { directory, expected, source } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      const target = join(directory, "a", "b", "c.zip")
      yield* run(source, target, quick)
      isWhole(target, expected)
    }).pipe(Effect.provide(testLayer()))
  )

  describe("faults on the wire", () => {
    const faults: ReadonlyArray<readonly [name: string, faults: ReadonlyArray<Fault.Fault>]> = [
      ["a connection refused its answer", [Fault.drop("storage")]],
      ["a reset at the first byte", [Fault.reset("storage", 0)]],
      ["a reset in the middle", [Fault.reset("storage", 1_234_567)]],
      ["two resets", [Fault.reset("storage", 1_000_000), Fault.reset("storage", 500_000)]],
      ["a cut body", [Fault.cut("storage", 2_000_000)]],
      ["a cut body without a length", [Fault.cutUndeclared("storage", 2_000_000)]],
      ["a stall before the answer", [Fault.stall("storage", 0)]],
      ["a stall in the middle", [Fault.stall("storage", 1_500_000)]],
      ["a busy host", [Fault.status("storage", 503), Fault.status("storage", 429, { retryAfter: "1 milli" })]],
      ["a refused link", [Fault.status("storage", 403)]],
      ["a redirect", [Fault.redirect("storage", { hops: 3 })]],
      ["a length that is not the body's", [Fault.wrongLength("storage", 1000)]],
      ["a range ignored", [Fault.reset("storage", 1_000_000), Fault.ignoreRange("storage", { skip: 1 })]],
      ["a range of other bytes", [Fault.reset("storage", 1_000_000), Fault.wrongRange("storage", { skip: 1 })]],
      ["a weak ETag", [Fault.reset("storage", 1_000_000), Fault.weakETag("storage", { times: "always" })]],
      ["no ETag", [Fault.reset("storage", 1_000_000), Fault.noETag("storage", { times: "always" })]]
    ]
    it.live.each(faults)("%s is mended", ([, faults]) =>
      Effect.gen(function* () {
        const { directory, expected, source, target } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        yield* inject(...faults)
        yield* run(source, target, quick)
        isWhole(target, expected)
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("an expired link is replaced", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        const emulator = yield* Emulator.Emulator
        const { events } = yield* FileDownload.FileDownload
        yield* emulator.expireUrls
        const all = yield* Stream.runCollect(events(source, target, quick))
        assert.strictEqual(all.filter((event) => event._tag === "Refreshed").length, 1)
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("another object is never joined to the one begun", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        const { events } = yield* FileDownload.FileDownload
        yield* inject(Fault.reset("storage", 1_000_000), Fault.changedETag("storage", { skip: 1 }))
        const all = yield* Stream.runCollect(events(source, target, quick))
        assert.deepInclude(
          all.find((event) => event._tag === "StartedOver"),
          { sameObject: false }
        )
        const bytes = readFileSync(target)
        assert.strictEqual(bytes.length, expected.length)
        assert.isFalse(bytes.equals(expected))
        const transfer = yield* Transfer.Transfer
        assert.isTrue(
          bytes.equals(Buffer.concat(yield* Stream.runCollect(transfer.bytes(source)))),
          "all bytes are of the other object"
        )
      }).pipe(Effect.provide(testLayer()))
    )

    it.live.each([
      ["HTML", Fault.html("storage"), "UnexpectedContent"],
      ["a missing object", Fault.status("storage", 404), "ObjectMissing"],
      ["links refused for good", Fault.status("storage", 403, { times: "always" }), "AccessRefused"],
      ["a host that is away", Fault.drop("storage", { times: "always" }), "RetriesExhausted"]
    ] as const)("%s ends in a typed error, and nothing under the final name", ([, fault, tag]) =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        yield* inject(fault)
        const error = yield* Effect.flip(run(source, target, { ...quick, retries: 2 }))
        assert(error._tag === "TransferError")
        assert.strictEqual(error.reason._tag, tag)
        assert.isFalse(existsSync(target))
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("tells storage hosts nothing of the credentials, nor of the trace", () =>
    Effect.gen(function* () {
      const { source, target } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      yield* inject(Fault.redirect("storage"), Fault.reset("storage", 1000))
      yield* run(source, target, quick)
      const requests = yield* storageRequests
      assert.isAtLeast(requests.length, 4)
      for (const { headers } of requests) {
        for (const name of ["authorization", "cookie", "x-api-key", "traceparent", "b3"])
          assert.notProperty(headers, name)
      }
    }).pipe(Effect.withSpan("test"), Effect.provide(testLayer()))
  )

  it.live("ends at once where the host's certificate is not to be trusted, and so does a call of the API", () =>
    Effect.gen(function* () {
      const { getStatus } = yield* AssetDownload.AssetDownload
      const refused = yield* Effect.flip(getStatus(Asset.JobId.make("job_any")))
      assert.strictEqual(refused.reason._tag, "UntrustedHost")
      assert.isFalse(refused.isRetryable)
      assert.include(refused.message, "NODE_EXTRA_CA_CERTS")

      const { config } = yield* Emulator.Emulator
      const { run } = yield* FileDownload.FileDownload
      const target = join(TestDirectory.make("untrusted"), "archive.zip")
      const source = { refresh: Effect.succeed(signedUrl(`${config.storageUrl}/archive.zip`)) }
      const error = yield* Effect.flip(run(source, target, quick))
      assert(error._tag === "TransferError")
      assert.strictEqual(error.reason._tag, "UntrustedHost")
      assert.include(error.message, "NODE_EXTRA_CA_CERTS")
      assert.isFalse(existsSync(target))
    }).pipe(Effect.provide(testLayer({ tls: { key, cert } })))
  )

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

  it.live.each([
    ["that is gone", () => spawnSync(process.execPath, ["-e", ""]).pid],
    ...(process.platform === "linux" ? [["that had this process's number before", () => process.pid] as const] : [])
  ] as const)("takes over from a run %s", ([, number]) =>
    Effect.gen(function* () {
      const { directory, expected, source, target } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      writeFileSync(Unfinished.partOf(target), "")
      writeFileSync(Unfinished.lockOf(target), lockOf(number()))
      yield* run(source, target, quick)
      isWhole(target, expected)
      assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
    }).pipe(Effect.provide(testLayer()))
  )

  it.live.each([
    ["another one is gone", [""]],
    ["another one is gone, and so is one that was about to take over from it", ["", ".next"]]
  ] as const)("is one run's also where several find that %s", ([, endings]) =>
    Effect.gen(function* () {
      const directory = TestDirectory.make("locks")
      const rounds = 200
      for (let round = 0; round < rounds; round++) {
        for (const ending of endings) {
          writeFileSync(join(directory, `${round}.lock${ending}`), lockOf(999_999_999))
        }
      }
      const program = fileURLToPath(new URL("../support/locker.ts", import.meta.url))
      const locker = Effect.callback<string>((resume) => {
        const words = [program, directory, String(Date.now() + 1500), String(rounds)]
        execFile(process.execPath, words, (error, stdout) => resume(Effect.succeed(error?.message ?? stdout.trim())))
      })
      assert.deepStrictEqual(yield* Effect.all([locker, locker, locker], { concurrency: 3 }), ["0", "0", "0"])
    })
  )

  it.live("says before the first byte that there is no room", () =>
    Effect.gen(function* () {
      const { source, target } = yield* Downloading.archive
      const { run } = yield* FileDownload.FileDownload
      const error = yield* Effect.flip(run(source, target, quick))
      assert(error._tag === "FileError")
      assert.strictEqual(error.reason._tag, "NoSpace")
      assert.include(error.message, target)
      assert.strictEqual(statSync(Unfinished.partOf(target)).size, 0)
    }).pipe(Effect.provide(testLayer({ archive: { size: 1e12, entries: 250 } })))
  )

  describe("a place where no file can be", () => {
    it.live.each([
      ["a name that is too long", (directory: string) => join(directory, "x".repeat(300)), "System"],
      [
        "a file for a directory",
        (directory: string) => {
          writeFileSync(join(directory, "file"), "")
          return join(directory, "file", "x.zip")
        },
        "NotADirectory"
      ],
      [
        "a directory for a part",
        (directory: string) => {
          mkdirSync(Unfinished.partOf(join(directory, "x.zip")))
          return join(directory, "x.zip")
        },
        "IsDirectory"
      ]
    ] as const)("%s is a typed error with the path and the reason", ([, place, tag]) =>
      Effect.gen(function* () {
        const { directory, source } = yield* begin
        const { run } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(run(source, place(directory), quick))
        assert(error instanceof FileError.FileError)
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.message, directory)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("passes on the error of the effect that makes links", () =>
    Effect.gen(function* () {
      const { target } = yield* begin
      const { run } = yield* FileDownload.FileDownload
      assert.isTrue(Equal.equals(yield* Effect.flip(run({ refresh: Effect.fail("no link") }, target)), "no link"))
    }).pipe(Effect.provide(testLayer()))
  )

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
