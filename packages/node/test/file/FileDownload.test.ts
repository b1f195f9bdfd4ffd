import { execFile, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, Transfer } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { FileDownload, FileError } from "@scenario-assets/node"
import { Effect, Equal, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import { cert, key } from "../support/certificate.ts"
import * as Downloading from "../support/Downloading.ts"
import { lockOf, quick, testLayer } from "../support/SavingFiles.ts"

const { begin, inject, isWhole, storageRequests } = Downloading

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
})
