/** One file over several connections: slow ones, so that more of them pay. */
import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@scenario-assets/core/testing"
import { FileDownload } from "@scenario-assets/node"
import { Effect, Stream } from "effect"
import * as Downloading from "../support/Downloading.ts"

const size = 20_000_000
const slow = Fault.throttle("storage", 8_000_000, { times: "always" })
const quick: FileDownload.Options = { expect: "zip", idleTimeout: "2 seconds", backoffBase: "1 milli" }
const testLayer = Downloading.layer({ archive: { size, entries: 3 } })

/** Downloads over slow connections, with faults, and gives what happened. */
const download = (faults: ReadonlyArray<Fault.Fault>, options: FileDownload.Options = {}) =>
  Effect.gen(function* () {
    const begun = yield* Downloading.begin
    yield* Downloading.inject(slow, ...faults)
    const before = (yield* Downloading.storageRequests).length
    const { events } = yield* FileDownload.FileDownload
    const told = yield* Stream.runCollect(events(begun.source, begun.target, { ...quick, ...options }))
    const requests = (yield* Downloading.storageRequests).slice(before)
    Downloading.isWhole(begun.target, begun.expected)
    const most = Math.max(1, ...told.map((event) => (event._tag === "Segments" ? event.connections : 1)))
    return { told, requests, most, ...begun }
  })

describe.concurrent("segments", () => {
  it.live("are as many as pay, and together the object", () =>
    Effect.gen(function* () {
      const { most, requests } = yield* download([])
      assert.isAbove(most, 1)
      assert.isAbove(new Set(requests.map(({ headers }) => headers["range"])).size, 1)
    }).pipe(Effect.provide(testLayer))
  )

  it.live("are one where one is all that is allowed", () =>
    Effect.gen(function* () {
      const { most, requests } = yield* download([], { connections: 1 })
      assert.strictEqual(most, 1)
      assert.strictEqual(requests.length, 1)
    }).pipe(Effect.provide(testLayer))
  )

  it.live.each<readonly [name: string, faults: ReadonlyArray<Fault.Fault>]>([
    ["resets", [Fault.reset("storage", 700_000, { skip: 1, times: 3 })]],
    ["cuts", [Fault.cut("storage", 900_000, { skip: 1, times: 3 })]],
    ["a stall", [Fault.stall("storage", 500_000, { skip: 2 })]],
    ["links that are refused", [Fault.status("storage", 403, { skip: 1, times: 2 })]],
    ["a host that does not want so many", [Fault.status("storage", 503, { skip: 1, times: 6 })]],
    ["ranges that are ignored", [Fault.ignoreRange("storage", { times: "always" })]]
  ])("go on through %s", ([, faults]) => Effect.asVoid(download(faults)).pipe(Effect.provide(testLayer)))

  it.live("ask for one fresh link where many were refused", () =>
    Effect.gen(function* () {
      let links = 0
      const begun = yield* Downloading.begin
      const { events } = yield* FileDownload.FileDownload
      yield* Downloading.inject(slow)
      const source = {
        ...begun.source,
        refresh: Effect.tap(begun.source.refresh, () => Effect.sync(() => links++))
      }
      let expired = false
      yield* events(source, begun.target, quick).pipe(
        Stream.runForEach((event) => {
          if (event._tag !== "Segments" || expired) return Effect.void
          expired = true
          return Effect.andThen(
            Downloading.expireUrls,
            Downloading.inject(Fault.reset("storage", 100_000, { times: 1 }))
          )
        })
      )
      Downloading.isWhole(begun.target, begun.expected)
      assert.isAtMost(links, 2)
    }).pipe(Effect.provide(testLayer))
  )

  it.live("are of one object, also when it changes meanwhile", () =>
    Effect.gen(function* () {
      const begun = yield* Downloading.begin
      // Whatever else is answered, the first answer is cut, and no other one is of the same object.
      yield* Downloading.inject(slow, Fault.reset("storage", 700_000), Fault.changedETag("storage", { skip: 1 }))
      const { events } = yield* FileDownload.FileDownload
      const told = yield* Stream.runCollect(events(begun.source, begun.target, quick))
      // Who has the first one still to the end may read on; else all start over with the new one.
      const hasStartedOver = told.some((event) => event._tag === "StartedOver")
      const due = hasStartedOver ? yield* Downloading.bytesOf(begun.source) : begun.expected
      Downloading.isWhole(begun.target, due)
    }).pipe(Effect.provide(testLayer))
  )

  it.live("leave a part with gaps, which the next run fills", () =>
    Effect.gen(function* () {
      const begun = yield* Downloading.begin
      yield* Downloading.inject(slow)
      const { events, run } = yield* FileDownload.FileDownload
      const isEnough = (event: FileDownload.FileEvent) => event._tag === "Written" && event.bytes > 7_000_000
      yield* Stream.runDrain(Stream.takeUntil(events(begun.source, begun.target, quick), isEnough))
      yield* Downloading.clearFaults
      const file = yield* run(begun.source, begun.target, quick)
      assert.isAbove(file.resumedFrom, 6_000_000)
      Downloading.isWhole(begun.target, begun.expected)
    }).pipe(Effect.provide(testLayer))
  )

  it.live("obey a limit of bytes a second", () =>
    Effect.gen(function* () {
      const begun = yield* Downloading.begin
      const { run } = yield* FileDownload.FileDownload
      const error = yield* Effect.flip(
        run(begun.source, begun.target, { ...quick, limitRate: 4_000_000, timeLimit: "1 second" })
      )
      assert(error._tag === "TransferError")
      assert.strictEqual(error.reason._tag, "TimedOut")
      const file = yield* run(begun.source, begun.target, quick)
      assert.isAbove(file.resumedFrom, 0)
      assert.isBelow(file.resumedFrom, 12_000_000)
      Downloading.isWhole(begun.target, begun.expected)
    }).pipe(Effect.provide(testLayer))
  )
})
