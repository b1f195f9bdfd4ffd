/** Checksums that the storage host declares, compared with what came: in order, over several connections, in two runs. */
import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { type Checksum, Transfer } from "@scenario-assets/core"
import * as Hashes from "@scenario-assets/core/engine/transfer/Hashes"
import * as Sums from "@scenario-assets/core/engine/transfer/Sums"
import * as Tally from "@scenario-assets/core/engine/transfer/Tally"
import { type Emulator, Fault } from "@scenario-assets/core/testing"
import { FileDownload } from "@scenario-assets/node"
import { Effect, Stream } from "effect"
import * as Unfinished from "../../../../test-support/Unfinished.ts"
import * as Downloading from "../support/Downloading.ts"

const size = 20_000_000
const quick: FileDownload.Options = { expect: "zip", idleTimeout: "2 seconds", backoffBase: "1 milli" }
const slow = Fault.throttle("storage", 8_000_000, { times: "always" })

type Kinds = NonNullable<Emulator.Options["checksums"]>

const testLayer = (checksums: Kinds) => Downloading.layer({ archive: { size, entries: 2 }, checksums })

describe("checksums", () => {
  it.live.each<readonly [kinds: Kinds, verified: ReadonlyArray<string>]>([
    [["crc32"], ["crc32"]],
    [["crc32c"], ["crc32c"]],
    [["crc64nvme"], ["crc64nvme"]],
    [["md5"], ["md5"]],
    [["sha256"], ["sha256"]],
    [["composite"], []],
    [[], []]
  ])("%j are verified", ([kinds, verified]) =>
    Effect.gen(function* () {
      const { expected, source, target } = yield* Downloading.begin
      const { run } = yield* FileDownload.FileDownload
      const file = yield* run(source, target, { ...quick, connections: 1 })
      assert.deepStrictEqual(file.verified, verified)
      Downloading.isWhole(target, expected)
    }).pipe(Effect.provide(testLayer(kinds)))
  )

  it.live.each<readonly [what: string, fault: Fault.Fault]>([
    ["a byte that has changed on the way", Fault.corrupt("storage", 9_999_999)],
    ["a checksum of other bytes", Fault.wrongChecksum("storage")]
  ])("%s is found out, and nothing appears", ([, fault]) =>
    Effect.gen(function* () {
      const { expected, source, target } = yield* Downloading.begin
      const { run } = yield* FileDownload.FileDownload
      const transfer = yield* Transfer.Transfer
      yield* Downloading.inject(fault)
      const error = yield* Effect.flip(run(source, target, { ...quick, connections: 1 }))
      assert(error._tag === "TransferError" && error.reason._tag === "ChecksumMismatch")
      assert.isFalse(existsSync(target))

      yield* Downloading.inject(fault)
      const streamed = yield* Effect.flip(Stream.runDrain(transfer.bytes(source)))
      assert(streamed._tag === "TransferError")
      assert.strictEqual(streamed.reason._tag, "ChecksumMismatch")

      const file = yield* run(source, target, quick)
      assert.strictEqual(file.resumedFrom, 0, "the next run begins anew")
      Downloading.isWhole(target, expected)
    }).pipe(Effect.provide(testLayer(["crc64nvme"])))
  )

  it.live("are left to those who take events", () =>
    Effect.gen(function* () {
      const { source } = yield* Downloading.begin
      const transfer = yield* Transfer.Transfer
      yield* Downloading.inject(Fault.corrupt("storage", 9_999_999))
      let declared: ReadonlyArray<Checksum.Checksum> = []
      let tally: Tally.Tally | undefined
      yield* Stream.runForEach(transfer.events(source), (event) =>
        Effect.sync(() => {
          if (event._tag === "StartedOver") tally = undefined
          if (event._tag === "Opened") tally ??= Tally.make(Hashes.portable, (declared = event.object.checksums ?? []))
          if (event._tag === "Bytes") tally?.add(event.offset, event.bytes)
        })
      )
      const { mismatches } = Sums.verify(tally?.sums() ?? Sums.empty, declared)
      assert.deepStrictEqual(
        mismatches.map(({ algorithm }) => algorithm),
        ["crc64nvme"]
      )
    }).pipe(Effect.provide(testLayer(["crc64nvme"])))
  )

  it.live.each<readonly [kind: Checksum.Algorithm & Kinds[number]]>([
    ["crc32"],
    ["crc32c"],
    ["crc64nvme"],
    ["sha256"],
    ["md5"]
  ])("%s are verified of bytes that came over several connections", ([kind]) =>
    Effect.gen(function* () {
      const { expected, source, target } = yield* Downloading.begin
      const { events } = yield* FileDownload.FileDownload
      yield* Downloading.inject(slow)
      const told = yield* Stream.runCollect(events(source, target, quick))
      const completed = told.at(-1)
      assert.isTrue(told.some((event) => event._tag === "Segments" && event.connections > 1))
      assert(completed?._tag === "Completed")
      assert.deepStrictEqual(completed.file.verified, [kind])
      Downloading.isWhole(target, expected)
    }).pipe(Effect.provide(testLayer([kind])))
  )

  it.live.each<readonly [kind: Checksum.Algorithm & Kinds[number]]>([["crc32"], ["crc64nvme"], ["sha256"]])(
    "%s are verified of bytes that came in two runs",
    ([kind]) =>
      Effect.gen(function* () {
        const { expected, source, target } = yield* Downloading.begin
        const { events, run } = yield* FileDownload.FileDownload
        const isEnough = (event: FileDownload.FileEvent) => event._tag === "Written" && event.bytes > 5_000_000
        yield* Downloading.inject(Fault.stall("storage", 8_000_000))
        yield* Stream.runDrain(Stream.takeUntil(events(source, target, { ...quick, connections: 1 }), isEnough))
        const sums = readFileSync(Unfinished.stateOf(target), "utf8")
        const file = yield* run(source, target, quick)
        assert.isAbove(file.resumedFrom, 5_000_000)
        assert.deepStrictEqual(file.verified, [kind])
        assert.include(sums, "checksums")
        Downloading.isWhole(target, expected)
      }).pipe(Effect.provide(testLayer([kind])))
  )
})
