import { spawnSync } from "node:child_process"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Asset, AssetDownload, SignedUrl, Transfer } from "@scenario-assets/core"
import { Emulator, Fault } from "@scenario-assets/core/testing"
import { EmulatorServer, FileDownload, FileError } from "@scenario-assets/node"
import { Effect, Equal, Exit, Fiber, Stream } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as TestDirectory from "../../../test-support/TestDirectory.ts"
import { cert, key } from "./support/certificate.ts"
import * as Downloading from "./support/Downloading.ts"

const size = 3_000_000

const testLayer = (options: EmulatorServer.Options = {}) =>
  Downloading.layer({ archive: { size, entries: 3 }, ...options })

const { begin, inject, isWhole, storageRequests } = Downloading

const quick: FileDownload.Options = { expect: "zip", idleTimeout: "250 millis", backoffBase: "1 milli" }

describe("FileDownload", () => {
  it.live("writes a file, and leaves nothing else", () =>
    Effect.gen(function* () {
      const { directory, expected, source, target } = yield* begin
      const { toFile } = yield* FileDownload.FileDownload
      const file = yield* toFile(source, target, quick)
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

  it.live("makes the directories on the way", () =>
    Effect.gen(function* () {
      const { directory, expected, source } = yield* begin
      const { toFile } = yield* FileDownload.FileDownload
      const target = join(directory, "a", "b", "c.zip")
      yield* toFile(source, target, quick)
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
        const { toFile } = yield* FileDownload.FileDownload
        yield* inject(...faults)
        yield* toFile(source, target, quick)
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
        const { toFile } = yield* FileDownload.FileDownload
        yield* inject(fault)
        const error = yield* Effect.flip(toFile(source, target, { ...quick, retries: 2 }))
        assert(error._tag === "TransferError")
        assert.strictEqual(error.reason._tag, tag)
        assert.isFalse(existsSync(target))
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("tells storage hosts nothing of the credentials, nor of the trace", () =>
    Effect.gen(function* () {
      const { source, target } = yield* begin
      const { toFile } = yield* FileDownload.FileDownload
      yield* inject(Fault.redirect("storage"), Fault.reset("storage", 1000))
      yield* toFile(source, target, quick)
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

      const server = yield* EmulatorServer.EmulatorServer
      const { toFile } = yield* FileDownload.FileDownload
      const target = join(TestDirectory.make("untrusted"), "archive.zip")
      const source = { refresh: Effect.succeed(SignedUrl.make(`${server.storageUrl}/archive.zip`)) }
      const error = yield* Effect.flip(toFile(source, target, quick))
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
        assert.deepStrictEqual(readdirSync(directory).toSorted(), ["archive.zip.part", "archive.zip.part.jsonl"])
        const there = statSync(`${target}.part`).size
        assert.isAbove(there, 1_000_000)
        assert.isTrue(readFileSync(`${target}.part`).equals(expected.subarray(0, there)))

        const before = (yield* storageRequests).length
        const { toFile } = yield* FileDownload.FileDownload
        const file = yield* toFile(source, target, quick)
        assert.deepInclude(file, { bytes: expected.length, resumedFrom: there })
        isWhole(target, expected)
        const requests = (yield* storageRequests).slice(before)
        assert.strictEqual(requests.length, 1)
        assert.strictEqual(requests[0]?.headers["range"], `bytes=${there}-`)
        assert.property(requests[0]?.headers, "if-range")
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("has a state that a torn line does no harm to", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* interrupted
        appendFileSync(`${target}.part.jsonl`, '{"version":1,"object":{"si')
        const { toFile } = yield* FileDownload.FileDownload
        const file = yield* toFile(source, target, quick)
        assert.isAbove(file.resumedFrom, 1_000_000)
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("writes down no link", () =>
      Effect.gen(function* () {
        const { source, target } = yield* interrupted
        const state = readFileSync(`${target}.part.jsonl`, "utf8")
        assert.include(state, "etag")
        assert.notInclude(state, Canary.signature)
        assert.notInclude(state, "http")
        assert.strictEqual(statSync(`${target}.part.jsonl`).mode & 0o777, 0o600)
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
      ["a state that is damaged", (target: string) => writeFileSync(`${target}.part.jsonl`, '{"version":1,"obj')],
      [
        "a part that is longer than the object",
        (target: string) => writeFileSync(`${target}.part`, Buffer.alloc(size + 1))
      ],
      [
        "a state with a weak ETag",
        (target: string) =>
          writeFileSync(
            `${target}.part.jsonl`,
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
        const { toFile } = yield* FileDownload.FileDownload
        assert.deepInclude(yield* toFile(source, target, quick), { resumedFrom: 0 })
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
        const { toFile } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(toFile(source, target, quick))
        assert(error._tag === "FileError")
        assert.strictEqual(error.code, "EEXIST")
        assert.include(error.message, target)
        assert.strictEqual(readFileSync(target, "utf8"), "mine")
        assert.strictEqual((yield* storageRequests).length, before)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("is left with skip, and replaced whole with replace", () =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* begin
        writeFileSync(target, "mine")
        const { toFile } = yield* FileDownload.FileDownload
        assert.deepStrictEqual(yield* toFile(source, target, { ...quick, ifExists: "skip" }), {
          path: target,
          bytes: 4,
          resumedFrom: 0,
          alreadyThere: true,
          verified: []
        })
        yield* inject(Fault.html("storage"))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(toFile(source, target, { ...quick, ifExists: "replace" }))))
        assert.strictEqual(readFileSync(target, "utf8"), "mine", "never half overwritten")
        yield* toFile(source, target, { ...quick, ifExists: "replace" })
        isWhole(target, expected)
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("may also be a link that leads nowhere", () =>
      Effect.gen(function* () {
        const { source, target } = yield* begin
        symlinkSync("nowhere", target)
        const { toFile } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(toFile(source, target, quick))
        assert.strictEqual(error._tag, "FileError")
      }).pipe(Effect.provide(testLayer()))
    )

    it.live("names the file after what it is, where asked to", () =>
      Effect.gen(function* () {
        const { directory, expected, source } = yield* begin
        const { toFile } = yield* FileDownload.FileDownload
        const rename = ({ contentType }: { readonly contentType?: string }) =>
          join(directory, `x.${contentType?.split("/")[1]}`)
        const file = yield* toFile(source, join(directory, "x"), { ...quick, rename })
        assert.strictEqual(file.path, join(directory, "x.zip"))
        isWhole(file.path, expected)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("is one run's at a time: a second one says so and does nothing", () =>
    Effect.gen(function* () {
      const { expected, source, target } = yield* begin
      const { events, toFile } = yield* FileDownload.FileDownload
      yield* inject(Fault.stall("storage", 1_500_000))
      const tried = yield* events(source, target, quick).pipe(
        Stream.filter((event) => event._tag === "Opened"),
        Stream.mapEffect(() => Effect.flip(toFile(source, target, quick))),
        Stream.take(1),
        Stream.runHead
      )
      assert(tried._tag === "Some" && tried.value._tag === "FileError")
      assert.strictEqual(tried.value.code, "ELOCKED")
      assert.include(tried.value.message, "another run")
      yield* toFile(source, target, quick)
      isWhole(target, expected)
    }).pipe(Effect.provide(testLayer()))
  )

  it.live("takes over from a run that is gone", () =>
    Effect.gen(function* () {
      const { directory, expected, source, target } = yield* begin
      const { toFile } = yield* FileDownload.FileDownload
      // In a container it may have had the number of this process.
      for (const gone of [spawnSync(process.execPath, ["-e", ""]).pid, process.pid]) {
        rmSync(target, { force: true })
        writeFileSync(`${target}.part.lock`, `${hostname()} ${gone}`)
        yield* toFile(source, target, quick)
        isWhole(target, expected)
        assert.deepStrictEqual(readdirSync(directory), ["archive.zip"])
      }
    }).pipe(Effect.provide(testLayer()))
  )

  it.live("says before the first byte that there is no room", () =>
    Effect.gen(function* () {
      const { source, target } = yield* Downloading.archive
      const { toFile } = yield* FileDownload.FileDownload
      const error = yield* Effect.flip(toFile(source, target, quick))
      assert(error._tag === "FileError")
      assert.strictEqual(error.code, "ENOSPC")
      assert.include(error.message, target)
      assert.strictEqual(statSync(`${target}.part`).size, 0)
    }).pipe(Effect.provide(testLayer({ archive: { size: 1e12, entries: 250 } })))
  )

  describe("a place where no file can be", () => {
    it.live.each([
      ["a name that is too long", (directory: string) => join(directory, "x".repeat(300)), "ENAMETOOLONG"],
      [
        "a file for a directory",
        (directory: string) => {
          writeFileSync(join(directory, "file"), "")
          return join(directory, "file", "x.zip")
        },
        "ENOTDIR"
      ],
      [
        "a directory for a part",
        (directory: string) => {
          mkdirSync(join(directory, "x.zip.part"))
          return join(directory, "x.zip")
        },
        "EISDIR"
      ]
    ] as const)("%s is a typed error with the path and the reason", ([, place, code]) =>
      Effect.gen(function* () {
        const { directory, source } = yield* begin
        const { toFile } = yield* FileDownload.FileDownload
        const error = yield* Effect.flip(toFile(source, place(directory), quick))
        assert(error instanceof FileError.FileError)
        assert.strictEqual(error.code, code)
        assert.include(error.message, directory)
        assert.include(error.message, code)
      }).pipe(Effect.provide(testLayer()))
    )
  })

  it.live("passes on the error of the effect that makes links", () =>
    Effect.gen(function* () {
      const { target } = yield* begin
      const { toFile } = yield* FileDownload.FileDownload
      assert.isTrue(Equal.equals(yield* Effect.flip(toFile({ refresh: Effect.fail("no link") }, target)), "no link"))
    }).pipe(Effect.provide(testLayer()))
  )
})
