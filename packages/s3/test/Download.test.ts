/** Whole downloads from the emulator into a bucket. */
import { crc32 } from "node:zlib"
import { PutObjectCommand } from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Selection } from "@scenario-assets/core"
import { Emulator } from "@scenario-assets/core/testing"
import { DownloadEvent, DownloadRequest, Downloads, Runs } from "@scenario-assets/node"
import { S3Destination } from "@scenario-assets/s3"
import { Effect, Layer, Schema, Stream } from "effect"
import * as Canary from "../../../test-support/Canary.ts"
import * as EmulatedScenario from "../../../test-support/EmulatedScenario.ts"
import * as Objects from "./support/Objects.ts"
import * as S3Server from "./support/S3Server.ts"

const { bucket } = S3Server

const provide = (server: S3Server.S3Server, options: EmulatedScenario.Options = {}) =>
  Effect.provide(
    EmulatedScenario.layer({ ...options, destinations: Layer.orDie(S3Destination.layer(S3Server.options(server))) })
  )

const request = Effect.fnUntraced(function* (url = `s3://${bucket}/today`) {
  const { catalogue } = yield* Emulator.Emulator
  const selection = yield* Selection.make({ modelIds: catalogue.models.slice(0, 1).map(({ id }) => id) })
  const made: DownloadRequest.DownloadRequest = {
    wanted: { _tag: "Assets", selection },
    destination: DownloadRequest.store(url)
  }
  return made
})

const jobsBegun = Effect.map(
  Effect.flatMap(Emulator.Emulator, ({ requests }) => requests),
  (requests) => requests.filter(({ target }) => target === "requestBatch").length
)

const encode = Schema.encodeSync(Schema.fromJsonString(DownloadEvent.DownloadEvent))

describe("a download into a bucket", () => {
  it.live("brings each file whole, and tells no secret", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      yield* Effect.gen(function* () {
        const downloads = yield* Downloads.Downloads
        const events = yield* Stream.runCollect(downloads.events(yield* request()))
        const ended = events.at(-1)
        assert(ended?._tag === "Ended")
        assert.deepInclude(ended.report, { state: "complete", alreadyThere: 0, place: `s3://${bucket}/today` })
        const files = events.flatMap((event) => (event._tag === "FilesSaved" ? event.files : []))
        const keys = yield* Objects.keys(server.client, bucket)
        assert.sameMembers(keys, [...files.map(({ path }) => `today/${path}`), "today/scenario-manifest.json"])
        for (const file of files) {
          const { bytes } = yield* Objects.read(server.client, bucket, `today/${file.path}`)
          assert.deepStrictEqual([bytes.length, crc32(bytes)], [file.size, file.crc32])
        }
        for (const json of [...events.map((event) => encode(event)), JSON.stringify(yield* (yield* Runs.Runs).list)]) {
          for (const secret of [Canary.key, Canary.secret, Canary.signature]) assert.notInclude(json, secret)
        }
      }).pipe(provide(server))
    }).pipe(Effect.scoped)
  )

  it.live("puts nothing again that is there, and replaces what has other content", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      yield* Effect.gen(function* () {
        const downloads = yield* Downloads.Downloads
        const first = yield* downloads.run(yield* request())
        const { length } = S3Server.puts(server)
        assert.strictEqual(length, first.files)
        const second = yield* downloads.run(yield* request())
        assert.deepInclude(second, { state: "complete", alreadyThere: first.files, fetched: 0 })
        assert.lengthOf(S3Server.puts(server), length)

        const [Key = ""] = yield* Objects.keys(server.client, bucket)
        const before = yield* Objects.read(server.client, bucket, Key)
        const other = { Bucket: bucket, Key, Body: Buffer.alloc(before.bytes.length) }
        yield* Effect.promise(() => server.client.send(new PutObjectCommand(other)))
        const third = yield* downloads.run(yield* request())
        assert.deepInclude(third, { state: "complete", alreadyThere: first.files - 1 })
        assert.isTrue((yield* Objects.read(server.client, bucket, Key)).bytes.equals(before.bytes))
      }).pipe(provide(server))
    }).pipe(Effect.scoped)
  )

  it.live("is resumed after an interruption without a second job, and leaves no upload open", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      yield* Effect.gen(function* () {
        const downloads = yield* Downloads.Downloads
        const isOver = Promise.withResolvers<undefined>()
        let parts = 0
        server.before = ({ query }) => (query.has("partNumber") && ++parts > 2 ? isOver.promise : undefined)
        yield* Effect.raceFirst(
          Stream.runDrain(downloads.events(yield* request())),
          Effect.repeat(Effect.sleep(20), { until: () => parts > 2 })
        )
        const { aborted, begun, completed } = S3Server.uploads(server)
        assert.isAtLeast(aborted, 1)
        assert.strictEqual(aborted + completed, begun)
        isOver.resolve(undefined)
        server.before = () => undefined
        const report = yield* downloads.run(yield* request())
        assert.deepInclude(report, { state: "complete", files: 2 })
        assert.strictEqual(yield* jobsBegun, 1)
        assert.isAtLeast(S3Server.uploads(server).completed, 2)
      }).pipe(provide(server, { archive: { size: 40_000_000, entries: 2 } }))
    }).pipe(Effect.scoped)
  )

  it.live("begins no job where the bucket is missing", () =>
    Effect.gen(function* () {
      const server = yield* S3Server.make
      yield* Effect.gen(function* () {
        const downloads = yield* Downloads.Downloads
        const error = yield* Effect.flip(downloads.run(yield* request("s3://absent/today")))
        assert.include(error.message, "s3://absent/today/: there is no such bucket")
        assert.strictEqual(yield* jobsBegun, 0)
      }).pipe(provide(server))
    }).pipe(Effect.scoped)
  )
})
