/** Who takes the bytes may go away for an hour: the host hangs up meanwhile, and that is nobody's fault. */
import { assert, describe, it } from "@effect/vitest"
import { StorageClient, Transfer } from "@scenario-assets/core"
import { Effect, Exit, Layer, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as Time from "../Time.ts"

const size = 60 * 1024
const kibibyte = new Uint8Array(1024)

type Ending = "reset" | "end" | "silence" | "reset for ever"

/** A host that gives a KiB at a time, and hangs up on who has not read for a minute. */
const make = (ending: Ending) => {
  let asked = 0
  const client = Layer.succeed(StorageClient.StorageClient, {
    get: (_link, { headers }) =>
      Effect.clockWith((clock) => {
        asked++
        const start = Number(/^bytes=(\d+)-/.exec(headers["range"] ?? "")?.[1] ?? 0)
        let readAt = clock.currentTimeMillisUnsafe()
        const ends: Stream.Stream<Uint8Array, StorageClient.StorageError> = ending.startsWith("reset")
          ? Stream.fail(new StorageClient.StorageError({ phase: "body", description: "reset", code: "ECONNRESET" }))
          : ending === "end"
            ? Stream.empty
            : Stream.never
        const body = Stream.fromIterable(Array.from({ length: (size - start) / 1024 }, () => kibibyte)).pipe(
          Stream.rechunk(1),
          Stream.map((bytes) => {
            const now = clock.currentTimeMillisUnsafe()
            const isLate = now - readAt > 60_000
            readAt = now
            return isLate ? ends : Stream.succeed(bytes)
          }),
          Stream.takeUntil((next) => next === ends),
          Stream.flatMap((next) => next)
        )
        return Effect.succeed({
          status: start === 0 ? 200 : 206,
          headers: {
            etag: '"1"',
            ...(start === 0
              ? { "content-length": String(size) }
              : { "content-range": `bytes ${start}-${size - 1}/${size}` })
          },
          body: ending === "reset for ever" && start > 0 ? ends : body
        })
      })
  })
  return { asked: () => asked, layer: Layer.provide(Transfer.layer({ retries: 0 }), client) }
}

const source = { refresh: Effect.sync(() => signedUrl("https://storage.test/a.zip")) }

describe("A consumer that sleeps for an hour", () => {
  it.effect.each<readonly [Ending, number]>([
    ["reset", 1],
    ["end", 1],
    ["silence", 1],
    ["reset", 16],
    ["end", 16]
  ])("costs a connection, and no try (%s, up to %i connections)", ([ending, connections]) =>
    Effect.gen(function* () {
      const host = make(ending)
      const tags: Array<string> = []
      let length = 0
      const reading = Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.events(source, { connections }), (event) => {
          if (event._tag !== "Bytes") tags.push(event._tag)
          else length += event.bytes.length
          return length === 20 * 1024 ? Effect.sleep("1 hour") : Effect.void
        })
      ).pipe(Effect.provide(host.layer))
      assert(Exit.isSuccess(yield* Time.letPass(reading)))
      assert.strictEqual(length, size)
      assert.strictEqual(host.asked(), 2)
      assert.notInclude(tags, "Retrying")
    })
  )

  it.effect("does not excuse a host that gives nothing any more", () =>
    Effect.gen(function* () {
      const host = make("reset for ever")
      const reading = Effect.flatMap(Transfer.Transfer, (transfer) =>
        Stream.runForEach(transfer.bytes(source), () => Effect.sleep("2 minutes"))
      ).pipe(Effect.provide(host.layer))
      const error = yield* Time.errorOf(yield* Time.letPass(reading))
      assert.strictEqual(error.reason._tag, "RetriesExhausted")
      assert.strictEqual(host.asked(), 2)
    })
  )
})
