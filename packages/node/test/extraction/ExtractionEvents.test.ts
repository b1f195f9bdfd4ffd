/** Events, and consumers that take their time with them. */
import { assert, describe, it } from "@effect/vitest"
import { Extraction, FileDownload } from "@scenario-assets/node"
import { Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { signedUrl } from "../../../../test-support/SignedUrls.ts"
import * as TestDirectory from "../../../../test-support/TestDirectory.ts"
import * as ZipMaker from "../../../../test-support/ZipMaker.ts"
import * as CountedTransfer from "../support/CountedTransfer.ts"
import * as Extracting from "../support/Extracting.ts"

const mebibyte = 1024 * 1024
const files = Object.fromEntries(
  Array.from({ length: 160 }, (_, n) => [`${n}.bin`, Extracting.noise(mebibyte / 4, n + 1)])
)
const archive = ZipMaker.make(Extracting.entriesOf(files, 0))
const location = { name: "job", source: { refresh: Effect.sync(() => signedUrl("http://127.0.0.1:9/a.zip")) } }

const layerOn = (transfer: Layer.Layer<CountedTransfer.Service>) =>
  Extraction.layer.pipe(Layer.provide(FileDownload.layer), Layer.provide(transfer))

/** Lets the event loop turn so often that whatever can go on by itself has done so. */
const turns = Effect.forEach(
  Array.from({ length: 3000 }),
  () => Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void))),
  { discard: true }
)

describe("A consumer that takes its time", () => {
  it.live("holds the reading, and gets everything once it goes on", () =>
    Effect.gen(function* () {
      const host = CountedTransfer.make(archive.bytes)
      const directory = TestDirectory.make()
      const asleep = yield* Deferred.make<void>()
      const wakeUp = yield* Deferred.make<void>()
      const events: Array<Extraction.ExtractionEvent> = []
      const fiber = yield* Effect.flatMap(Extraction.Extraction, (extraction) =>
        extraction.events(location, directory, { threads: 0 }).pipe(
          Stream.runForEach((event) => {
            events.push(event)
            return event._tag === "Extracted"
              ? Effect.andThen(Deferred.succeed(asleep, undefined), Deferred.await(wakeUp))
              : Effect.void
          })
        )
      ).pipe(Effect.provide(layerOn(host.layer)), Effect.forkChild)
      yield* Deferred.await(asleep)
      const told = events.length
      yield* turns
      const pulled = host.pulled()
      yield* turns
      assert.strictEqual(host.pulled(), pulled, "nothing goes on any more")
      assert.isBelow(pulled, archive.bytes.length / 2)
      assert.strictEqual(events.length, told)

      yield* Deferred.succeed(wakeUp, undefined)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(Extracting.tree(directory), Extracting.treeOf(files))
      assert.strictEqual(events.at(-1)?._tag, "Completed")
      const written = events.flatMap((event) => (event._tag === "Extracted" ? event.files : []))
      assert.strictEqual(written.length, 160, "no fact is lost")
    })
  )
})
