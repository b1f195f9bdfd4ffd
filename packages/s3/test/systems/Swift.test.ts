/** The core cases against OpenStack Swift: it checks signatures, refuses what is not S3 of old, and keeps no checksums. */
import { crc32 } from "node:zlib"
import { CreateBucketCommand, ListMultipartUploadsCommand, PutObjectCommand } from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Selection } from "@scenario-assets/core"
import { Emulator } from "@scenario-assets/core/testing"
import { DownloadRequest, Downloads } from "@scenario-assets/node"
import { S3Destination } from "@scenario-assets/s3"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import * as EmulatedScenario from "../../../../test-support/EmulatedScenario.ts"
import * as Objects from "../support/Objects.ts"
import * as S3Server from "../support/S3Server.ts"
import { accessKeyId, isInstalled, options, secretAccessKey, Swift } from "../support/Swift.ts"

/** A bucket of the test's own, and a client to look into it. */
const begin = Effect.fnUntraced(function* (bucket: string) {
  const swift = yield* Swift
  const client = yield* S3Server.clientFor(swift.endpoint, accessKeyId, secretAccessKey)
  yield* Effect.promise(() => client.send(new CreateBucketCommand({ Bucket: bucket })))
  return { swift, client, bucket, uploads: uploads(client, bucket) }
})

const uploads = (client: S3Server.S3Server["client"], Bucket: string) =>
  Effect.map(
    Effect.promise(() => client.send(new ListMultipartUploadsCommand({ Bucket }))),
    ({ Uploads = [] }) => Uploads.length
  )

const download = Effect.fnUntraced(function* (bucket: string) {
  const { catalogue } = yield* Emulator.Emulator
  const downloads = yield* Downloads.Downloads
  const selection = yield* Selection.make({ modelIds: catalogue.models.slice(0, 1).map(({ id }) => id) })
  return downloads.events({
    wanted: { _tag: "Assets", selection },
    destination: DownloadRequest.store(`s3://${bucket}/some/folder`)
  })
})

const report = (bucket: string) =>
  Effect.gen(function* () {
    const last = (yield* Stream.runCollect(yield* download(bucket))).at(-1)
    assert(last?._tag === "Ended")
    return last.report
  })

const emulated = (swift: Swift["Service"]) =>
  Effect.provide(
    EmulatedScenario.layer({
      archive: { size: 40_000_000, entries: 8 },
      destinations: Layer.orDie(S3Destination.layer(options(swift)))
    })
  )

const large = Buffer.alloc(21_000_000, "a large file ")
const entry = { path: "large.bin", size: large.length, crc32: crc32(large) }

describe.skipIf(!isInstalled())("S3 of OpenStack Swift", () => {
  it.layer(Swift.layer, { timeout: "120 seconds", excludeTestServices: true })((it) => {
    it.effect("takes a download, nothing of it twice, and what has other content again (needs swift)", () =>
      Effect.gen(function* () {
        const { bucket, client, swift } = yield* begin("whole")
        yield* Effect.gen(function* () {
          const first = yield* report(bucket)
          assert.deepInclude(first, { state: "complete", files: 8, alreadyThere: 0 })
          const keys = yield* Objects.keys(client, bucket)
          assert.lengthOf(keys, 9)
          assert.deepInclude(yield* report(bucket), { state: "complete", alreadyThere: 8, fetched: 0 })

          const [Key = ""] = keys
          const before = yield* Objects.read(client, bucket, Key)
          assert.strictEqual(before.metadata["scenario-crc32"], crc32(before.bytes).toString(16).padStart(8, "0"))
          const other = { Bucket: bucket, Key, Body: Buffer.alloc(before.bytes.length) }
          yield* Effect.promise(() => client.send(new PutObjectCommand(other)))
          assert.deepInclude(yield* report(bucket), { state: "complete", alreadyThere: 7 })
          assert.isTrue((yield* Objects.read(client, bucket, Key)).bytes.equals(before.bytes))
        }).pipe(emulated(swift))
      }).pipe(Effect.scoped)
    )

    it.effect("takes a large file in parts, whole or not at all (needs swift)", () =>
      Effect.gen(function* () {
        const { bucket, client, swift, uploads } = yield* begin("large")
        const destination = yield* S3Destination.make(`s3://${bucket}/folder`, options(swift))
        const folder = yield* destination.open("")
        const content = Stream.make(large.subarray(0, 9_000_000), large.subarray(9_000_000))

        const damaged = Stream.concat(Stream.make(large.subarray(0, 9_000_000)), Stream.fail("damaged" as const))
        assert.strictEqual(yield* Effect.flip(folder.put(entry, damaged)), "damaged")
        assert.strictEqual(yield* uploads, 0)

        const endless = Stream.concat(Stream.make(large.subarray(0, 9_000_000)), Stream.never)
        const fiber = yield* Effect.forkChild(folder.put(entry, endless))
        yield* Effect.repeat(Effect.andThen(Effect.sleep(100), uploads), { until: (count) => count > 0 })
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* uploads, 0)
        assert.lengthOf(yield* Objects.keys(client, bucket), 0)

        yield* folder.put(entry, content)
        assert.isTrue((yield* Objects.read(client, bucket, "folder/large.bin")).bytes.equals(large))
        assert.deepStrictEqual(yield* folder.missing([entry]), [])
      }).pipe(Effect.scoped)
    )

    it.effect("takes up a download that was interrupted (needs swift)", () =>
      Effect.gen(function* () {
        const { bucket, client, swift, uploads } = yield* begin("resumed")
        yield* Effect.gen(function* () {
          const isSome = Effect.map(Objects.keys(client, bucket), (keys) => keys.length > 0)
          yield* Effect.raceFirst(
            Stream.runDrain(yield* download(bucket)),
            Effect.repeat(isSome, { until: (some) => some })
          )
          assert.strictEqual(yield* uploads, 0)
          const resumed = yield* report(bucket)
          assert.deepInclude(resumed, { state: "complete", files: 8 })
          assert.isAbove(resumed.alreadyThere, 0)
          assert.isTrue(resumed.jobs.every((job) => job.resumed))
        }).pipe(emulated(swift))
      }).pipe(Effect.scoped)
    )

    it.effect("refuses what it does not know: a bucket, a key, a secret (needs swift)", () =>
      Effect.gen(function* () {
        const { bucket, swift } = yield* begin("known")
        const failing = (name: string, credentials: Partial<S3Destination.Credentials> = {}) =>
          Effect.flatMap(S3Destination.make(`s3://${name}/folder`, options(swift, credentials)), (destination) =>
            destination.open("")
          ).pipe(
            Effect.flip,
            Effect.map((error) => `${error.message} ${JSON.stringify(error)}`)
          )
        assert.include(yield* failing("absent"), "there is no such bucket")
        for (const credentials of [
          { accessKeyId: Redacted.make("test:another") },
          { secretAccessKey: Redacted.make("SWIFTOTHER0123456789") }
        ]) {
          const message = yield* failing(bucket, credentials)
          assert.include(message, "the credentials are not accepted")
          for (const secret of ["test:another", "SWIFTOTHER0123456789", secretAccessKey])
            assert.notInclude(message, secret)
        }
      }).pipe(Effect.scoped)
    )
  })
})
